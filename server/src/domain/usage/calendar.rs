//! Cutting a stretch of time into hours, days, weeks or months as the clocks of a place show them.

use chrono::{DateTime, Days, Months, TimeDelta, Timelike as _, Utc};
use chrono_tz::Tz;

use super::span::{Span, start_of_day, start_of_month, start_of_week};
use crate::domain::{Error, Result};

/// What a point of a series is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    Hour,
    /// Of 23 or 25 hours when the clocks change.
    Day,
    /// From Monday.
    Week,
    Month,
}

impl Bucket {
    /// The longest stretch that is cut into these, in days and in words.
    fn longest(self) -> (i64, &'static str) {
        match self {
            Self::Hour => (31, "by the hour, ask for at most 31 days"),
            Self::Day => (400, "by the day, ask for at most 400 days"),
            Self::Week => (5 * 366, "by the week, ask for at most five years"),
            Self::Month => (25 * 366, "by the month, ask for at most 25 years"),
        }
    }

    /// The end of the bucket that this moment is in.
    fn end(self, zone: Tz, at: DateTime<Utc>) -> DateTime<Utc> {
        let local = at.with_timezone(&zone);
        let date = local.date_naive();
        match self {
            Self::Hour => end_of_hour(zone, at),
            Self::Day => later(zone, at, date + Days::new(1)),
            Self::Week => later(zone, at, start_of_week(date) + Days::new(7)),
            Self::Month => later(zone, at, start_of_month(date) + Months::new(1)),
        }
    }
}

/// Cuts a span where buckets begin. The first and the last are what the span has of them.
pub(super) fn cut(span: Span, bucket: Bucket, zone: Tz) -> Result<Vec<Span>> {
    let (days, message) = bucket.longest();
    // A stretch by the calendar has an hour more where the clocks were set back.
    if span.to - span.from > TimeDelta::days(days) + TimeDelta::hours(2) {
        return Err(Error::bad_input(message));
    }
    let mut buckets = Vec::new();
    let mut from = span.from;
    while from < span.to {
        let to = bucket.end(zone, from).min(span.to);
        buckets.push(Span { from, to });
        from = to;
    }
    Ok(buckets)
}

/// The start of a later day. Dates repeat where a zone moves over the date line: never stand still.
fn later(zone: Tz, at: DateTime<Utc>, date: chrono::NaiveDate) -> DateTime<Utc> {
    let start = start_of_day(zone, date);
    if start > at {
        start
    } else {
        at + TimeDelta::days(1)
    }
}

/// Zones differ from UTC by quarters of an hour, and change by them too.
fn end_of_hour(zone: Tz, at: DateTime<Utc>) -> DateTime<Utc> {
    let quarter = 15 * 60;
    let into = at.timestamp().rem_euclid(quarter);
    let start =
        at - TimeDelta::seconds(into) - TimeDelta::nanoseconds(at.timestamp_subsec_nanos().into());
    (1..=4)
        .map(|quarters| start + TimeDelta::seconds(quarter * quarters))
        .find(|moment| moment.with_timezone(&zone).minute() == 0)
        .unwrap_or(start + TimeDelta::hours(1))
}

#[cfg(test)]
mod tests {
    use chrono_tz::{Asia, Australia, Europe};
    use proptest::{prelude::*, sample::select};

    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn hours(span: &Span) -> i64 {
        (span.to - span.from).num_hours()
    }

    #[test]
    fn a_day_has_as_many_hours_as_the_clocks_show() {
        let spring = Span::new(utc("2026-03-27T23:00:00Z"), utc("2026-03-30T22:00:00Z")).unwrap();
        let autumn = Span::new(utc("2026-10-24T22:00:00Z"), utc("2026-10-26T23:00:00Z")).unwrap();
        let days = |span| cut(span, Bucket::Day, Europe::Berlin).unwrap();

        assert_eq!(
            days(spring).iter().map(hours).collect::<Vec<_>>(),
            [24, 23, 24]
        );
        assert_eq!(days(autumn).iter().map(hours).collect::<Vec<_>>(), [25, 24]);
        let hours = cut(days(autumn)[0], Bucket::Hour, Europe::Berlin).unwrap();
        assert_eq!(hours.len(), 25);
    }

    #[test]
    fn hours_begin_when_the_place_says_so() {
        let span = Span::new(utc("2026-06-01T00:00:00Z"), utc("2026-06-01T02:00:00Z")).unwrap();

        let starts: Vec<_> = cut(span, Bucket::Hour, Asia::Kolkata)
            .unwrap()
            .iter()
            .map(|bucket| bucket.from.format("%H:%M").to_string())
            .collect();

        assert_eq!(starts, ["00:00", "00:30", "01:30"]);
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        let span = Span::new(utc("2026-05-28T00:00:00Z"), utc("2026-07-03T00:00:00Z")).unwrap();
        let starts = |bucket| -> Vec<_> {
            let buckets = cut(span, bucket, Tz::UTC).unwrap().into_iter();
            buckets
                .map(|one| one.from.format("%m-%d").to_string())
                .collect()
        };

        assert_eq!(
            starts(Bucket::Week),
            ["05-28", "06-01", "06-08", "06-15", "06-22", "06-29"]
        );
        assert_eq!(starts(Bucket::Month), ["05-28", "06-01", "07-01"]);
    }

    #[test]
    fn too_many_points_are_refused() {
        let span = |days| {
            let from = utc("2026-01-01T00:00:00Z");
            Span::new(from, from + TimeDelta::days(days)).unwrap()
        };
        for (bucket, days) in [
            (Bucket::Hour, 31),
            (Bucket::Day, 400),
            (Bucket::Week, 1830),
            (Bucket::Month, 9150),
        ] {
            assert!(cut(span(days), bucket, Tz::UTC).is_ok(), "{bucket:?}");
            assert!(cut(span(days + 1), bucket, Tz::UTC).is_err(), "{bucket:?}");
        }
    }

    proptest! {
        #[test]
        fn buckets_follow_on_each_other_without_a_gap(
            zone in select(vec![Tz::UTC, Europe::Berlin, Asia::Kolkata, Asia::Kathmandu, Australia::Lord_Howe]),
            bucket in select(vec![Bucket::Hour, Bucket::Day, Bucket::Week, Bucket::Month]),
            from in 946_684_800_i64..2_000_000_000,
            length in 1..30 * 86_400_i64,
        ) {
            let moment = |at| DateTime::from_timestamp(at, 0).unwrap();
            let span = Span::new(moment(from), moment(from + length)).unwrap();

            let buckets = cut(span, bucket, zone).unwrap();

            prop_assert_eq!(buckets.first().unwrap().from, span.from);
            prop_assert_eq!(buckets.last().unwrap().to, span.to);
            for pair in buckets.windows(2) {
                prop_assert_eq!(pair[0].to, pair[1].from);
                prop_assert!(pair[0].from < pair[0].to);
                prop_assert_eq!(pair[1].from.timestamp().rem_euclid(900), 0);
            }
        }
    }
}
