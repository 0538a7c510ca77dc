//! A counter for values that may later be corrected downwards, such as estimates.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::{MetricType, TypedMetric},
};

/// A sum that never falls, because Prometheus takes a fall for a restart. After a correction downwards it stays until
/// later additions exceed the correction. One unit of the metric is `PER_UNIT` of the sum.
#[derive(Clone, Debug, Default)]
pub struct MonotonicCounter<const PER_UNIT: i64 = 1>(Arc<Sums>);

#[derive(Debug, Default)]
struct Sums {
    exact: AtomicI64,
    shown: AtomicI64,
}

impl<const PER_UNIT: i64> MonotonicCounter<PER_UNIT> {
    /// Adds an amount; negative for a correction.
    pub fn add(&self, amount: i64) {
        let before = self.0.exact.fetch_add(amount, Ordering::Relaxed);
        let exact = before.saturating_add(amount);
        self.0.shown.fetch_max(exact, Ordering::Relaxed);
    }

    /// Sets the sum from an external source.
    pub fn rise_to(&self, sum: i64) {
        self.0.exact.store(sum, Ordering::Relaxed);
        self.0.shown.fetch_max(sum, Ordering::Relaxed);
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "exact up to nine million billions"
    )]
    fn shown(&self) -> f64 {
        self.0.shown.load(Ordering::Relaxed) as f64 / PER_UNIT as f64
    }
}

impl<const PER_UNIT: i64> TypedMetric for MonotonicCounter<PER_UNIT> {
    const TYPE: MetricType = MetricType::Counter;
}

impl<const PER_UNIT: i64> EncodeMetric for MonotonicCounter<PER_UNIT> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        encoder.encode_counter::<NoLabelSet, _, u64>(&self.shown(), None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_correction_it_stays_until_later_additions_exceed_it() {
        let monotonic_counter = MonotonicCounter::<1>::default();
        let mut seen = Vec::new();
        for amount in [100, -20, 5, 25] {
            monotonic_counter.add(amount);
            seen.push(monotonic_counter.0.shown.load(Ordering::Relaxed));
        }

        assert_eq!(seen, [100, 100, 100, 110]);
    }
}
