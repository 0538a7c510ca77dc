//! Counts the requests in flight to the engine, in generations: when another process takes over, those that the earlier
//! one may serve are awaited separately.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio_util::task::{TaskTracker, task_tracker::TaskTrackerToken};

/// A cheap handle of the counters.
#[derive(Clone, Debug, Default)]
pub struct InFlight {
    all: TaskTracker,
    present: Arc<ArcSwap<TaskTracker>>,
}

/// A request in flight until it is dropped.
#[derive(Debug)]
pub struct InFlightToken {
    _all: TaskTrackerToken,
    _generation: TaskTrackerToken,
}

impl InFlight {
    /// Counts a request. Call it before the engine's address is read.
    pub fn token(&self) -> InFlightToken {
        InFlightToken {
            _all: self.all.token(),
            _generation: self.present.load().token(),
        }
    }

    /// The requests of all generations.
    pub fn all(&self) -> &TaskTracker {
        &self.all
    }

    /// Begins a generation; returns the earlier ones, which end when their requests have. Call it after the engine's
    /// address has changed.
    pub fn begin_generation(&self) -> TaskTracker {
        let earlier = self.present.swap(Arc::default());
        earlier.close();
        earlier.as_ref().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_of_an_earlier_generation_are_awaited_without_later_ones() {
        let in_flight = InFlight::default();
        let early = in_flight.token();

        let earlier = in_flight.begin_generation();
        let _late = in_flight.token();
        assert_eq!((earlier.len(), in_flight.all().len()), (1, 2));
        drop(early);

        earlier.wait().await;
        assert_eq!(in_flight.all().len(), 1);
    }
}
