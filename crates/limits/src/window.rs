//! The windows of quotas: which bucket a usage counts in, and which buckets are still in the window.

#[cfg(test)]
mod tests;

use std::{
    cell::RefCell,
    ops::{Range, RangeInclusive},
};

use calendar::CalendarUnit;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// Slices of a rolling window.
const SLICES: u32 = 60;
const ROLLING_SECONDS: RangeInclusive<u32> = 60..=400 * 24 * 60 * 60;

/// Calendar windows that each thread keeps: users share a few.
const KEPT_WINDOWS: usize = 16;

thread_local! {
    /// The last window of each unit and time zone, by its start and end in seconds since 1970. The rules of a time zone take a
    /// microsecond to evaluate, and each request needs several windows.
    static WINDOWS: RefCell<Vec<(CalendarUnit, Tz, Range<i64>)>> = const { RefCell::new(Vec::new()) };
}

/// The time over which usage is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaWindow {
    /// All time.
    Lifetime,
    /// A unit of the calendar of a time zone.
    Calendar { unit: CalendarUnit, zone: Tz },
    /// The last `seconds` seconds.
    Rolling { seconds: u32 },
}

impl QuotaWindow {
    /// The last `seconds` seconds: 60 to 34,560,000 (400 days), `None` otherwise.
    pub fn rolling(seconds: u32) -> Option<Self> {
        ROLLING_SECONDS
            .contains(&seconds)
            .then_some(Self::Rolling { seconds })
    }

    /// The bucket that usage at this time counts in, by its start in seconds since 1970. It depends on the
    /// time alone, so that a clock that is set back finds the earlier bucket.
    pub fn bucket(&self, at: DateTime<Utc>) -> i64 {
        match self {
            Self::Lifetime => 0,
            Self::Calendar { unit, zone } => calendar_window(*unit, *zone, at).start,
            Self::Rolling { seconds } => slice_start(at.timestamp(), *seconds),
        }
    }

    /// The first bucket that is still in the window at this time. A slice of a rolling window counts until all
    /// of it has left the window: up to a slice too much is counted, never too little.
    pub fn oldest(&self, at: DateTime<Utc>) -> i64 {
        match self {
            Self::Lifetime | Self::Calendar { .. } => self.bucket(at),
            Self::Rolling { seconds } => {
                slice_start(at.timestamp().saturating_sub(i64::from(*seconds)), *seconds)
            }
        }
    }

    /// The length of the slices of a rolling window, in seconds.
    pub fn slice(&self) -> Option<i64> {
        match self {
            Self::Lifetime | Self::Calendar { .. } => None,
            Self::Rolling { seconds } => Some(slice(*seconds)),
        }
    }

    /// The end of a calendar window. `None` for a rolling window, where it depends on the usage.
    pub fn resets_at(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Lifetime | Self::Rolling { .. } => None,
            Self::Calendar { unit, zone } => {
                DateTime::from_timestamp(calendar_window(*unit, *zone, at).end, 0)
            }
        }
    }
}

/// Start and end of the window that contains `at`, in seconds since 1970.
fn calendar_window(unit: CalendarUnit, zone: Tz, at: DateTime<Utc>) -> Range<i64> {
    let kept = WINDOWS.try_with(|windows| {
        let windows = &mut *windows.borrow_mut();
        let is_same = |(kept_unit, kept_zone, _): &(CalendarUnit, Tz, Range<i64>)| {
            *kept_unit == unit && *kept_zone == zone
        };
        if let Some((_, _, window)) = windows.iter_mut().find(|kept| is_same(kept)) {
            if !window.contains(&at.timestamp()) {
                *window = calendar::span_around(unit, zone, at);
            }
            return window.clone();
        }
        if windows.len() == KEPT_WINDOWS {
            windows.remove(0);
        }
        let window = calendar::span_around(unit, zone, at);
        windows.push((unit, zone, window.clone()));
        window
    });
    // An error means that the thread is ending.
    kept.unwrap_or_else(|_| calendar::span_around(unit, zone, at))
}

fn slice_start(at: i64, seconds: u32) -> i64 {
    let slice = slice(seconds);
    at.div_euclid(slice).saturating_mul(slice)
}

fn slice(seconds: u32) -> i64 {
    i64::from((seconds / SLICES).max(1))
}
