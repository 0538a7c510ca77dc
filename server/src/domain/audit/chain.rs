//! The hash chain: what an event's hash covers, and the verification of the whole chain.
//!
//! The chain proves that no event in the middle was changed, removed or inserted. It cannot prove that the owner
//! of the database did not rewrite the whole table or cut off its end: to detect that, keep the hash of the last
//! event elsewhere and compare it.

use entity::audit_event::{self, Entity as AuditEvent};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::Audit;
use crate::domain::Result;

/// The previous hash of the first event.
pub(super) const START: [u8; 32] = [0; 32];
/// Hashed first, so that a later format cannot collide with this one.
const FORMAT: &str = "audit 1";
/// Events of one query.
const BATCH_SIZE: u64 = 1000;

/// The last event of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainHead {
    pub sequence: i64,
    /// Hexadecimal.
    pub hash: String,
}

/// Where a chain is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainBreak {
    /// The first event that was changed or moved.
    pub sequence: i64,
    pub reason: &'static str,
}

/// The result of verifying an unbroken chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedChain {
    pub events: i64,
    /// `None` if there are no events.
    pub head: Option<ChainHead>,
    /// Whether an event has the expected hash.
    pub met: bool,
}

/// The hash of an event, over all of its other columns.
pub(super) fn hash(event: &audit_event::Model) -> [u8; 32] {
    let columns = json!([
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
    Sha256::digest(columns.to_string()).into()
}

impl Audit {
    /// The last event; keep its hash elsewhere for a later comparison.
    pub async fn head(&self) -> Result<Option<ChainHead>> {
        let last = AuditEvent::find().order_by_desc(audit_event::Column::Sequence);
        let last = last.one(self.db.reader()).await?;
        Ok(last.as_ref().map(head_of))
    }

    /// Verifies the whole chain, and looks for a hash that was kept elsewhere. The outer error is the database's.
    pub async fn verify(
        &self,
        expected: Option<&str>,
    ) -> Result<std::result::Result<VerifiedChain, ChainBreak>> {
        let mut walk = Walk::default();
        loop {
            let events = AuditEvent::find()
                .filter(audit_event::Column::Sequence.gt(walk.sequence))
                .order_by_asc(audit_event::Column::Sequence)
                .limit(BATCH_SIZE)
                .all(self.db.reader())
                .await?;
            if events.is_empty() {
                break;
            }
            for event in &events {
                if let Err(reason) = walk.verify(event, expected) {
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
    fn verify(
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
