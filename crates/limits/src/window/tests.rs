//! Windows in all time zones, around every change of their clocks.

use chrono_tz::TZ_VARIANTS;
use proptest::prelude::*;

use super::*;

const UNITS: [CalendarUnit; 4] = [
    CalendarUnit::Hour,
    CalendarUnit::Day,
    CalendarUnit::Week,
    CalendarUnit::Month,
];

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn calendar(unit: CalendarUnit, zone: &str) -> QuotaWindow {
    let zone = zone.parse().unwrap();
    QuotaWindow::Calendar { unit, zone }
}

/// Start and end of the window around a time.
fn span(window: QuotaWindow, time: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let start = DateTime::from_timestamp(window.bucket(time), 0).unwrap();
    (start, window.resets_at(time).unwrap())
}

#[test]
fn a_rolling_window_is_60_seconds_to_400_days_long() {
    for seconds in [60, 400 * 86_400] {
        assert_eq!(
            QuotaWindow::rolling(seconds),
            Some(QuotaWindow::Rolling { seconds })
        );
    }
    for seconds in [0, 59, 400 * 86_400 + 1] {
        assert_eq!(QuotaWindow::rolling(seconds), None);
    }
}

#[test]
fn a_lifetime_window_never_resets() {
    let now = at("2026-11-22T10:00:00Z");

    assert_eq!(QuotaWindow::Lifetime.bucket(now), 0);
    assert_eq!(QuotaWindow::Lifetime.oldest(now), 0);
    assert_eq!(QuotaWindow::Lifetime.resets_at(now), None);
}

#[test]
fn calendar_windows_start_by_local_time() {
    let now = at("2026-11-22T20:20:20Z");
    let cases = [
        (
            CalendarUnit::Hour,
            "Asia/Kathmandu",
            "2026-11-22T20:15:00Z",
            "2026-11-22T21:15:00Z",
        ),
        (
            CalendarUnit::Hour,
            "Asia/Kolkata",
            "2026-11-22T19:30:00Z",
            "2026-11-22T20:30:00Z",
        ),
        (
            CalendarUnit::Day,
            "Asia/Kathmandu",
            "2026-11-22T18:15:00Z",
            "2026-11-23T18:15:00Z",
        ),
        (
            CalendarUnit::Week,
            "UTC",
            "2026-11-16T00:00:00Z",
            "2026-11-23T00:00:00Z",
        ),
        (
            CalendarUnit::Week,
            "Asia/Tokyo",
            "2026-11-22T15:00:00Z",
            "2026-11-29T15:00:00Z",
        ),
        (
            CalendarUnit::Month,
            "Europe/Berlin",
            "2026-10-31T23:00:00Z",
            "2026-11-30T23:00:00Z",
        ),
        (
            CalendarUnit::Month,
            "America/New_York",
            "2026-11-01T04:00:00Z",
            "2026-12-01T05:00:00Z",
        ),
    ];
    for (unit, zone, start, end) in cases {
        assert_eq!(
            span(calendar(unit, zone), now),
            (at(start), at(end)),
            "{zone}"
        );
    }
}

#[test]
fn days_start_at_an_existing_midnight() {
    let cases = [
        // Midnight is skipped.
        (
            "America/Sao_Paulo",
            "2018-11-04T12:00:00Z",
            "2018-11-04T03:00:00Z",
            "2018-11-05T02:00:00Z",
        ),
        (
            "Africa/Cairo",
            "2024-04-26T12:00:00Z",
            "2024-04-25T22:00:00Z",
            "2024-04-26T21:00:00Z",
        ),
        // Midnight is repeated.
        (
            "America/Havana",
            "2026-11-01T04:30:00Z",
            "2026-11-01T04:00:00Z",
            "2026-11-02T05:00:00Z",
        ),
        (
            "America/Havana",
            "2026-11-01T05:30:00Z",
            "2026-11-01T04:00:00Z",
            "2026-11-02T05:00:00Z",
        ),
        // The clock goes back over a midnight that has passed.
        (
            "America/St_Johns",
            "2010-11-07T02:31:00Z",
            "2010-11-07T02:30:00Z",
            "2010-11-08T03:30:00Z",
        ),
        (
            "America/St_Johns",
            "2010-11-07T03:00:00Z",
            "2010-11-07T02:30:00Z",
            "2010-11-08T03:30:00Z",
        ),
        // A whole day is skipped.
        (
            "Pacific/Apia",
            "2011-12-30T09:59:59Z",
            "2011-12-29T10:00:00Z",
            "2011-12-30T10:00:00Z",
        ),
        (
            "Pacific/Apia",
            "2011-12-30T10:00:00Z",
            "2011-12-30T10:00:00Z",
            "2011-12-31T10:00:00Z",
        ),
    ];
    for (zone, now, start, end) in cases {
        let found = span(calendar(CalendarUnit::Day, zone), at(now));
        assert_eq!(found, (at(start), at(end)), "{zone} at {now}");
    }
}

