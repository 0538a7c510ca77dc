//! Journals a long answer periodically: if the server is killed, its output up to then counts.

use std::time::Duration;

use futures_util::FutureExt;

use crate::domain::requests::{Noted, PendingEntry};

/// The output of at most this time is lost when the server is killed.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct OutputCheckpoint {
    at: Duration,
    noted: Option<Noted>,
    pending: Option<PendingEntry>,
}

impl OutputCheckpoint {
    /// `elapsed` is the time since the request began.
    pub(super) fn is_due(&self, elapsed: Duration) -> bool {
        elapsed.saturating_sub(self.at) >= CHECKPOINT_INTERVAL
    }

    /// Takes a new entry without waiting for it: the one before is written by now.
    pub(super) fn replace(&mut self, noted: Noted, elapsed: Duration) {
        self.at = elapsed;
        let before = self.noted.replace(noted).and_then(FutureExt::now_or_never);
        if let Some(Ok(pending)) = before
            && let Some(outdated) = self.pending.replace(pending)
        {
            outdated.release();
        }
    }

    /// The last entry that is certainly written.
    pub(super) fn into_pending(self) -> Option<PendingEntry> {
        self.pending
    }
}
