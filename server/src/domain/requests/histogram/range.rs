//! The range of a histogram and its buckets.

use chrono::{DateTime, Utc};

use super::HistogramBucket;
use crate::domain::{
    Error, Result,
    usage::{Span, Sums},
};

/// The most buckets of a histogram.
const MAX_BUCKETS: i64 = 120;
/// The most buckets that are chosen without an interval.
const USUAL_BUCKETS: i64 = 100;
/// The intervals to choose from, in seconds.
const INTERVALS: [i64; 11] = [
    60,
    300,
    QUARTER,
    3600,
    10_800,
    21_600,
    43_200,
    DAY,
    7 * DAY,
    30 * DAY,
    365 * DAY,
];
const DAY: i64 = 86_400;
/// Usage is summed up by quarters of an hour.
pub(super) const QUARTER: i64 = 900;

/// Divides the range into whole quarters of an hour and what is left before and after them. A quarter of an hour that has
/// not ended is whole: nothing follows in it.
pub(super) fn divide(span: Span, now: DateTime<Utc>) -> (Option<Span>, Vec<Span>) {
    let ceiling = |at: DateTime<Utc>| {
        let seconds = at.timestamp() + i64::from(at.timestamp_subsec_nanos() > 0);
        moment(seconds + (-seconds).rem_euclid(QUARTER))
    };
    let first = ceiling(span.from);
    let last = if span.to < now {
        moment(span.to.timestamp() - span.to.timestamp().rem_euclid(QUARTER))
    } else {
        ceiling(span.to)
    };
    if first >= last {
        return (None, vec![span]);
    }
    let edges = [(span.from, first), (last, span.to)].into_iter();
    let edges = edges
        .filter(|(from, to)| from < to)
        .map(|(from, to)| Span { from, to });
    let whole = Span {
        from: first,
        to: last,
    };
    (Some(whole), edges.collect())
}

/// The interval that was asked for, or the shortest usual one.
pub(super) fn interval(span: Span, asked: Option<i64>) -> Result<i64> {
    let is_valid = |interval: &i64| *interval >= 60 && *interval % 60 == 0;
    if asked.is_some_and(|interval| !is_valid(&interval)) {
        return Err(Error::bad_input("intervalSeconds must be a multiple of 60"));
    }
    let count = |interval: i64| {
        let end = span.to.timestamp() + i64::from(span.to.timestamp_subsec_nanos() > 0);
        let length = end - first_start(span, interval);
        (length - 1) / interval + 1
    };
    let usual = || {
        INTERVALS
            .into_iter()
            .find(|interval| count(*interval) <= USUAL_BUCKETS)
    };
    asked
        .or_else(usual)
        .filter(|interval| count(*interval) <= MAX_BUCKETS)
        .ok_or_else(|| {
            Error::bad_input(
                "the range has more than 120 intervals; use a longer intervalSeconds or a shorter range",
            )
        })
}

/// The start of the first bucket, whether the range contains it or not, in seconds since 1970.
pub(super) fn first_start(span: Span, interval: i64) -> i64 {
    let from = span.from.timestamp();
    from - from.rem_euclid(interval.min(QUARTER))
}

pub(super) fn buckets(span: Span, interval: i64) -> Vec<HistogramBucket> {
    let mut buckets = Vec::new();
    let mut start = first_start(span, interval);
    while moment(start) < span.to {
        buckets.push(HistogramBucket {
            span: Span {
                from: moment(start).max(span.from),
                to: moment(start + interval).min(span.to),
            },
            sums: Sums::default(),
        });
        start += interval;
    }
    buckets
}

pub(super) fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: &str, to: &str) -> Span {
        Span::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
    }

    #[test]
    fn buckets_follow_each_other_from_the_start_to_the_end_of_the_range() {
        let span = span("2026-06-01T00:07:30Z", "2026-06-01T02:00:00.5Z");

        let buckets = buckets(span, 1800);

        assert_eq!(buckets[0].span.from, span.from);
        assert_eq!(
            buckets[0].span.to,
            "2026-06-01T00:30:00Z".parse::<DateTime<Utc>>().unwrap()
        );
        assert_eq!(buckets.last().unwrap().span.to, span.to);
        assert_eq!(buckets.len(), 5);
        for pair in buckets.windows(2) {
            assert_eq!(pair[0].span.to, pair[1].span.from);
        }
    }

    #[test]
    fn the_number_of_buckets_is_bounded() {
        let day = span("2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z");
        let years = span("2000-01-01T00:00:00Z", "2190-01-01T00:00:00Z");

        assert_eq!(interval(day, None).unwrap(), 900);
        assert_eq!(interval(day, Some(720)).unwrap(), 720);
        for asked in [60, 660, 59, 61, 0, -60, i64::MAX] {
            assert!(interval(day, Some(asked)).is_err(), "{asked}");
        }
        assert!(interval(years, None).is_err());
    }

    #[test]
    fn a_range_is_divided_into_whole_quarters_of_an_hour_and_its_edges() {
        let now = "2026-06-02T00:00:00Z".parse().unwrap();
        let whole = span("2026-06-01T00:15:00Z", "2026-06-01T01:45:00Z");

        assert_eq!(divide(whole, now), (Some(whole), vec![]));
        assert_eq!(
            divide(span("2026-06-01T00:00:00.1Z", "2026-06-01T01:50:00Z"), now),
            (
                Some(whole),
                vec![
                    span("2026-06-01T00:00:00.1Z", "2026-06-01T00:15:00Z"),
                    span("2026-06-01T01:45:00Z", "2026-06-01T01:50:00Z"),
                ]
            )
        );
        let short = span("2026-06-01T00:01:00Z", "2026-06-01T00:20:00Z");
        assert_eq!(divide(short, now), (None, vec![short]));
        let current = span("2026-06-01T23:45:00Z", "2026-06-02T00:00:01Z");
        let (whole, edges) = divide(current, now);
        assert_eq!(
            whole.unwrap().to,
            "2026-06-02T00:15:00Z".parse::<DateTime<Utc>>().unwrap()
        );
        assert!(edges.is_empty());
    }
}
