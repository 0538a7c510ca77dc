//! Cuts the readings of a window into segments.

use chrono::{DateTime, TimeDelta, Utc};

use serde::{Deserialize, Serialize};

use crate::{number::minutes, units::Units};

/// A segment ends when the level has risen by this much, in percent.
const MIN_STEP: f64 = 3.0;
/// Or after this time.
const MAX_LENGTH: TimeDelta = TimeDelta::hours(1);
/// Readings that are further apart are not compared.
const MAX_GAP: TimeDelta = TimeDelta::days(1);

/// A reading of a window, with the units that were used before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) at: DateTime<Utc>,
    pub(crate) percent: f64,
    /// Increases with each cycle.
    pub(crate) cycle: u64,
    /// Of all cycles.
    pub(crate) units: Units,
}

/// The span between two readings of one cycle.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Segment {
    pub(crate) minutes: f64,
    pub(crate) percent: f64,
    pub(crate) units: Units,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Segments {
    base: Option<Reading>,
}

impl Segments {
    /// Takes a reading; returns the segment that it ends.
    pub(crate) fn add(&mut self, reading: Reading) -> Option<Segment> {
        let continues = |base: &Reading| {
            let gap = reading.at - base.at;
            base.cycle == reading.cycle
                && reading.percent >= base.percent
                && gap >= TimeDelta::zero()
                && gap <= MAX_GAP
        };
        let Some(base) = self.base.filter(continues) else {
            self.base = Some(reading);
            return None;
        };
        let (percent, length) = (reading.percent - base.percent, reading.at - base.at);
        if percent < MIN_STEP && length < MAX_LENGTH {
            return None;
        }
        self.base = Some(reading);
        let minutes = minutes(length);
        (minutes > 0.0).then(|| Segment {
            minutes,
            percent,
            units: reading.units.minus(base.units).at_least_zero(),
        })
    }
}
