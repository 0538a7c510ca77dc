//! The audit log: append-only events, each with the hash of the event before it.
//!
//! Each service calls [`record`] in the transaction of its change, with the [`AuditContext`] that its caller
//! passed: the actor, the client's address and the action.

mod chain;
mod change;
mod context;
mod list;

use chrono::{DateTime, Utc};
use entity::audit_event::{self, Entity as AuditEvent};
use sea_orm::{
    ActiveModelTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _,
    QueryOrder as _,
};

pub use self::{
    chain::{ChainBreak, ChainHead, VerifiedChain},
    change::{AuditChange, AuditSubject},
    context::{Actor, AuditContext},
    list::AuditFilter,
};
use super::Result;
use crate::{
    clock::SharedClock,
    db::{Database, in_turn},
};

/// A number that no other lock uses ("audit" in ASCII).
const ADVISORY_KEY: i64 = 0x61_7564_6974;

#[derive(Clone, Debug)]
pub struct Audit {
    db: Database,
    clock: SharedClock,
}

impl Audit {
    pub fn new(db: Database, clock: SharedClock) -> Self {
        Self { db, clock }
    }

    /// Records an event without a change of a table: a failed operation, or one that takes effect outside of the database.
    pub async fn note(&self, context: &AuditContext, change: AuditChange) -> Result<()> {
        note(&self.db, &self.clock, context, change).await
    }
}

/// Records an event in a transaction of its own.
pub(super) async fn note(
    db: &Database,
    clock: &SharedClock,
    context: &AuditContext,
    change: AuditChange,
) -> Result<()> {
    let transaction = db.begin().await?;
    Box::pin(record(&transaction, clock, context, change)).await?;
    transaction.commit().await?;
    Ok(())
}

/// Records an event in the transaction of the change, so that both are stored or neither.
///
/// Call it last: on `PostgreSQL` it takes a lock until the end of the transaction, so that events form one
/// chain. `SQLite` has one writer at a time anyway.
pub(super) async fn record(
    transaction: &DatabaseTransaction,
    clock: &SharedClock,
    context: &AuditContext,
    change: AuditChange,
) -> Result<()> {
    in_turn(transaction, ADVISORY_KEY).await?;
    let last = AuditEvent::find()
        .order_by_desc(audit_event::Column::Sequence)
        .one(transaction)
        .await?;
    let event = event(context, change, last.as_ref(), clock.now());
    Box::pin(event.into_active_model().insert(transaction)).await?;
    context.set_recorded();
    Ok(())
}

fn event(
    context: &AuditContext,
    change: AuditChange,
    last: Option<&audit_event::Model>,
    now: DateTime<Utc>,
) -> audit_event::Model {
    let actor = context.actor().clone();
    let subject = change.subject.or_else(|| context.subject());
    let (kind, id, name) = subject.map_or((None, None, None), AuditSubject::into_parts);
    let event = audit_event::Model {
        sequence: last.map_or(0, |last| last.sequence) + 1,
        at: now.timestamp_micros(),
        actor_kind: actor.kind,
        actor_id: actor.id,
        actor_name: actor.name,
        address: context.address().map(str::to_owned),
        action: context.action().to_owned(),
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
