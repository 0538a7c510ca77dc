//! Windows of every zone, around every change of its clocks.

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
fn a_quota_says_which_window_it_has() {
    let read = |kind, seconds| QuotaWindow::read(kind, seconds, "Asia/Kathmandu");

    assert_eq!(
        read(WindowKind::Lifetime, None).unwrap(),
        QuotaWindow::Lifetime
    );
    assert_eq!(
        read(WindowKind::Hour, None).unwrap(),
        calendar(CalendarUnit::Hour, "Asia/Kathmandu")
    );
    for seconds in [60, 400 * 86_400] {
        let window = read(WindowKind::Rolling, Some(seconds)).unwrap();
        let seconds = seconds.try_into().unwrap();
        assert_eq!(window, QuotaWindow::Rolling { seconds });
    }
}

#[test]
fn what_is_no_window_is_refused_in_words() {
    let cases = [
        (WindowKind::Day, None, "Mars/Olympus", "time zone"),
        (WindowKind::Day, Some(3600), "UTC", "leave it out"),
        (WindowKind::Lifetime, Some(3600), "UTC", "leave it out"),
        (WindowKind::Rolling, None, "UTC", "needs rollingSeconds"),
        (WindowKind::Rolling, Some(59), "UTC", "between 60"),
        (WindowKind::Rolling, Some(-60), "UTC", "between 60"),
        (
            WindowKind::Rolling,
            Some(400 * 86_400 + 1),
            "UTC",
            "400 days",
        ),
    ];
    for (kind, seconds, zone, words) in cases {
        let error = QuotaWindow::read(kind, seconds, zone).unwrap_err();
        assert_eq!(error.code(), "BAD_USER_INPUT");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn a_lifetime_never_starts_again() {
    let now = at("2026-11-22T10:00:00Z");

    assert_eq!(QuotaWindow::Lifetime.bucket(now), 0);
    assert_eq!(QuotaWindow::Lifetime.oldest(now), 0);
    assert_eq!(QuotaWindow::Lifetime.resets_at(now), None);
}

#[test]
fn units_begin_where_the_local_calendar_says() {
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
fn days_begin_at_a_midnight_that_is_there() {
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
        // Midnight comes twice.
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
fn a_repeated_hour_counts_apart_and_an_odd_shift_cuts() {
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
fn every_change_of_clocks_in_eleven_eventful_years_leaves_days_and_hours_whole() {
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
    fn a_time_is_in_its_window_and_the_next_one_joins(window in any_calendar(), now in any_time()) {
        let (start, end) = span(window, now);

        prop_assert!(start <= now && now < end);
        prop_assert_eq!(span(window, end).0, end);
        prop_assert_eq!(window.resets_at(start - chrono::TimeDelta::seconds(1)), Some(start));
        prop_assert_eq!(window.oldest(now), window.bucket(now));
    }

    #[test]
    fn every_time_in_a_window_has_its_bucket(
        window in any_calendar(),
        now in any_time(),
        share in 0_i64..1000,
    ) {
        let (start, end) = span(window, now);
        let other = start + (end - start) * i32::try_from(share).unwrap() / 1000;

        prop_assert_eq!(span(window, other), (start, end));
    }

    #[test]
    fn a_rolling_window_counts_all_that_is_in_it_and_little_more(
        seconds in SHORTEST..=LONGEST,
        now in any_time(),
        age in 0_i64..2 * i64::from(LONGEST),
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
