//! Tests of levels, cycles and the parts of users.

use proptest::prelude::*;

use super::*;
use crate::estimator::MAX_DOUBT;

const LENGTH: TimeDelta = TimeDelta::hours(5);

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(10_000) + TimeDelta::minutes(minute)
}

fn fresh(fresh: f64) -> Units {
    Units { fresh, cache: 0.0 }
}

fn user(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// An account with one window.
#[derive(Default)]
struct Account {
    meter: WindowMeter,
    series: UsageSeries,
}

impl Account {
    fn charge(&mut self, minute: i64, user_id: Uuid, units: Units) {
        self.series.add(at(minute), at(minute), units);
        self.meter.charge(user_id, at(minute), units);
    }

    fn read(&mut self, minute: i64, percent: f64, reset: Option<i64>) -> Option<ClosedCycle> {
        let reading = ReportedLevel {
            at: at(minute),
            percent,
            resets_at: reset.map(at),
            length: Some(LENGTH),
        };
        self.meter.read(reading, &self.series)
    }

    /// Two hours in which a unit uses 2 %, and `outside` percent per minute are used elsewhere.
    fn learn(&mut self, start: i64, outside: f64) {
        let mut used = 0.0;
        for minute in 0..120_i64 {
            // Work and pauses: otherwise use elsewhere could not be recognised.
            if minute % 20 < 10 {
                self.charge(start + minute, user(1), fresh(0.2));
                self.charge(start + minute, user(2), fresh(0.1));
            }
            self.read(start + minute, f64::floor(used), Some(start + 300));
            used += outside + if minute % 20 < 10 { 0.6 } else { 0.0 };
        }
    }
}

fn near(one: f64, other: f64, tolerance: f64) -> bool {
    (one - other).abs() <= tolerance
}

#[test]
fn parts_of_users_and_use_elsewhere_add_up_to_the_level() {
    let mut account = Account::default();
    for start in [-600, -300, 0] {
        account.learn(start, 0.0);
    }
    account.learn(300, 0.2);

    let users = account.meter.users();
    let outside = account.meter.outside_percent().unwrap();
    let percents: Vec<f64> = users.iter().filter_map(|user| user.percent).collect();

    assert_eq!(users[0].user_id, user(1));
    // A part of a steady use elsewhere looks like a smaller window at first.
    assert!(near(percents[0], 24.0, 5.0), "{percents:?}");
    assert!(near(percents[1], 12.0, 2.5), "{percents:?}");
    assert!(near(outside, 24.0, 6.0), "{outside}");
    let sum = percents.iter().sum::<f64>() + outside;
    assert!(near(sum, account.meter.level(), 1e-6), "{sum}");
}

#[test]
fn the_level_rises_with_each_request_and_follows_the_readings() {
    let mut account = Account::default();
    account.learn(0, 0.0);
    let before = account.meter.level();

    account.charge(121, user(1), fresh(2.0));
    assert!(near(account.meter.level(), before + 4.0, 0.4));
    assert!(near(account.meter.predicted_since_reading(), 4.0, 0.4));

    // The reading was made before the request ended.
    let level = account.meter.level();
    account.read(121, 36.0, Some(300));
    assert!(near(account.meter.level(), level, 0.8));
    account.read(140, 55.0, Some(300));
    assert!(near(account.meter.level(), 55.0, 0.5));
}

#[test]
fn a_later_reset_closes_the_cycle() {
    let mut account = Account::default();
    account.learn(0, 0.0);
    // Ends after the reset; the reading of the new cycle comes later.
    account.charge(310, user(3), fresh(1.0));

    let closed = account.read(311, 2.0, Some(605)).unwrap();

    assert_eq!((closed.started_at, closed.ended_at), (at(0), at(300)));
    assert!(near(closed.percent, 36.0, 1.0), "{closed:?}");
    assert!(near(closed.units.total(), 18.0, 1e-6));
    assert!(near(closed.units_per_percent.unwrap(), 0.5, 0.03));
    assert_eq!(closed.users.len(), 2);
    let users = account.meter.users();
    assert_eq!(users.len(), 1);
    assert_eq!(users[0].user_id, user(3));
}

#[test]
fn a_cycle_ends_without_a_reading() {
    let mut account = Account::default();
    account.learn(0, 0.0);

    assert_eq!(account.meter.close_if_over(at(299)), None);
    assert!(account.meter.close_if_over(at(300)).is_some());
    assert_eq!(account.meter.close_if_over(at(301)), None);
    assert!(near(account.meter.level(), 0.0, 0.0));
    assert_eq!(account.meter.cycle(), None);
}

#[test]
fn a_reset_in_the_past_is_a_window_that_has_not_started() {
    let mut account = Account::default();
    account.learn(0, 0.0);

    assert!(account.read(400, 40.0, Some(300)).is_some());
    assert_eq!(account.meter.cycle(), None);
    account.read(401, 0.0, None);
    assert_eq!(account.meter.cycle(), None);
}

#[test]
fn a_window_without_a_length_is_only_shown() {
    let mut account = Account::default();
    let reading = ReportedLevel {
        at: at(0),
        percent: 30.0,
        resets_at: Some(at(300)),
        length: None,
    };
    assert_eq!(account.meter.read(reading, &account.series), None);

    assert!(near(account.meter.level(), 30.0, 0.0));
    assert_eq!(account.meter.cycle(), None);
}

#[test]
fn a_correction_moves_a_request_to_another_account() {
    let mut account = Account::default();
    account.learn(0, 0.0);
    let level = account.meter.level();

    account.charge(125, user(9), fresh(3.0));
    account.charge(125, user(9), fresh(-3.0));

    assert!(near(account.meter.level(), level, 1e-6));
    assert!(
        account
            .meter
            .users()
            .iter()
            .all(|one| one.user_id != user(9))
    );
}

#[test]
fn what_was_learned_continues_after_a_restart() {
    let mut account = Account::default();
    account.learn(0, 0.0);
    let text = serde_json::to_string(account.meter.estimator()).unwrap();
    let estimator: Estimator = serde_json::from_str(&text).unwrap();
    let mut after = Account {
        meter: WindowMeter::with_estimator(estimator),
        ..Account::default()
    };

    after.read(150, 36.0, Some(300));
    after.meter.restore(user(1), fresh(12.0));
    after.meter.restore(user(2), fresh(6.0));

    let per_percent = after.meter.units_per_percent().unwrap();
    assert!(near(per_percent, 0.5, 0.03), "{per_percent}");
    assert_eq!(after.meter.users().len(), 2);
    assert!(near(after.meter.outside_percent().unwrap(), 0.0, 2.0));
}

#[test]
fn another_plan_is_learned_again() {
    let mut account = Account::default();
    account.learn(0, 0.0);
    assert!(account.meter.units_per_percent().is_some());

    account.meter.learn_again();

    assert_eq!(account.meter.units_per_percent(), None);
    assert_eq!(account.meter.users()[0].percent, None);
    assert_eq!(account.meter.outside_percent(), None);
}

#[test]
fn users_of_a_cycle_are_bounded() {
    let mut account = Account::default();
    account.read(0, 1.0, Some(300));
    for number in 0..MAX_USERS + 50 {
        account.charge(1, user(u128::try_from(number).unwrap() + 1), fresh(1.0));
    }
    let users = account.meter.users();

    assert_eq!(users.len(), MAX_USERS + 1);
    assert_eq!(users[0].user_id, Uuid::nil());
    assert!(near(users[0].units.total(), 50.0, 1e-6));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Charge(i64, u8, f64, f64),
    Read(i64, f64, Option<i64>),
    Close(i64),
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -5.0..120.0_f64,
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(-1e300),
        1 => Just(1e300),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let time = -2_000_i64..4_000;
    prop_oneof![
        (time.clone(), any::<u8>(), number(), number())
            .prop_map(|(at, user, fresh, cache)| Step::Charge(at, user, fresh, cache)),
        (time.clone(), number(), proptest::option::of(time.clone()))
            .prop_map(|(at, percent, reset)| Step::Read(at, percent, reset)),
        time.prop_map(Step::Close),
    ]
}

proptest! {
    #[test]
    fn hostile_readings_and_jumps_of_the_clock_stay_within_bounds(
        steps in proptest::collection::vec(step(), 1..300)
    ) {
        let mut account = Account::default();
        for step in steps {
            match step {
                Step::Charge(minute, number, fresh, cache) => {
                    account.charge(minute, user(number.into()), Units { fresh, cache });
                }
                Step::Read(minute, percent, reset) => {
                    account.read(minute, percent, reset);
                }
                Step::Close(minute) => {
                    account.meter.close_if_over(at(minute));
                }
            }
            let meter = &account.meter;
            prop_assert!((0.0..=100.0).contains(&meter.level()), "{}", meter.level());
            let outside = meter.outside_percent().unwrap_or_default();
            prop_assert!((0.0..=100.0).contains(&outside));
            prop_assert!(meter.units_per_percent().is_none_or(|units| units > 0.0 && units.is_finite()));
            prop_assert!(meter.estimator().doubt().is_none_or(|doubt| doubt >= 0.0));
            prop_assert!(!meter.estimator().is_sure() || meter.estimator().doubt().unwrap() <= MAX_DOUBT);
            for user in meter.users() {
                prop_assert!(user.units.fresh >= 0.0 && user.units.cache >= 0.0);
                prop_assert!((0.0..=100.0).contains(&user.percent.unwrap_or_default()));
            }
        }
    }
}
