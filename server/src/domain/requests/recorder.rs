//! Recording requests. A permit is taken, and the request noted in the journal, before it is forwarded, so
//! that its end can be recorded from `Drop` without waiting and memory stays bounded.

use std::{sync::Arc, time::Duration};

use chrono::DateTime;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use uuid::Uuid;

use super::{
    RequestRecord,
    journal::{Journal, LineText, Noted, PendingEntry, Written},
    pricing::Pricing,
    record::finished_at,
    settlement::{PendingEntries, PendingSettlement, Settlement},
};
use crate::{
    domain::{
        Error, Result,
        ledger::{Ledger, Reservation},
        prices::Prices,
        shares::ShareHold,
        tokens::Tokens,
    },
    outage::{FLAPPING, Outage},
};

/// Requests in flight or not in the database yet.
pub(super) const PERMITS: usize = 16_384;
const PERMIT_TIMEOUT: Duration = Duration::from_secs(5);

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Recorder {
    journal: Journal,
    permits: Arc<Semaphore>,
    prices: Prices,
    ledger: Ledger,
    health: WriterHealth,
    /// Fails while no permit is free: the database writes more slowly than requests end.
    backlog: Arc<Outage>,
}

/// Whether the database can be written. The writer task sets it; requests rejected meanwhile are counted.
#[derive(Clone, Debug)]
pub(super) struct WriterHealth(pub(super) Arc<Outage>);

impl Default for WriterHealth {
    fn default() -> Self {
        Self(Arc::new(Outage::new(Duration::ZERO)))
    }
}

/// The right to record one request. Dropped without a record, the request counts as not forwarded.
#[derive(Debug)]
pub struct RecordPermit {
    journal: Journal,
    prices: Prices,
    ledger: Ledger,
    held: Option<Held>,
    /// The id in the journal, until the request has ended.
    noted: Option<Uuid>,
}

#[derive(Debug)]
struct Held {
    permit: OwnedSemaphorePermit,
    reservation: Option<Reservation>,
    share: Option<ShareHold>,
    entries: PendingEntries,
}

impl Recorder {
    pub(super) fn new(
        journal: Journal,
        prices: Prices,
        ledger: Ledger,
        health: WriterHealth,
    ) -> Self {
        Self {
            journal,
            permits: Arc::new(Semaphore::new(PERMITS)),
            prices,
            ledger,
            health,
            backlog: Arc::new(Outage::new(FLAPPING)),
        }
    }

    /// Failing while the journal cannot be written.
    pub(super) fn journal_outage(&self) -> Arc<Outage> {
        Arc::clone(self.journal.outage())
    }

    pub(super) fn permits(&self) -> Arc<Semaphore> {
        Arc::clone(&self.permits)
    }

    /// A permit for a request that is not forwarded. Waits up to [`PERMIT_TIMEOUT`] while the database is
    /// behind; fails rather than let a request pass that could not be recorded.
    pub async fn permit(&self) -> Result<RecordPermit> {
        if self.health.0.is_failing() {
            self.health.0.count();
            return Err(unavailable("the database cannot be written"));
        }
        let permit = match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => self.wait_for_permit().await?,
        };
        if let Some(ended) = self.backlog.worked() {
            tracing::info!(
                elapsed_ms = ended.lasted_ms(),
                refused = ended.failures,
                "the database keeps up with requests again"
            );
        }
        Ok(RecordPermit {
            journal: self.journal.clone(),
            prices: self.prices.clone(),
            ledger: self.ledger.clone(),
            held: Some(Held {
                permit,
                reservation: None,
                share: None,
                entries: PendingEntries::new(),
            }),
            noted: None,
        })
    }

    async fn wait_for_permit(&self) -> Result<OwnedSemaphorePermit> {
        let permit = timeout(PERMIT_TIMEOUT, Arc::clone(&self.permits).acquire_owned()).await;
        let Ok(permit) = permit else {
            if self.backlog.failed() {
                tracing::error!(
                    "the database is behind; requests are rejected until it catches up"
                );
            }
            return Err(unavailable("the database is behind"));
        };
        permit.map_err(|_| unavailable("the server is stopping"))
    }

    /// A permit for a request that is about to be forwarded. Writes the record to the journal, where it stands
    /// for the request if the process is killed.
    pub async fn begin(
        &self,
        record: &RequestRecord,
        (reservation, share): (Reservation, Option<ShareHold>),
    ) -> Result<RecordPermit> {
        let mut permit = self.permit().await?;
        if let Some(held) = &mut permit.held {
            held.reservation = Some(reservation);
            held.share = share;
        }
        permit.noted = Some(record.id);
        let pending = permit.note(record).await.map_err(|error| {
            self.journal.outage().count();
            tracing::debug!(request.id = %record.id, %error, "a request cannot be noted");
            unavailable("the journal cannot be written")
        })?;
        permit.keep(pending);
        Ok(permit)
    }
}

fn unavailable(why: &str) -> Error {
    Error::EngineUnavailable(format!("requests cannot be recorded now: {why}"))
}

impl RecordPermit {
    /// Writes the current record to the journal. Once the result is ready, the record survives the process.
    pub fn note(&self, record: &RequestRecord) -> Noted {
        self.journal.note(record)
    }

    /// Keeps the journal entry until the request is in the database.
    pub fn keep(&mut self, pending: PendingEntry) {
        match &mut self.held {
            Some(held) => held.entries.push(pending),
            None => pending.release(),
        }
    }

    /// Frees the concurrency slot of the request: its client has disconnected.
    pub fn release_slot(&mut self) {
        let held = self.held.as_mut();
        if let Some(reservation) = held.and_then(|held| held.reservation.as_mut()) {
            reservation.release_slot();
        }
    }

    /// Sends the record to the writer task. Never blocks; the result is ready once the record is in the journal
    /// or the database.
    pub fn record(mut self, mut record: RequestRecord) -> Option<Written> {
        self.noted = None;
        let mut held = self.held.take()?;
        let line = LineText::of_record(&record);
        let tokens = record.tokens.map_or(0, Tokens::total);
        let session_name = record.take_session_name();
        let mut row = record.into_row();
        if let Some(reservation) = &mut held.reservation {
            if reservation.counts_cost() {
                let pricing = Pricing {
                    prices: &self.prices.current(),
                    ledger: &self.ledger,
                };
                let ended_at = finished_at(&row);
                let ended_at = DateTime::from_timestamp_micros(ended_at).unwrap_or_default();
                pricing.set_cost(&mut row, ended_at);
            }
            reservation.settle(tokens, row.cost.unwrap_or(0));
        }
        let pending = PendingSettlement {
            session_name,
            reservation: held.reservation,
            share: held.share,
            entries: held.entries,
            written: None,
            _permit: Some(held.permit),
        };
        Some(self.journal.end(line, Settlement { row, pending }))
    }
}

impl Drop for RecordPermit {
    /// The request was not forwarded.
    fn drop(&mut self) {
        let Some(held) = self.held.take() else {
            return;
        };
        if let Some(id) = self.noted {
            self.journal.void(id);
        }
        held.entries.into_iter().for_each(PendingEntry::release);
    }
}
