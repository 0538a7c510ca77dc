//! The chain: what an event's hash is over, and the walk that finds where it is broken.
//!
//! It shows that nothing in the middle was changed, removed or put in. It cannot show that the whole table
//! was not written anew, or that its end was not cut off, by somebody who owns the database: against that
//! the hash of the last event is kept elsewhere, and compared.

use entity::audit_event::{self, Entity as AuditEvent};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::Audit;
use crate::domain::Result;

/// What the first event has for the hash of the one before it.
pub(super) const START: [u8; 32] = [0; 32];
/// The first word of what is hashed, so that another format would be told apart.
const FORMAT: &str = "audit 1";
/// Events read at once.
const STEP: u64 = 1000;

/// The last event of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainHead {
    pub sequence: i64,
    /// In hexadecimal digits.
    pub hash: String,
}

/// Where a chain is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainBreak {
    /// The first event that is not what it was, or not where it was.
    pub sequence: i64,
    pub reason: &'static str,
}

/// What a walk along the chain has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedChain {
    /// How many events are as they were written.
    pub events: i64,
    /// The last of them.
    pub head: Option<ChainHead>,
    /// Whether the hash that was asked for was met on the way.
    pub met: bool,
}

/// The hash of an event, over everything else that it says.
pub(super) fn hash(event: &audit_event::Model) -> [u8; 32] {
    let words = json!([
        FORMAT,
        event.sequence,
        event.at,
        event.actor_kind.to_value(),
        event.actor_id,
        event.actor_name,
        event.address,
        event.action,
        event.subject_kind,
        event.subject_id,
        event.subject_name,
        event.before,
        event.after,
        event.error,
        hex::encode(&event.previous_hash),
    ]);
    Sha256::digest(words.to_string()).into()
}

impl Audit {
    /// The last event, to be kept elsewhere and compared one day.
    pub async fn head(&self) -> Result<Option<ChainHead>> {
        let last = AuditEvent::find().order_by_desc(audit_event::Column::Sequence);
        let last = last.one(self.db.reader()).await?;
        Ok(last.as_ref().map(head_of))
    }

    /// Walks along the whole chain, and looks for a hash that was kept elsewhere.
    pub async fn verify(
        &self,
        expected: Option<&str>,
    ) -> Result<std::result::Result<VerifiedChain, ChainBreak>> {
        let mut walk = Walk::default();
        loop {
            let events = AuditEvent::find()
                .filter(audit_event::Column::Sequence.gt(walk.sequence))
                .order_by_asc(audit_event::Column::Sequence)
                .limit(STEP)
                .all(self.db.reader())
                .await?;
            if events.is_empty() {
                break;
            }
            for event in &events {
                if let Err(reason) = walk.step(event, expected) {
                    let sequence = event.sequence;
                    return Ok(Err(ChainBreak { sequence, reason }));
                }
            }
        }
        Ok(Ok(VerifiedChain {
            events: walk.sequence,
            head: walk.head,
            met: walk.met,
        }))
    }
}

#[derive(Debug)]
struct Walk {
    sequence: i64,
    hash: Vec<u8>,
    head: Option<ChainHead>,
    met: bool,
}

impl Default for Walk {
    fn default() -> Self {
        Self {
            sequence: 0,
            hash: START.to_vec(),
            head: None,
            met: false,
        }
    }
}

impl Walk {
    fn step(
        &mut self,
        event: &audit_event::Model,
        expected: Option<&str>,
    ) -> std::result::Result<(), &'static str> {
        if event.sequence != self.sequence + 1 {
            return Err("events before it are missing");
        }
        if event.previous_hash != self.hash {
            return Err("it does not follow the event before it");
        }
        if event.hash != hash(event) {
            return Err("it was changed after it was written");
        }
        self.sequence = event.sequence;
        self.hash.clone_from(&event.hash);
        let head = head_of(event);
        self.met |= expected.is_some_and(|expected| head.hash.eq_ignore_ascii_case(expected));
        self.head = Some(head);
        Ok(())
    }
}

fn head_of(event: &audit_event::Model) -> ChainHead {
    ChainHead {
        sequence: event.sequence,
        hash: hex::encode(&event.hash),
    }
}
