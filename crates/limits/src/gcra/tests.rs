//! The limiter compared with the `governor` crate, and its invariants.

use std::num::NonZeroU32;

use governor::{Quota, RateLimiter, clock::FakeRelativeClock};
use proptest::prelude::*;

use super::*;

const NOW: Duration = Duration::from_secs(1000);

fn per_minute(per_minute: u64) -> Rate {
    Rate { per_minute }
}

#[test]
fn a_full_bucket_passes_in_a_burst_and_then_refills_steadily() {
    let rate = per_minute(60);
    let mut bucket = Gcra::default();

    assert!((0..60).all(|_| bucket.take(rate, 1, NOW).is_none()));

    assert_eq!(bucket.take(rate, 1, NOW), Some(Duration::from_secs(1)));
    assert_eq!(bucket.wait(rate, 5, NOW), Some(Duration::from_secs(5)));
    assert_eq!(bucket.resets_in(NOW), Duration::from_mins(1));
    assert_eq!(bucket.take(rate, 5, NOW + Duration::from_secs(5)), None);
}

#[test]
fn checking_takes_nothing() {
    let rate = per_minute(1);
    let mut bucket = Gcra::default();

    for _ in 0..3 {
        assert_eq!(bucket.wait(rate, 1, NOW), None);
    }

    assert_eq!(bucket.take(rate, 1, NOW), None);
}

#[test]
fn more_than_the_capacity_passes_when_full_and_delays_later_callers() {
    let rate = per_minute(60);
    let mut bucket = Gcra::default();
    bucket.charge(rate, 1, NOW);

    assert_eq!(bucket.take(rate, 600, NOW), Some(Duration::from_secs(1)));
    let later = NOW + Duration::from_secs(1);
    assert_eq!(bucket.take(rate, 600, later), None);

    assert_eq!(bucket.remaining(rate, later), 0);
    assert_eq!(bucket.wait(rate, 1, later), Some(Duration::from_secs(541)));
    assert_eq!(bucket.wait(rate, 0, later), Some(Duration::from_mins(9)));
}

#[test]
fn a_charge_may_exceed_the_available_cells() {
    let rate = per_minute(60);
    let mut bucket = Gcra::default();

    bucket.charge(rate, 90, NOW);

    assert_eq!(bucket.remaining(rate, NOW), 0);
    assert_eq!(bucket.wait(rate, 1, NOW), Some(Duration::from_secs(31)));
}

#[test]
fn returned_cells_never_exceed_the_capacity() {
    let rate = per_minute(60);
    let mut bucket = Gcra::default();
    bucket.charge(rate, 10, NOW);

    bucket.give_back(rate, 4);
    assert_eq!(bucket.remaining(rate, NOW), 54);
    bucket.give_back(rate, 1000);
    assert_eq!(bucket.remaining(rate, NOW), 60);

    assert_eq!(bucket.take(rate, 60, NOW), None);
    assert_eq!(bucket.remaining(rate, NOW), 0);
}

#[test]
fn nothing_overflows() {
    for rate in [0, 1, 1_000_000_000_000, u64::MAX].map(per_minute) {
        let mut bucket = Gcra::default();
        for _ in 0..3 {
            bucket.charge(rate, u64::MAX, Duration::MAX);
            bucket.take(rate, u64::MAX, Duration::MAX);
        }
        bucket.remaining(rate, Duration::ZERO);
        bucket.wait(rate, u64::MAX, Duration::ZERO);
        bucket.resets_in(Duration::ZERO);
        bucket.give_back(rate, u64::MAX);
    }
}

fn any_rate() -> impl Strategy<Value = Rate> {
    prop_oneof![1_u64..100, 1_u64..1_000_000, 1_u64..=1_000_000_000_000].prop_map(per_minute)
}

/// Rates whose cells take whole nanoseconds: `governor` rounds others.
fn whole_rate() -> impl Strategy<Value = u32> {
    let rates = [
        1, 2, 3, 5, 8, 12, 60, 100, 600, 1000, 6000, 60_000, 1_000_000,
    ];
    prop::sample::select(rates.to_vec())
}

proptest! {
    #[test]
    fn agrees_with_governor(
        rate in whole_rate(),
        // In quarters of a cell's time, so that many arrivals are exactly on time.
        pauses in prop::collection::vec(prop_oneof![3 => Just(0_u32), 2 => 0_u32..9, 1 => any::<u32>()], 1..300),
    ) {
        let clock = FakeRelativeClock::default();
        let burst = NonZeroU32::new(rate).unwrap();
        let governor = RateLimiter::direct_with_clock(Quota::per_minute(burst), clock.clone());
        let ours = per_minute(rate.into());
        let mut bucket = Gcra::default();
        let mut now = Duration::ZERO;
        for pause in pauses {
            let pause = Duration::from_mins(1) / rate / 4 * (pause % (8 * rate + 9));
            clock.advance(pause);
            now += pause;
            let same = governor.check().is_ok() == bucket.take(ours, 1, now).is_none();
            prop_assert!(same, "at {now:?}");
        }
    }

    #[test]
    fn the_remaining_cells_can_be_taken_and_no_more(rate in any_rate(), used in any::<u64>(), nanos in 0_u64..60_000_000_000) {
        let mut bucket = Gcra::default();
        bucket.charge(rate, used % (2 * rate.per_minute), NOW);
        let now = NOW + Duration::from_nanos(nanos);

        let remaining = bucket.remaining(rate, now);

        prop_assert!(remaining == 0 || bucket.wait(rate, remaining, now).is_none());
        let more = bucket.wait(rate, remaining + 1, now).is_some();
        prop_assert_eq!(more, remaining < rate.per_minute);
    }

    #[test]
    fn waiting_as_long_as_returned_suffices(rate in any_rate(), used in any::<u64>(), cells in any::<u64>()) {
        let mut bucket = Gcra::default();
        bucket.charge(rate, used % (3 * rate.per_minute), NOW);
        let cells = cells % (2 * rate.per_minute);

        let wait = bucket.wait(rate, cells, NOW);

        prop_assert_eq!(bucket.take(rate, cells, NOW + wait.unwrap_or_default()), None);
        if let Some(almost) = wait.and_then(|wait| wait.checked_sub(Duration::from_nanos(1))) {
            let mut bucket = Gcra::default();
            bucket.charge(rate, used % (3 * rate.per_minute), NOW);
            prop_assert!(bucket.wait(rate, cells, NOW + almost).is_some());
        }
    }

    #[test]
    fn all_taken_cells_can_be_returned(rate in any_rate(), taken in prop::collection::vec(any::<u64>(), 1..20)) {
        let mut bucket = Gcra::default();
        let taken = taken.into_iter().map(|cells| cells % rate.per_minute);
        for cells in taken.clone() {
            bucket.charge(rate, cells, NOW);
        }

        taken.for_each(|cells| bucket.give_back(rate, cells));

        prop_assert_eq!(bucket.remaining(rate, NOW), rate.per_minute);
        prop_assert_eq!(bucket.resets_in(NOW), Duration::ZERO);
    }
}
