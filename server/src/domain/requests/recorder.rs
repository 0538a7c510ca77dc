//! The way into the book of requests: a place is taken and noted before a request is forwarded, so that
//! its end can be recorded without waiting, from `Drop`, and memory stays bounded.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use uuid::Uuid;

use super::{RequestRecord, pricing};
use crate::domain::{
    Error, Result,
    ledger::{Debt, Journal, Noted, Owed, Reservation, Settlement, Written},
    prices::Prices,
    tokens::Tokens,
};

/// Requests under way and not yet in the database, at most.
pub(super) const PLACES: usize = 16_384;
const PATIENCE: Duration = Duration::from_secs(5);

/// Takes records. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Recorder {
    journal: Journal,
    places: Arc<Semaphore>,
    prices: Prices,
    health: Health,
}

/// Whether the database takes what is written to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Health(Arc<AtomicBool>);

impl Health {
    /// The database refused what was written, or took it.
    pub(super) fn set_failing(&self, is_failing: bool) {
        self.0.store(is_failing, Ordering::Relaxed);
    }

    pub(super) fn is_failing(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A place for one record, taken in advance. Dropped without a record, it never was.
#[derive(Debug)]
pub struct Place {
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
    debts: Vec<Debt>,
}

impl Recorder {
    pub(super) fn new(journal: Journal, prices: Prices, health: Health) -> Self {
        Self {
            journal,
            places: Arc::new(Semaphore::new(PLACES)),
            prices,
            health,
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
    pub async fn place(&self) -> Result<Place> {
        if self.health.is_failing() {
            return Err(unavailable("the database cannot be written"));
        }
        let places = Arc::clone(&self.places);
        let permit = match Arc::clone(&places).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => timeout(PATIENCE, places.acquire_owned())
                .await
                .map_err(|_| unavailable("the database is behind"))?
                .map_err(|_| unavailable("the server is stopping"))?,
        };
        Ok(Place {
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

    /// Takes a place for a request that is about to be forwarded, and notes it: as the record says, should
    /// the server die before it knows more.
    pub async fn begin(&self, record: &RequestRecord, reservation: Reservation) -> Result<Place> {
        let mut place = self.place().await?;
        if let Some(held) = &mut place.held {
            held.reservation = Some(reservation);
        }
        place.noted = Some(record.id);
        let debt = place.note(record).await.map_err(|error| {
            tracing::debug!(request.id = %record.id, %error, "a request cannot be noted");
            unavailable("the journal cannot be written")
        })?;
        place.keep(debt);
        Ok(place)
    }
}

fn unavailable(why: &str) -> Error {
    Error::EngineUnavailable(format!("requests cannot be recorded now: {why}"))
}

impl Place {
    /// Notes what is known so far. Once it is ready, it survives the process.
    pub fn note(&self, record: &RequestRecord) -> Noted {
        self.journal.note(record)
    }

    /// Keeps what was noted until the request is in the database.
    pub fn keep(&mut self, debt: Debt) {
        match &mut self.held {
            Some(held) => held.debts.push(debt),
            None => debt.pay(),
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
        let owed = Owed {
            reservation: held.reservation,
            debts: held.debts,
            written: None,
            _place: Some(held.permit),
        };
        Some(self.journal.end(Settlement { record, owed }))
    }
}

impl Drop for Place {
    /// Nothing was forwarded.
    fn drop(&mut self) {
        let Some(held) = self.held.take() else {
            return;
        };
        if let Some(id) = self.noted {
            self.journal.void(id);
        }
        held.debts.into_iter().for_each(Debt::pay);
    }
}
