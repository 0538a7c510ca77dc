//! When an account is no longer used, so that a part of its window stays free.

use crate::number::bounded;

/// A percentage of a window. From it on, no further request is sent; those that run may pass it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StopLine(f64);

impl StopLine {
    pub fn at_percent(percent: f64) -> Self {
        Self(bounded(percent, 0.0, 100.0))
    }

    /// Whether a further request may be sent. `running` is the expected percent of requests in flight, `typical` that of the
    /// further one.
    pub fn admits(self, level: f64, running: f64, typical: f64) -> bool {
        level.max(0.0) + running.max(0.0) + typical.max(0.0) < self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_requests_count_before_they_are_settled() {
        let line = StopLine::at_percent(80.0);

        assert!(line.admits(78.0, 1.0, 0.5));
        assert!(!line.admits(78.0, 1.5, 0.5));
        assert!(!line.admits(80.0, 0.0, 0.0));
        assert!(!line.admits(f64::INFINITY, 0.0, 0.0));
        assert!(!StopLine::at_percent(f64::NAN).admits(0.0, 0.0, 0.0));
    }
}
