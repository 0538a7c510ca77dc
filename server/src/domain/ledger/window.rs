//! When counting starts again: which bucket a use counts in, and which buckets still count.

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use entity::quota::WindowKind;

use crate::domain::{
    Error, Result,
    calendar::{self, CalendarUnit},
};

/// Into how many slices a rolling window is cut.
const SLICES: u32 = 60;
/// What a rolling window may span, in seconds: a minute to 400 days.
const SHORTEST: u32 = 60;
const LONGEST: u32 = 400 * 24 * 60 * 60;

/// The time over which uses are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaWindow {
    /// All time.
    Lifetime,
    /// One unit of the calendar of a zone.
    Calendar { unit: CalendarUnit, zone: Tz },
    /// The last so many seconds, at every moment.
    Rolling { seconds: u32 },
}

impl QuotaWindow {
    /// Reads what a quota says.
    pub fn read(kind: WindowKind, rolling_seconds: Option<i32>, timezone: &str) -> Result<Self> {
        let zone = calendar::time_zone(timezone)?;
        let unit = match kind {
            WindowKind::Rolling => return rolling(rolling_seconds),
            _ if rolling_seconds.is_some() => {
                return Err(Error::bad_input(
                    "rollingSeconds is for the window ROLLING; leave it out for any other",
                ));
            }
            WindowKind::Lifetime => return Ok(Self::Lifetime),
            WindowKind::Hour => CalendarUnit::Hour,
            WindowKind::Day => CalendarUnit::Day,
            WindowKind::Week => CalendarUnit::Week,
            WindowKind::Month => CalendarUnit::Month,
        };
        Ok(Self::Calendar { unit, zone })
    }

    /// The bucket that a use at this time counts in, named by its start in unix seconds. It depends on
    /// nothing but the time, so a clock that is set back finds the earlier bucket again.
    pub fn bucket(&self, at: DateTime<Utc>) -> i64 {
        match self {
            Self::Lifetime => 0,
            Self::Calendar { unit, zone } => calendar::span_around(*unit, *zone, at).start,
            Self::Rolling { seconds } => slice_start(at.timestamp(), *seconds),
        }
    }

    /// The first bucket that still counts at this time. A slice of a rolling window counts until the
    /// whole of it is out of the window: a little too much is counted, and never too little.
    pub fn oldest(&self, at: DateTime<Utc>) -> i64 {
        match self {
            Self::Lifetime | Self::Calendar { .. } => self.bucket(at),
            Self::Rolling { seconds } => {
                slice_start(at.timestamp().saturating_sub(i64::from(*seconds)), *seconds)
            }
        }
    }

    /// How many seconds the slices of a rolling window have.
    pub fn slice(&self) -> Option<i64> {
        match self {
            Self::Lifetime | Self::Calendar { .. } => None,
            Self::Rolling { seconds } => Some(slice(*seconds)),
        }
    }

    /// The end of a calendar window. A rolling window has none of its own: it depends on what was used.
    pub fn resets_at(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Lifetime | Self::Rolling { .. } => None,
            Self::Calendar { unit, zone } => {
                DateTime::from_timestamp(calendar::span_around(*unit, *zone, at).end, 0)
            }
        }
    }
}

fn rolling(seconds: Option<i32>) -> Result<QuotaWindow> {
    let Some(seconds) = seconds else {
        return Err(Error::bad_input("the window ROLLING needs rollingSeconds"));
    };
    u32::try_from(seconds)
        .ok()
        .filter(|seconds| (SHORTEST..=LONGEST).contains(seconds))
        .map(|seconds| QuotaWindow::Rolling { seconds })
        .ok_or_else(|| {
            Error::bad_input(format!(
                "rollingSeconds is between {SHORTEST} and {LONGEST} (400 days)"
            ))
        })
}

fn slice_start(at: i64, seconds: u32) -> i64 {
    let slice = slice(seconds);
    at.div_euclid(slice).saturating_mul(slice)
}

fn slice(seconds: u32) -> i64 {
    i64::from((seconds / SLICES).max(1))
}
