//! Divides a time range into the hours, days, weeks or months of a time zone.

use calendar::{CalendarUnit, span_around};
use chrono::{DateTime, TimeDelta};
use chrono_tz::Tz;

use super::span::Span;
use crate::domain::{Error, Result};

/// The longest range that is divided into these units, in days, and the error for a longer one.
fn longest_range(unit: CalendarUnit) -> (i64, &'static str) {
    match unit {
        CalendarUnit::Hour => (31, "by the hour, ask for at most 31 days"),
        CalendarUnit::Day => (400, "by the day, ask for at most 400 days"),
        CalendarUnit::Week => (5 * 366, "by the week, ask for at most five years"),
        CalendarUnit::Month => (25 * 366, "by the month, ask for at most 25 years"),
    }
}

/// The parts of a range, one for each unit. The first and the last unit may be in the range only partly.
pub(super) fn cut(span: Span, unit: CalendarUnit, zone: Tz) -> Result<Vec<Span>> {
    let (days, message) = longest_range(unit);
    // A range of whole days is longer where the clocks are set back.
    if span.to - span.from > TimeDelta::days(days) + TimeDelta::hours(2) {
        return Err(Error::bad_input(message));
    }
    let mut buckets = Vec::new();
    let mut from = span.from;
    while from < span.to {
        let end = span_around(unit, zone, from).end;
        let end = DateTime::from_timestamp(end, 0).unwrap_or(span.to);
        let to = end.min(span.to);
        buckets.push(Span { from, to });
        from = to;
    }
    Ok(buckets)
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
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
    fn a_day_of_a_clock_change_has_23_or_25_hours() {
        let spring = Span::new(utc("2026-03-27T23:00:00Z"), utc("2026-03-30T22:00:00Z")).unwrap();
        let autumn = Span::new(utc("2026-10-24T22:00:00Z"), utc("2026-10-26T23:00:00Z")).unwrap();
        let days = |span| cut(span, CalendarUnit::Day, Europe::Berlin).unwrap();

        assert_eq!(
            days(spring).iter().map(hours).collect::<Vec<_>>(),
            [24, 23, 24]
        );
        assert_eq!(days(autumn).iter().map(hours).collect::<Vec<_>>(), [25, 24]);
        let hours = cut(days(autumn)[0], CalendarUnit::Hour, Europe::Berlin).unwrap();
        assert_eq!(hours.len(), 25);
    }

    #[test]
    fn hours_start_at_minute_0_of_the_local_clock() {
        let span = Span::new(utc("2026-06-01T00:00:00Z"), utc("2026-06-01T02:00:00Z")).unwrap();

        let starts: Vec<_> = cut(span, CalendarUnit::Hour, Asia::Kolkata)
            .unwrap()
            .iter()
            .map(|bucket| bucket.from.format("%H:%M").to_string())
            .collect();

        assert_eq!(starts, ["00:00", "00:30", "01:30"]);
    }

    #[test]
    fn a_shift_by_half_an_hour_ends_an_hour() {
        let span = Span::new(utc("2026-04-04T14:30:00Z"), utc("2026-04-04T16:00:00Z")).unwrap();

        let starts: Vec<_> = cut(span, CalendarUnit::Hour, Australia::Lord_Howe)
            .unwrap()
            .iter()
            .map(|part| part.from.format("%H:%M").to_string())
            .collect();

        assert_eq!(starts, ["14:30", "15:00", "15:30"]);
    }

    #[test]
    fn weeks_start_on_monday_and_months_on_the_first() {
        let span = Span::new(utc("2026-05-28T00:00:00Z"), utc("2026-07-03T00:00:00Z")).unwrap();
        let starts = |bucket| -> Vec<_> {
            let buckets = cut(span, bucket, Tz::UTC).unwrap().into_iter();
            buckets
                .map(|one| one.from.format("%m-%d").to_string())
                .collect()
        };

        assert_eq!(
            starts(CalendarUnit::Week),
            ["05-28", "06-01", "06-08", "06-15", "06-22", "06-29"]
        );
        assert_eq!(starts(CalendarUnit::Month), ["05-28", "06-01", "07-01"]);
    }

    #[test]
    fn a_range_with_too_many_units_is_rejected() {
        let span = |days| {
            let from = utc("2026-01-01T00:00:00Z");
            Span::new(from, from + TimeDelta::days(days)).unwrap()
        };
        for (bucket, days) in [
            (CalendarUnit::Hour, 31),
            (CalendarUnit::Day, 400),
            (CalendarUnit::Week, 1830),
            (CalendarUnit::Month, 9150),
        ] {
            assert!(cut(span(days), bucket, Tz::UTC).is_ok(), "{bucket:?}");
            assert!(cut(span(days + 1), bucket, Tz::UTC).is_err(), "{bucket:?}");
        }
    }

    proptest! {
        #[test]
        fn units_follow_each_other_without_a_gap(
            zone in select(vec![Tz::UTC, Europe::Berlin, Asia::Kolkata, Asia::Kathmandu, Australia::Lord_Howe]),
            bucket in select(vec![CalendarUnit::Hour, CalendarUnit::Day, CalendarUnit::Week, CalendarUnit::Month]),
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
