//! Metrics of deliveries.

use crate::metrics::{Counter, EncodeLabelSet, Family, Registry};

const SENT: &str = "sent";
const FAILED: &str = "failed";

/// Counts attempts by result. Cheap to clone.
#[derive(Clone, Debug)]
pub struct NotificationMetrics(Family<Attempted, Counter>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Attempted {
    result: &'static str,
}

impl Default for NotificationMetrics {
    /// Creates both series: `rate` misses the first event of a new series.
    fn default() -> Self {
        let metrics = Self(Family::default());
        for result in [SENT, FAILED] {
            metrics.0.get_or_create_owned(&Attempted { result });
        }
        metrics
    }
}

impl NotificationMetrics {
    /// Registers the metrics.
    pub fn register_on(&self, registry: &mut Registry) {
        registry.register(
            "notifications",
            &["result"],
            "Attempts to send a notification: sent or failed; failed ones are retried",
            &self.0,
        );
    }

    pub(super) fn record_attempt(&self, succeeded: bool) {
        let result = if succeeded { SENT } else { FAILED };
        self.0.get_or_create(&Attempted { result }).inc();
    }
}
