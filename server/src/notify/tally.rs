//! What became of the attempts to send.

use crate::metrics::{Board, Counter, EncodeLabelSet, Family};

/// The counts. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tally(Family<Attempted, Counter>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Attempted {
    result: &'static str,
}

impl Tally {
    /// Hangs the counts on the board.
    pub fn hang_on(&self, board: &mut Board) {
        board.hang(
            "notifications",
            &["result"],
            "Attempts to send a notification: sent or failed; what failed is tried again",
            &self.0,
        );
    }

    pub(super) fn attempted(&self, got_through: bool) {
        let result = if got_through { "sent" } else { "failed" };
        self.0.get_or_create(&Attempted { result }).inc();
    }
}
