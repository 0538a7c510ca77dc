//! A long answer is noted from time to time: should the server be killed, what it had said by then counts.

use std::time::Duration;

use futures_util::FutureExt;

use crate::domain::requests::{Noted, PendingEntry};

/// How far a killed server's count may lag behind an answer.
const EVERY: Duration = Duration::from_secs(1);

/// When the answer was last noted, and what keeps that note.
#[derive(Debug, Default)]
pub(super) struct OutputCheckpoint {
    at: Duration,
    noted: Option<Noted>,
    pending: Option<PendingEntry>,
}

impl OutputCheckpoint {
    /// Whether it is time to note the answer, so long after its request.
    pub(super) fn is_due(&self, elapsed: Duration) -> bool {
        elapsed.saturating_sub(self.at) >= EVERY
    }

    /// Takes a new note. Nobody waits for it: the one before is in the file by now.
    pub(super) fn replace(&mut self, noted: Noted, elapsed: Duration) {
        self.at = elapsed;
        let before = self.noted.replace(noted).and_then(FutureExt::now_or_never);
        if let Some(Ok(pending)) = before
            && let Some(outdated) = self.pending.replace(pending)
        {
            outdated.release();
        }
    }

    /// What keeps the last note that is certain.
    pub(super) fn into_debt(self) -> Option<PendingEntry> {
        self.pending
    }
}
