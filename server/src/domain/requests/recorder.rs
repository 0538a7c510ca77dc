//! The way into the book of requests: a place is taken and noted before a request is forwarded, so that
//! its end can be recorded without waiting, from `Drop`, and memory stays bounded.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use uuid::Uuid;

use super::{
    RequestRecord,
    journal::{Journal, Noted, PendingEntry, Written},
    pricing,
    settlement::{PendingSettlement, Settlement},
};
use crate::{
    domain::{Error, Result, ledger::Reservation, prices::Prices, tokens::Tokens},
    outage::{FLAPPING, Outage},
};

/// Requests under way and not yet in the database, at most.
pub(super) const PERMITS: usize = 16_384;
const PERMIT_TIMEOUT: Duration = Duration::from_secs(5);

/// Takes records. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Recorder {
    journal: Journal,
    places: Arc<Semaphore>,
    prices: Prices,
    health: WriterHealth,
    /// Whether the database writes more slowly than requests end.
    backlog: Arc<Outage>,
}

/// Whether the database takes what is written to it. The writer says when that changes; requests that are
/// refused meanwhile are counted.
#[derive(Clone, Debug)]
pub(super) struct WriterHealth(pub(super) Arc<Outage>);

impl Default for WriterHealth {
    fn default() -> Self {
        Self(Arc::new(Outage::new(Duration::ZERO)))
    }
}

/// A place for one record, taken in advance. Dropped without a record, it never was.
#[derive(Debug)]
pub struct RecordPermit {
    journal: Journal,
    prices: Prices,
    held: Option<Held>,
    /// Set once the request is noted.
    noted: Option<Uuid>,
}

#[derive(Debug)]
struct Held {
    permit: OwnedSemaphorePermit,
    reservation: Option<Reservation>,
    debts: Vec<PendingEntry>,
}

impl Recorder {
    pub(super) fn new(journal: Journal, prices: Prices, health: WriterHealth) -> Self {
        Self {
            journal,
            places: Arc::new(Semaphore::new(PERMITS)),
            prices,
            health,
            backlog: Arc::new(Outage::new(FLAPPING)),
        }
    }

    /// The places, to be counted.
    pub(super) fn places(&self) -> Arc<Semaphore> {
        Arc::clone(&self.places)
    }

    /// Takes a place for a request that is not forwarded.
    ///
    /// It waits while the database is behind, and gives up rather than let a request pass that could
    /// not be recorded.
    pub async fn permit(&self) -> Result<RecordPermit> {
        if self.health.0.is_failing() {
            self.health.0.count();
            return Err(unavailable("the database cannot be written"));
        }
        let permit = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => self.wait_for_place().await?,
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
            held: Some(Held {
                permit,
                reservation: None,
                debts: Vec::new(),
            }),
            noted: None,
        })
    }

    async fn wait_for_place(&self) -> Result<OwnedSemaphorePermit> {
        let permit = timeout(PERMIT_TIMEOUT, Arc::clone(&self.places).acquire_owned()).await;
        let Ok(permit) = permit else {
            if self.backlog.failed() {
                tracing::error!("the database is behind; requests are refused until it catches up");
            }
            return Err(unavailable("the database is behind"));
        };
        permit.map_err(|_| unavailable("the server is stopping"))
    }

    /// Takes a place for a request that is about to be forwarded, and notes it: as the record says, should
    /// the server die before it knows more.
    pub async fn begin(
        &self,
        record: &RequestRecord,
        reservation: Reservation,
    ) -> Result<RecordPermit> {
        let mut permit = self.permit().await?;
        if let Some(held) = &mut permit.held {
            held.reservation = Some(reservation);
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
    /// Notes what is known so far. Once it is ready, it survives the process.
    pub fn note(&self, record: &RequestRecord) -> Noted {
        self.journal.note(record)
    }

    /// Keeps what was noted until the request is in the database.
    pub fn keep(&mut self, pending: PendingEntry) {
        match &mut self.held {
            Some(held) => held.debts.push(pending),
            None => pending.release(),
        }
    }

    /// Frees the place that the request has among those at once: its client has left.
    pub fn release_slot(&mut self) {
        let held = self.held.as_mut();
        if let Some(reservation) = held.and_then(|held| held.reservation.as_mut()) {
            reservation.release_slot();
        }
    }

    /// Hands the record over. It never blocks; what is returned is ready once the record is safe.
    pub fn record(mut self, record: RequestRecord) -> Option<Written> {
        self.noted = None;
        let mut held = self.held.take()?;
        if let Some(reservation) = &mut held.reservation {
            let tokens = record.tokens.map_or(0, Tokens::total);
            let cost = reservation
                .counts_cost()
                .then(|| pricing::cost_of(&record, &self.prices.current()));
            reservation.settle(tokens, cost.flatten());
        }
        let owed = PendingSettlement {
            reservation: held.reservation,
            debts: held.debts,
            written: None,
            _place: Some(held.permit),
        };
        Some(self.journal.end(Settlement { record, owed }))
    }
}

impl Drop for RecordPermit {
    /// Nothing was forwarded.
    fn drop(&mut self) {
        let Some(held) = self.held.take() else {
            return;
        };
        if let Some(id) = self.noted {
            self.journal.void(id);
        }
        held.debts.into_iter().for_each(PendingEntry::release);
    }
}
