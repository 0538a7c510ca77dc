//! Reports the events of the request writer to the metrics, and stored requests to the usage and the shares of windows.

use std::time::Duration;

use entity::request;

use crate::{
    domain::{
        requests::{RequestChange, WriterObserver},
        shares::Shares,
        windows::WindowUsage,
    },
    watch::RequestMetrics,
};

/// All receivers.
#[derive(Debug)]
pub(super) struct WriterObservers {
    pub(super) metrics: RequestMetrics,
    pub(super) shares: Shares,
    pub(super) windows: WindowUsage,
}

impl WriterObserver for WriterObservers {
    fn pending(&self, oldest: Option<&request::Model>, count: usize) {
        self.metrics.pending(oldest, count);
    }

    fn written(&self, rows: &[request::Model], changes: &[RequestChange], elapsed: Duration) {
        self.metrics.written(rows, changes, elapsed);
        self.shares.settled(rows);
        self.windows.settled(rows);
        for change in changes {
            self.shares.corrected(&change.before, &change.after);
            self.windows.corrected(&change.before, &change.after);
        }
    }

    fn failed(&self) {
        self.metrics.failed();
    }

    fn lost(&self, count: usize) {
        self.metrics.lost(count);
    }
}
