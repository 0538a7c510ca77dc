//! Time zones, and the hours, days, weeks and months of their calendars. Quotas, charts, exports and date
//! ranges all use this module, so that they agree on where a unit starts and ends.
//!
//! The units of a zone follow each other without a gap or an overlap. A day starts at the first instant at
//! which the local clock shows midnight or later: after the gap where midnight is skipped, and at the first
//! of two midnights. Weeks and months start at the start of their first day. Hours start where the local
//! clock shows minute 0; a repeated hour counts as two, and a shift of the clock that is not a whole number
//! of hours (30 minutes on Lord Howe Island) ends one hour and starts another.

use std::ops::Range;

use chrono::{
    DateTime, Datelike as _, Days, Months, NaiveDate, NaiveTime, Offset as _, TimeZone as _, Utc,
};
use chrono_tz::{GapInfo, Tz};

const HOUR: i64 = 60 * 60;

/// A time zone name that the IANA database does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown time zone \"{0}\"; use an IANA name such as \"Europe/Berlin\" or \"UTC\"")]
pub struct UnknownTimeZoneError(String);

/// Finds a time zone by its IANA name.
pub fn time_zone(name: &str) -> Result<Tz, UnknownTimeZoneError> {
    name.parse()
        .map_err(|_| UnknownTimeZoneError(name.to_owned()))
}

/// A unit of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalendarUnit {
    Hour,
    /// 23 or 25 hours long when the clocks change.
    Day,
    /// Begins on Monday.
    Week,
    Month,
}

impl CalendarUnit {
    /// The singular noun, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// Start and end of the unit that contains `at`, in seconds since 1970.
pub fn span_around(unit: CalendarUnit, zone: Tz, at: DateTime<Utc>) -> Range<i64> {
    match unit {
        CalendarUnit::Hour => hour(zone, at.timestamp()),
        CalendarUnit::Day | CalendarUnit::Week | CalendarUnit::Month => dates(unit, zone, at),
    }
}

/// When a local date starts.
pub fn start_of_day(zone: Tz, date: NaiveDate) -> DateTime<Utc> {
    DateTime::from_timestamp(midnight(zone, date), 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// A shift of the clock by whole hours does not cut the hour, any other shift does.
fn hour(zone: Tz, at: i64) -> Range<i64> {
    let offset = offset(zone, at);
    let start = (at + offset).div_euclid(HOUR) * HOUR - offset;
    let end = start + HOUR;
    let start = last_shift(zone, start, at).unwrap_or(start);
    Range {
        start,
        end: first_shift(zone, at, end - 1).unwrap_or(end),
    }
}

/// The local day, week or month.
fn dates(unit: CalendarUnit, zone: Tz, at: DateTime<Utc>) -> Range<i64> {
    let mut first = first_date(unit, at.with_timezone(&zone).date_naive());
    let mut start = midnight(zone, first);
    loop {
        first = next_date(unit, first);
        let end = midnight(zone, first);
        // After midnight the clock may be set back to the old date; the new day has started all the same.
        if end > at.timestamp() || end == i64::MAX {
            return start..end;
        }
        start = end;
    }
}

/// The first day of the unit that contains `date`: Monday for a week.
pub fn first_date(unit: CalendarUnit, date: NaiveDate) -> NaiveDate {
    let past = match unit {
        CalendarUnit::Hour | CalendarUnit::Day => 0,
        CalendarUnit::Week => date.weekday().num_days_from_monday(),
        CalendarUnit::Month => date.day0(),
    };
    date.checked_sub_days(Days::new(past.into()))
        .unwrap_or(date)
}

fn next_date(unit: CalendarUnit, date: NaiveDate) -> NaiveDate {
    let next = match unit {
        CalendarUnit::Hour | CalendarUnit::Day => date.checked_add_days(Days::new(1)),
        CalendarUnit::Week => date.checked_add_days(Days::new(7)),
        CalendarUnit::Month => date.checked_add_months(Months::new(1)),
    };
    next.unwrap_or(NaiveDate::MAX)
}

/// The first instant at which the local clock shows this date, in seconds since 1970; `i64::MAX` for
/// `NaiveDate::MAX`.
fn midnight(zone: Tz, date: NaiveDate) -> i64 {
    if date == NaiveDate::MAX {
        return i64::MAX;
    }
    let local = date.and_time(NaiveTime::MIN);
    let instant = zone
        .from_local_datetime(&local)
        .earliest()
        .or_else(|| GapInfo::new(&local, &zone)?.end);
    instant.map_or_else(
        || local.and_utc().timestamp(),
        |instant| instant.timestamp(),
    )
}

/// Seconds east of Greenwich.
fn offset(zone: Tz, at: i64) -> i64 {
    let Some(utc) = DateTime::from_timestamp(at, 0) else {
        return 0;
    };
    let offset = zone.offset_from_utc_datetime(&utc.naive_utc());
    offset.fix().local_minus_utc().into()
}

/// How many seconds after a UTC hour the local hours start.
fn phase(zone: Tz, at: i64) -> i64 {
    offset(zone, at).rem_euclid(HOUR)
}

/// The first second from which on the hours begin as they do at `to`, if that is after `from`.
fn last_shift(zone: Tz, from: i64, to: i64) -> Option<i64> {
    shift(from, to, |second| phase(zone, second) == phase(zone, to))
}

/// The first second up to `to` at which the hours no longer begin as they do at `from`.
fn first_shift(zone: Tz, from: i64, to: i64) -> Option<i64> {
    shift(from, to, |second| phase(zone, second) != phase(zone, from))
}

/// The second in `from..=to` at which `is_after` turns true, if it turns: within an hour, clocks are
/// shifted once at most.
fn shift(from: i64, to: i64, is_after: impl Fn(i64) -> bool) -> Option<i64> {
    if is_after(from) || !is_after(to) {
        return None;
    }
    let (mut before, mut after) = (from, to);
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if is_after(middle) {
            after = middle;
        } else {
            before = middle;
        }
    }
    Some(after)
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America, Asia, Europe, Pacific};

    use super::*;

    #[test]
    fn a_day_starts_even_where_midnight_is_skipped_or_repeated() {
        for (zone, day, expected) in [
            (Europe::Berlin, "2026-03-29", "2026-03-28T23:00:00Z"),
            (Asia::Beirut, "2025-03-30", "2025-03-29T22:00:00Z"),
            (America::Havana, "2025-11-02", "2025-11-02T04:00:00Z"),
            (Pacific::Apia, "2011-12-30", "2011-12-30T10:00:00Z"),
            (Pacific::Apia, "2011-12-31", "2011-12-30T10:00:00Z"),
        ] {
            assert_eq!(
                start_of_day(zone, day.parse().unwrap()),
                expected.parse::<DateTime<Utc>>().unwrap(),
                "{zone} {day}"
            );
        }
    }

    #[test]
    fn only_iana_names_are_time_zones() {
        assert_eq!(time_zone("Europe/Berlin"), Ok(Europe::Berlin));
        let error = time_zone("Middle-earth/Shire").unwrap_err();
        assert!(error.to_string().contains("Middle-earth/Shire"), "{error}");
    }
}
