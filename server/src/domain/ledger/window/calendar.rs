//! The units of a zone's calendar, as spans of time that join without a gap, whatever its clocks do.
//!
//! A day begins at the first instant at which the local clock has reached its midnight: after a gap if
//! midnight is in one, and at the first of two midnights. The same for weeks and months. An hour is as
//! long as its name says: where the clock repeats one, the two are counted apart.

use std::ops::Range;

use chrono::{
    DateTime, Datelike as _, Days, Months, NaiveDate, NaiveTime, Offset as _, TimeZone as _, Utc,
};
use chrono_tz::{GapInfo, Tz};

const HOUR: i64 = 60 * 60;

/// A unit of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Hour,
    Day,
    /// Begins on Monday.
    Week,
    Month,
}

impl Unit {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// The span around this time, in unix seconds.
pub(in crate::domain) fn span(unit: Unit, zone: Tz, at: DateTime<Utc>) -> Range<i64> {
    match unit {
        Unit::Hour => hour(zone, at.timestamp()),
        Unit::Day | Unit::Week | Unit::Month => dates(unit, zone, at),
    }
}

/// The local hour. A shift of the clock by whole hours does not touch it, any other one cuts it.
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

/// From the start of the local date's unit to the start of the next.
fn dates(unit: Unit, zone: Tz, at: DateTime<Utc>) -> Range<i64> {
    let mut first = first_date(unit, at.with_timezone(&zone).date_naive());
    let mut start = midnight(zone, first);
    loop {
        first = next_date(unit, first);
        let end = midnight(zone, first);
        // A clock that was set back over midnight shows the old date again: the new one has begun.
        if end > at.timestamp() || end == i64::MAX {
            return start..end;
        }
        start = end;
    }
}

fn first_date(unit: Unit, date: NaiveDate) -> NaiveDate {
    let past = match unit {
        Unit::Hour | Unit::Day => 0,
        Unit::Week => date.weekday().num_days_from_monday(),
        Unit::Month => date.day0(),
    };
    date.checked_sub_days(Days::new(past.into()))
        .unwrap_or(date)
}

fn next_date(unit: Unit, date: NaiveDate) -> NaiveDate {
    let next = match unit {
        Unit::Hour | Unit::Day => date.checked_add_days(Days::new(1)),
        Unit::Week => date.checked_add_days(Days::new(7)),
        Unit::Month => date.checked_add_months(Months::new(1)),
    };
    next.unwrap_or(NaiveDate::MAX)
}

/// The first instant at which the clock has reached this date; the end of time for what lies beyond it.
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

/// Where in the hour the local hours begin.
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
