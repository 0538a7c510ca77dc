//! What became of the attempts to send.

use crate::metrics::{Counter, EncodeLabelSet, Family, Registry};

const SENT: &str = "sent";
const FAILED: &str = "failed";

/// The counts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct NotificationMetrics(Family<Attempted, Counter>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Attempted {
    result: &'static str,
}

impl Default for NotificationMetrics {
    /// Both results are there from the beginning: a series that begins with its first event hides it.
    fn default() -> Self {
        let metrics = Self(Family::default());
        for result in [SENT, FAILED] {
            metrics.0.get_or_create_owned(&Attempted { result });
        }
        metrics
    }
}

impl NotificationMetrics {
    /// Hangs the counts on the board.
    pub fn register_on(&self, registry: &mut Registry) {
        registry.register(
            "notifications",
            &["result"],
            "Attempts to send a notification: sent or failed; what failed is tried again",
            &self.0,
        );
    }

    pub(super) fn attempted(&self, got_through: bool) {
        let result = if got_through { SENT } else { FAILED };
        self.0.get_or_create(&Attempted { result }).inc();
    }
}
