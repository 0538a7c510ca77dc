//! The way into the book of requests: a place is taken before a request is forwarded, so that the end
//! can be recorded without waiting, from `Drop`, and memory stays bounded.

use std::time::Duration;

use tokio::{
    sync::mpsc::{self, OwnedPermit},
    time::timeout,
};

use super::RequestRecord;
use crate::domain::{Error, Result};

/// Requests under way and not yet written, at most.
pub(super) const PLACES: usize = 16_384;
const PATIENCE: Duration = Duration::from_secs(5);

/// Takes records. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Recorder(mpsc::Sender<RequestRecord>);

/// A place for one record, taken in advance.
#[derive(Debug)]
pub struct Place(OwnedPermit<RequestRecord>);

impl Recorder {
    pub(super) fn new() -> (Self, mpsc::Receiver<RequestRecord>) {
        let (sender, inbox) = mpsc::channel(PLACES);
        (Self(sender), inbox)
    }

    /// Takes a place. It waits while the database is behind, and gives up rather than let a request
    /// pass that could not be recorded.
    pub async fn place(&self) -> Result<Place> {
        let permit = match self.0.clone().try_reserve_owned() {
            Ok(permit) => Ok(permit),
            Err(_) => timeout(PATIENCE, self.0.clone().reserve_owned())
                .await
                .map_err(|_| {
                    Error::EngineUnavailable("requests cannot be recorded now".to_owned())
                })?
                .map_err(|_| Error::EngineUnavailable("the server is stopping".to_owned())),
        };
        permit.map(Place)
    }
}

impl Place {
    /// Hands the record over. It never blocks.
    pub fn record(self, record: RequestRecord) {
        self.0.send(record);
    }
}
