//! What a request owes, on its way into the database.

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::{journal::PendingEntry, reservation::Reservation};
use crate::domain::requests::RequestRecord;

/// A request that has ended and is not in the database yet.
#[derive(Debug)]
pub(in crate::domain) struct Settlement {
    pub(in crate::domain) record: RequestRecord,
    pub(in crate::domain) owed: PendingSettlement,
}

/// What is kept for a request until it is in the database.
#[derive(Debug, Default)]
pub(in crate::domain) struct PendingSettlement {
    pub(in crate::domain) reservation: Option<Reservation>,
    /// The files of the journal that must be kept.
    pub(in crate::domain) debts: Vec<PendingEntry>,
    /// Who waits for the database because the journal could not be written.
    pub(in crate::domain) written: Option<oneshot::Sender<()>>,
    /// Bounds how many there are; none for what an earlier process left.
    pub(in crate::domain) _place: Option<OwnedSemaphorePermit>,
}

impl PendingSettlement {
    /// The request is in the database.
    pub(in crate::domain) fn settled(self) {
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
    pub(in crate::domain) fn let_go(&mut self) {
        if let Some(written) = self.written.take() {
            let _ = written.send(());
        }
    }
}
