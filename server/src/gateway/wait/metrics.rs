//! Counts the requests that wait for a limit.

use std::time::Instant;

use crate::metrics::{Counter, EncodeLabelSet, Family, Gauge, Histogram, Registry};

/// In seconds, up to the longest wait.
const BUCKETS: [f64; 10] = [0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0];

/// How a request stopped waiting, or why it did not wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WaitEnd {
    Admitted,
    TimedOut,
    ClientGone,
    Revoked,
    Stopping,
    /// Too many wait already.
    Full,
    /// It is known that the limit does not admit it in time.
    TooLong,
}

impl WaitEnd {
    fn name(self) -> &'static str {
        match self {
            Self::Admitted => "admitted",
            Self::TimedOut => "timed_out",
            Self::ClientGone => "client_gone",
            Self::Revoked => "revoked",
            Self::Stopping => "stopping",
            Self::Full => "full",
            Self::TooLong => "too_long",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    how: &'static str,
}

/// Cheap to clone.
#[derive(Clone, Debug)]
pub(in crate::gateway) struct WaitMetrics {
    waiting: Gauge,
    seconds: Histogram,
    ended: Family<Ended, Counter>,
}

impl Default for WaitMetrics {
    fn default() -> Self {
        Self {
            waiting: Gauge::default(),
            seconds: Histogram::new(BUCKETS),
            ended: Family::default(),
        }
    }
}

impl WaitMetrics {
    pub(in crate::gateway) fn register_on(&self, registry: &mut Registry) {
        registry.register(
            "waiting_requests",
            &[],
            "Requests that wait for a limit",
            &self.waiting,
        );
        registry.register(
            "wait_seconds",
            &[],
            "How long requests waited for a limit",
            &self.seconds,
        );
        registry.register(
            "wait_ended",
            &["how"],
            "Requests that stopped waiting (admitted, timed_out, client_gone, revoked, stopping) or could not wait (full, too_long)",
            &self.ended,
        );
    }

    pub(super) fn ended(&self, how: WaitEnd) {
        let how = Ended { how: how.name() };
        self.ended.get_or_create(&how).inc();
    }

    /// Counts a request until the result is dropped; `None` if `most` wait already.
    pub(super) fn begin(&self, most: u32) -> Option<WaitingRequest> {
        if self.waiting.inc() >= i64::from(most) {
            self.waiting.dec();
            return None;
        }
        Some(WaitingRequest {
            metrics: self.clone(),
            began: Instant::now(),
            how: WaitEnd::ClientGone,
        })
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> i64 {
        self.waiting.get()
    }
}

/// A request that waits. Unless [`WaitingRequest::end`] is called, its client left.
#[derive(Debug)]
pub(in crate::gateway) struct WaitingRequest {
    metrics: WaitMetrics,
    began: Instant,
    how: WaitEnd,
}

impl WaitingRequest {
    pub(super) fn end(&mut self, how: WaitEnd) {
        self.how = how;
    }
}

impl Drop for WaitingRequest {
    fn drop(&mut self) {
        self.metrics.waiting.dec();
        let seconds = self.began.elapsed().as_secs_f64();
        self.metrics.seconds.observe(seconds);
        self.metrics.ended(self.how);
    }
}
