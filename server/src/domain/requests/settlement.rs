//! What a request owes, on its way into the database.

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::{RequestRecord, journal::PendingEntry};
use crate::domain::ledger::Reservation;

/// A request that has ended and is not in the database yet.
#[derive(Debug)]
pub(super) struct Settlement {
    pub(super) record: RequestRecord,
    pub(super) owed: PendingSettlement,
}

/// What is kept for a request until it is in the database.
#[derive(Debug, Default)]
pub(super) struct PendingSettlement {
    pub(super) reservation: Option<Reservation>,
    /// The files of the journal that must be kept.
    pub(super) debts: Vec<PendingEntry>,
    /// Who waits for the database because the journal could not be written.
    pub(super) written: Option<oneshot::Sender<()>>,
    /// Bounds how many there are; none for what an earlier process left.
    pub(super) _place: Option<OwnedSemaphorePermit>,
}

impl PendingSettlement {
    /// The request is in the database.
    pub(super) fn settled(self) {
        for pending in self.debts {
            pending.release();
        }
        if let Some(written) = self.written {
            let _ = written.send(());
        }
        if let Some(reservation) = self.reservation {
            reservation.commit();
        }
    }

    /// The database cannot be written either: the client need not wait for it.
    pub(super) fn let_go(&mut self) {
        if let Some(written) = self.written.take() {
            let _ = written.send(());
        }
    }
}
