//! Stretches of time, as people say them.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::domain::{Error, Result};

/// 2000 and 2200: nothing was counted before, and today's time zones all differ from UTC by quarters of
/// an hour.
const EARLIEST: DateTime<Utc> = DateTime::from_timestamp(946_684_800, 0).unwrap();
const LATEST: DateTime<Utc> = DateTime::from_timestamp(7_258_118_400, 0).unwrap();

/// From a moment until before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// A stretch of time that is told by the calendar. All end with today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    Today,
    Yesterday,
    Last7Days,
    Last30Days,
    /// From Monday.
    ThisWeek,
    ThisMonth,
    LastMonth,
    /// From the first request.
    All,
}

impl Span {
    /// Checks that it begins before it ends.
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Self> {
        if from >= to {
            return Err(Error::bad_input("a range begins before it ends"));
        }
        let from = from.clamp(EARLIEST, LATEST);
        Ok(Self {
            from,
            to: to.clamp(from, LATEST),
        })
    }

    /// What a preset means now and there. `first` is when the first request came.
    pub(super) fn of(preset: Preset, zone: Tz, now: DateTime<Utc>, first: DateTime<Utc>) -> Self {
        let today = now.with_timezone(&zone).date_naive();
        let tomorrow = today + Days::new(1);
        let ago = |days| today - Days::new(days);
        let month = start_of_month(today);
        let (from, to) = match preset {
            Preset::Today => (today, tomorrow),
            Preset::Yesterday => (ago(1), today),
            Preset::Last7Days => (ago(6), tomorrow),
            Preset::Last30Days => (ago(29), tomorrow),
            Preset::ThisWeek => (start_of_week(today), tomorrow),
            Preset::ThisMonth => (month, tomorrow),
            Preset::LastMonth => (month - Months::new(1), month),
            Preset::All => (first.with_timezone(&zone).date_naive().min(today), tomorrow),
        };
        Self {
            from: start_of_day(zone, from),
            to: start_of_day(zone, to),
        }
    }
}

/// Finds a time zone by its IANA name.
pub fn zone(name: &str) -> Result<Tz> {
    name.parse().map_err(|_| {
        let message = "this time zone is not known; write it as Europe/Berlin or UTC";
        Error::bad_input(message)
    })
}

/// The Monday.
pub(super) fn start_of_week(date: NaiveDate) -> NaiveDate {
    date - Days::new(date.weekday().num_days_from_monday().into())
}

/// The first.
pub(super) fn start_of_month(date: NaiveDate) -> NaiveDate {
    date - Days::new(date.day0().into())
}

/// When a day begins: at midnight, at the first of two midnights, or, where the clock jumps over it, as
/// soon after as there is a time.
pub fn start_of_day(zone: Tz, date: NaiveDate) -> DateTime<Utc> {
    let midnight = date.and_time(chrono::NaiveTime::MIN);
    // The calendar of Samoa lacks a whole day.
    (0..=24 * 4)
        .map(|quarters| midnight + TimeDelta::minutes(15 * quarters))
        .find_map(|time| time.and_local_timezone(zone).earliest())
        .map_or_else(|| midnight.and_utc(), |start| start.to_utc())
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America, Asia, Europe, Pacific};

    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_preset_is_read_by_the_clock_of_the_place() {
        // In Kolkata it is already Monday, the first of June.
        let now = utc("2026-05-31T20:00:00Z");
        let of = |preset, zone| {
            let Span { from, to } = Span::of(preset, zone, now, utc("2026-01-02T03:00:00Z"));
            [from, to].map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
        };
        let kolkata = Asia::Kolkata;

        for (preset, expected) in [
            (
                Preset::Today,
                ["2026-05-31T18:30:00Z", "2026-06-01T18:30:00Z"],
            ),
            (
                Preset::Yesterday,
                ["2026-05-30T18:30:00Z", "2026-05-31T18:30:00Z"],
            ),
            (
                Preset::Last7Days,
                ["2026-05-25T18:30:00Z", "2026-06-01T18:30:00Z"],
            ),
            (
                Preset::Last30Days,
                ["2026-05-02T18:30:00Z", "2026-06-01T18:30:00Z"],
            ),
            (
                Preset::ThisWeek,
                ["2026-05-31T18:30:00Z", "2026-06-01T18:30:00Z"],
            ),
            (
                Preset::ThisMonth,
                ["2026-05-31T18:30:00Z", "2026-06-01T18:30:00Z"],
            ),
            (
                Preset::LastMonth,
                ["2026-04-30T18:30:00Z", "2026-05-31T18:30:00Z"],
            ),
            (
                Preset::All,
                ["2026-01-01T18:30:00Z", "2026-06-01T18:30:00Z"],
            ),
        ] {
            assert_eq!(of(preset, kolkata), expected, "{preset:?}");
        }
        assert_eq!(
            of(Preset::ThisWeek, Tz::UTC),
            ["2026-05-25T00:00:00Z", "2026-06-01T00:00:00Z"]
        );
    }

    #[test]
    fn a_day_begins_even_where_midnight_does_not_exist_or_comes_twice() {
        for (zone, day, expected) in [
            (Europe::Berlin, "2026-03-29", "2026-03-28T23:00:00Z"),
            (Asia::Beirut, "2025-03-30", "2025-03-29T22:00:00Z"),
            (America::Havana, "2025-11-02", "2025-11-02T04:00:00Z"),
            (Pacific::Apia, "2011-12-30", "2011-12-30T10:00:00Z"),
            (Pacific::Apia, "2011-12-31", "2011-12-30T10:00:00Z"),
        ] {
            assert_eq!(start_of_day(zone, date(day)), utc(expected), "{zone} {day}");
        }
    }

    #[test]
    fn a_range_that_is_reversed_or_empty_is_refused() {
        let (early, late) = (utc("2026-01-01T00:00:00Z"), utc("2026-01-02T00:00:00Z"));

        assert!(Span::new(early, late).is_ok());
        assert!(Span::new(late, early).is_err());
        assert!(Span::new(early, early).is_err());
        let ancient = Span::new(DateTime::UNIX_EPOCH, utc("1990-01-01T00:00:00Z")).unwrap();
        assert_eq!(ancient.from, ancient.to);
    }

    #[test]
    fn only_real_zones_are_zones() {
        assert!(zone("Europe/Berlin").is_ok());
        assert!(zone("Middle-earth/Shire").is_err());
    }
}
