//! Requests that have ended and are on their way into the database.

use entity::request;
use smallvec::SmallVec;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::journal::PendingEntry;
use crate::domain::{ledger::Reservation, shares::ShareHold};

/// Nearly every request has two: of its begin and of its end.
pub(super) type PendingEntries = SmallVec<[PendingEntry; 2]>;

/// A request that has ended and is not in the database yet.
#[derive(Debug)]
pub(super) struct Settlement {
    /// Without its sequence number, which the writer gives it.
    pub(super) row: request::Model,
    pub(super) pending: PendingSettlement,
}

/// The resources of a request that are released once it is in the database.
#[derive(Debug, Default)]
pub(super) struct PendingSettlement {
    /// The id that the agent sent of its session, for the first request of the session.
    pub(super) session_name: Option<String>,
    pub(super) reservation: Option<Reservation>,
    pub(super) share: Option<ShareHold>,
    /// Entries of the journal that keep their files.
    pub(super) entries: PendingEntries,
    /// Notified after the commit when the journal could not be written.
    pub(super) written: Option<oneshot::Sender<()>>,
    /// Bounds the number of requests; `None` for those of an earlier process.
    pub(super) _permit: Option<OwnedSemaphorePermit>,
}

impl PendingSettlement {
    /// Releases everything: the request is in the database.
    pub(super) fn commit(self) {
        for pending in self.entries {
            pending.release();
        }
        if let Some(written) = self.written {
            let _ = written.send(());
        }
        if let Some(reservation) = self.reservation {
            reservation.commit();
        }
        if let Some(share) = self.share {
            share.recorded();
        }
    }

    /// Lets the client continue although neither journal nor database can be written.
    pub(super) fn stop_waiting(&mut self) {
        if let Some(written) = self.written.take() {
            let _ = written.send(());
        }
    }
}
