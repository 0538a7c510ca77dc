//! Who did what: an append-only log of changes, each event bound to the one before it by a hash.
//!
//! Whatever changes something calls [`record`] in its own transaction; who acts, and what they were asked
//! to do, goes along with the task ([`context`]), so that no signature between a face and a table carries it.

mod chain;
mod change;
mod context;
mod list;

use chrono::{DateTime, Utc};
use entity::audit_event::{self, Entity as AuditEvent};
use sea_orm::{
    ActiveModelTrait as _, ConnectionTrait as _, DatabaseTransaction, DbBackend, EntityTrait as _,
    IntoActiveModel as _, QueryOrder as _,
};

pub use self::{
    chain::{ChainBreak, ChainHead, VerifiedChain},
    change::{AuditChange, AuditSubject},
    context::{Actor, AuditContext, about, carried, current, identify},
    list::AuditFilter,
};
use super::Result;
use crate::{clock::SharedClock, db::Database};

/// Any number that nothing else locks ("audit" in ASCII).
const ADVISORY_KEY: i64 = 0x61_7564_6974;

/// The log.
#[derive(Clone, Debug)]
pub struct Audit {
    db: Database,
    clock: SharedClock,
}

impl Audit {
    /// The log in this database.
    pub fn new(db: Database, clock: SharedClock) -> Self {
        Self { db, clock }
    }

    /// Adds what no domain operation has recorded itself: something that was tried in vain, or that did
    /// not change a table.
    pub async fn note(&self, change: AuditChange) -> Result<()> {
        let transaction = self.db.begin().await?;
        record(&transaction, &self.clock, change).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Adds an event about a change, in the transaction of the change: either both are there or neither.
///
/// Call it last: on `PostgreSQL` it makes others wait for the end of the transaction, so that events
/// follow each other in one chain. `SQLite` has one writer at a time anyway.
pub(super) async fn record(
    transaction: &DatabaseTransaction,
    clock: &SharedClock,
    change: AuditChange,
) -> Result<()> {
    lock(transaction).await?;
    let last = AuditEvent::find()
        .order_by_desc(audit_event::Column::Sequence)
        .one(transaction)
        .await?;
    let event = event(change, last.as_ref(), clock.now());
    event.into_active_model().insert(transaction).await?;
    if let Some(context) = current() {
        context.is_recorded();
    }
    Ok(())
}

async fn lock(transaction: &DatabaseTransaction) -> Result<()> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        let lock = format!("SELECT pg_advisory_xact_lock({ADVISORY_KEY})");
        transaction.execute_unprepared(&lock).await?;
    }
    Ok(())
}

fn event(
    change: AuditChange,
    last: Option<&audit_event::Model>,
    now: DateTime<Utc>,
) -> audit_event::Model {
    let context = current();
    let action = match &context {
        Some(context) => context.action().to_owned(),
        None => change.in_a_word(),
    };
    let (actor, subject) = match &context {
        Some(context) => (
            context.actor(),
            change.subject.or_else(|| context.subject()),
        ),
        None => (Actor::system(), change.subject),
    };
    let (kind, id, name) = subject.map_or((None, None, None), AuditSubject::into_parts);
    let event = audit_event::Model {
        sequence: last.map_or(0, |last| last.sequence) + 1,
        at: now.timestamp_micros(),
        actor_kind: actor.kind,
        actor_id: actor.id,
        actor_name: actor.name,
        address: context.and_then(|context| context.address().map(str::to_owned)),
        action,
        subject_kind: kind,
        subject_id: id,
        subject_name: name,
        before: change.before.map(|before| before.to_string()),
        after: change.after.map(|after| after.to_string()),
        error: change.error.map(str::to_owned),
        previous_hash: last.map_or_else(|| chain::START.to_vec(), |last| last.hash.clone()),
        hash: Vec::new(),
    };
    audit_event::Model {
        hash: chain::hash(&event).to_vec(),
        ..event
    }
}