#[test]
fn a_repeated_hour_is_two_windows_and_a_half_hour_shift_ends_one() {
    let cases = [
        (
            "Europe/Berlin",
            "2026-10-25T00:30:00Z",
            "2026-10-25T00:00:00Z",
            "2026-10-25T01:00:00Z",
        ),
        (
            "Europe/Berlin",
            "2026-10-25T01:30:00Z",
            "2026-10-25T01:00:00Z",
            "2026-10-25T02:00:00Z",
        ),
        (
            "Europe/Berlin",
            "2026-03-29T01:30:00Z",
            "2026-03-29T01:00:00Z",
            "2026-03-29T02:00:00Z",
        ),
        // Lord Howe Island shifts by half an hour: 2:00 to 1:30, and 2:00 to 2:30.
        (
            "Australia/Lord_Howe",
            "2026-04-04T14:59:59Z",
            "2026-04-04T14:00:00Z",
            "2026-04-04T15:00:00Z",
        ),
        (
            "Australia/Lord_Howe",
            "2026-04-04T15:00:00Z",
            "2026-04-04T15:00:00Z",
            "2026-04-04T15:30:00Z",
        ),
        (
            "Australia/Lord_Howe",
            "2026-10-03T15:29:59Z",
            "2026-10-03T14:30:00Z",
            "2026-10-03T15:30:00Z",
        ),
        (
            "Australia/Lord_Howe",
            "2026-10-03T15:30:00Z",
            "2026-10-03T15:30:00Z",
            "2026-10-03T16:00:00Z",
        ),
    ];
    for (zone, now, start, end) in cases {
        let found = span(calendar(CalendarUnit::Hour, zone), at(now));
        assert_eq!(found, (at(start), at(end)), "{zone} at {now}");
    }
}

#[test]
fn days_and_hours_join_at_every_clock_change_of_eleven_years() {
    for zone in TZ_VARIANTS {
        for unit in [CalendarUnit::Hour, CalendarUnit::Day] {
            let window = QuotaWindow::Calendar { unit, zone };
            for change in changes(zone) {
                walk_over(window, change);
            }
        }
    }
}

/// Every change of a zone's clocks from 2005 to 2015, to the day.
fn changes(zone: Tz) -> impl Iterator<Item = DateTime<Utc>> {
    use chrono::{Offset as _, TimeZone as _};
    let day = |index: i64| DateTime::from_timestamp(index * 86_400, 0).unwrap();
    let offset = move |index| zone.offset_from_utc_datetime(&day(index).naive_utc()).fix();
    (12_784..16_801)
        .filter(move |index| offset(*index) != offset(index + 1))
        .map(day)
}

/// The windows from a day before a time to two days after it join, and none is empty.
fn walk_over(window: QuotaWindow, around: DateTime<Utc>) {
    let mut now = around - chrono::TimeDelta::days(1);
    while now < around + chrono::TimeDelta::days(2) {
        let (start, end) = span(window, now);
        assert!(start <= now && now < end, "{window:?} at {now}");
        for inside in [start, end - chrono::TimeDelta::seconds(1)] {
            assert_eq!(span(window, inside), (start, end), "{window:?} at {inside}");
        }
        assert_eq!(span(window, end).0, end, "{window:?} at {end}");
        now = end;
    }
}

/// The window as the calendar has it.
fn evaluated(window: QuotaWindow, time: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let QuotaWindow::Calendar { unit, zone } = window else {
        panic!("not of a calendar");
    };
    let window = calendar::span_around(unit, zone, time);
    let second = |second| DateTime::from_timestamp(second, 0).unwrap();
    (second(window.start), second(window.end))
}

fn any_time() -> impl Strategy<Value = DateTime<Utc>> {
    // 1900 to 2200, with a fraction of a second.
    (-2_208_988_800_i64..7_258_118_400, 0_u32..1_000_000_000)
        .prop_map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).unwrap())
}

fn any_calendar() -> impl Strategy<Value = QuotaWindow> {
    let units = prop::sample::select(UNITS.to_vec());
    let zones = prop::sample::select(TZ_VARIANTS.to_vec());
    (units, zones).prop_map(|(unit, zone)| QuotaWindow::Calendar { unit, zone })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_time_is_in_its_window_and_the_next_window_joins(window in any_calendar(), now in any_time()) {
        let (start, end) = span(window, now);

        prop_assert!(start <= now && now < end);
        prop_assert_eq!(span(window, end).0, end);
        prop_assert_eq!(window.resets_at(start - chrono::TimeDelta::seconds(1)), Some(start));
        prop_assert_eq!(window.oldest(now), window.bucket(now));
    }

    #[test]
    fn all_times_in_a_window_have_the_same_bucket(
        window in any_calendar(),
        now in any_time(),
        share in 0_i64..1000,
    ) {
        let (start, end) = span(window, now);
        let other = start + (end - start) * i32::try_from(share).unwrap() / 1000;

        prop_assert_eq!(span(window, other), (start, end));
        prop_assert_eq!(evaluated(window, other), (start, end));
    }

    #[test]
    fn windows_that_are_kept_are_those_of_the_calendar(
        windows in prop::collection::vec(any_calendar(), 1..20),
        times in prop::collection::vec(any_time(), 1..4),
    ) {
        for time in times.iter().chain(&times) {
            for window in &windows {
                prop_assert_eq!(span(*window, *time), evaluated(*window, *time));
            }
        }
    }

    #[test]
    fn a_rolling_window_counts_all_its_usage_and_at_most_a_slice_more(
        seconds in ROLLING_SECONDS,
        now in any_time(),
        age in 0_i64..2 * i64::from(*ROLLING_SECONDS.end()),
    ) {
        let window = QuotaWindow::Rolling { seconds };
        let slice = i64::from(seconds / SLICES);
        let bucket = window.bucket(now - chrono::TimeDelta::seconds(age));
        let counts = (window.oldest(now)..=window.bucket(now)).contains(&bucket);

        prop_assert!(counts || age > i64::from(seconds));
        prop_assert!(!counts || age < i64::from(seconds) + slice + 1);
        prop_assert!((window.bucket(now) - window.oldest(now)) / slice <= i64::from(2 * SLICES));
        prop_assert_eq!(window.resets_at(now), None);
    }
}
