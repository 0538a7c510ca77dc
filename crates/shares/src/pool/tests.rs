//! The rule, request by request.

use super::*;
use crate::report::MemberState;

const NOW: i64 = 1_700_000_000;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

fn user(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn account(number: u128) -> Uuid {
    Uuid::from_u128(1000 + number)
}

fn weights(weights: &[f64]) -> Vec<MemberWeight> {
    let members = weights.iter().zip(1..);
    let members = members.map(|(weight, number)| MemberWeight {
        user: user(number),
        weight: *weight,
        group: None,
        group_weight: 1.0,
        joined_at: NOW - 100 * DAY,
    });
    members.collect()
}

/// A pool of one account whose five hours hold 100 units, and its week 900.
fn pool(of: &[f64]) -> SharePool {
    let mut pool = SharePool::new(ShareRules::default());
    pool.set_accounts([(account(1), [100.0; 2])].into_iter());
    pool.set_members(weights(of).into_iter());
    read(&mut pool, 0.0, NOW);
    pool
}

fn read(pool: &mut SharePool, percent: f64, now: i64) {
    for (class, rate, end) in [
        (WindowClass::FiveHours, 1.0, NOW + 4 * HOUR),
        (WindowClass::Week, 1.0 / 9.0, NOW + 6 * DAY),
    ] {
        let reading = LevelReading {
            percent: percent * rate,
            ends_at: Some(end),
            percent_per_unit: Some(rate),
        };
        pool.read(account(1), class, reading, now);
    }
}

/// Uses units in requests of one unit. Returns how many were admitted.
fn ask(pool: &mut SharePool, by: u128, requests: u32, now: i64) -> u32 {
    let mut admitted = 0;
    for _ in 0..requests {
        if pool.admit(user(by), now).is_admitted() {
            admitted += 1;
            let held = pool.begin(user(by));
            pool.end(held);
            pool.charge(user(by), account(1), 1.0, now);
        }
    }
    admitted
}

fn refusal(decision: ShareDecision) -> ShareRefusal {
    match decision {
        ShareDecision::Refused(refusal) => refusal,
        ShareDecision::Admitted(basis) => panic!("admitted: {basis:?}"),
    }
}

#[test]
fn a_user_below_the_share_is_always_admitted() {
    let mut pool = pool(&[1.0, 1.0]);
    let taken = ask(&mut pool, 1, 1000, NOW);
    assert!((50..=60).contains(&taken), "{taken}");
    let decision = pool.admit(user(2), NOW);
    assert_eq!(decision, ShareDecision::Admitted(AdmissionBasis::Share));
    assert!(ask(&mut pool, 2, 1000, NOW) >= 40);
}

#[test]
fn what_is_not_likely_to_be_needed_is_lent_and_everything_before_the_reset() {
    let mut pool = pool(&[1.0, 1.0]);
    let early = ask(&mut pool, 1, 1000, NOW);
    let late = ask(&mut pool, 1, 1000, NOW + 3 * HOUR + 3000);
    assert!(early < 60 && late > 25, "{early} then {late}");
}

#[test]
fn a_weight_of_three_gets_three_times_as_much() {
    let mut pool = pool(&[3.0, 1.0]);
    pool.recompute(NOW);
    let reports = pool.report(NOW).members;
    let share = |number| {
        let mut reports = reports.iter();
        reports
            .find(|report| report.user == user(number))
            .unwrap()
            .share_percent
    };
    assert!((share(1) - 75.0).abs() < 1e-9 && (share(2) - 25.0).abs() < 1e-9);
}

#[test]
fn users_share_the_part_of_their_group() {
    let mut pool = pool(&[]);
    let mut members = weights(&[1.0, 1.0, 1.0]);
    for member in members.iter_mut().take(2) {
        member.group = Some(Uuid::from_u128(9));
    }
    pool.set_members(members.into_iter());
    let shares = pool.report(NOW).members;
    let of = |number| shares.iter().find(|report| report.user == user(number));
    let share = |number| of(number).unwrap().share_percent;
    assert!((share(1) - 25.0).abs() < 1e-9 && (share(3) - 50.0).abs() < 1e-9);
}

#[test]
fn a_weight_of_zero_guarantees_nothing_and_borrows() {
    let mut pool = SharePool::new(ShareRules::default());
    pool.set_accounts([(account(1), [100.0; 2])].into_iter());
    pool.set_members(weights(&[0.0, 1.0]).into_iter());
    let reading = LevelReading {
        percent: 0.0,
        ends_at: Some(NOW + 4 * HOUR),
        percent_per_unit: Some(1.0),
    };
    pool.read(account(1), WindowClass::FiveHours, reading, NOW);
    assert!(!pool.admit(user(1), NOW).is_admitted());
    let lent = ShareDecision::Admitted(AdmissionBasis::Lent);
    assert_eq!(pool.admit(user(1), NOW + 2 * HOUR), lent);
    assert_eq!(ask(&mut pool, 2, 90, NOW + 2 * HOUR), 90);
}

#[test]
fn without_any_weight_all_are_equal() {
    let mut pool = pool(&[0.0, 0.0]);
    let shares = pool.report(NOW).members;
    assert!(
        shares
            .iter()
            .all(|report| (report.share_percent - 50.0).abs() < 1e-9)
    );
    assert_eq!(
        pool.admit(user(1), NOW),
        ShareDecision::Admitted(AdmissionBasis::Share)
    );
}

#[test]
fn negative_weights_and_no_weights_that_are_numbers_do_no_harm() {
    let mut pool = pool(&[-1.0, 1.0]);
    let report = pool.report(NOW);
    assert!(
        report
            .members
            .iter()
            .all(|member| member.share_percent >= 0.0)
    );
}

#[test]
fn requests_in_flight_count() {
    let mut pool = pool(&[1.0, 1.0]);
    assert_eq!(ask(&mut pool, 1, 40, NOW), 40);
    let held: Vec<RunningShare> = (0..10).map(|_| pool.begin(user(1))).collect();
    let busy = pool.admit(user(1), NOW);
    assert_ne!(busy, ShareDecision::Admitted(AdmissionBasis::Share));
    for held in held {
        pool.end(held);
    }
    assert_eq!(
        pool.admit(user(1), NOW),
        ShareDecision::Admitted(AdmissionBasis::Share)
    );
}

#[test]
fn a_refusal_has_its_reason_and_the_time_to_try_again() {
    let mut pool = pool(&[1.0, 1.0]);
    ask(&mut pool, 1, 1000, NOW);
    let refusal = refusal(pool.admit(user(1), NOW));
    assert_eq!(refusal.class, WindowClass::FiveHours);
    assert_eq!(refusal.reason, RefusalReason::Kept);
    assert!((refusal.share_percent - 50.0).abs() < 1e-9);
    assert!(refusal.used_percent >= 50.0 && refusal.kept_percent > 30.0);
    assert!((1..=4 * HOUR).contains(&refusal.retry_after));
}

#[test]
fn a_refused_user_is_admitted_again_when_a_little_more_is_free() {
    let mut pool = pool(&[1.0, 1.0]);
    ask(&mut pool, 1, 1000, NOW);
    let wait = refusal(pool.admit(user(1), NOW)).retry_after;
    assert!(pool.admit(user(1), NOW + wait + 300).is_admitted());
}

#[test]
fn an_override_admits_above_the_share_until_its_end() {
    let mut pool = pool(&[1.0, 1.0]);
    ask(&mut pool, 1, 1000, NOW);
    pool.set_overrides([(user(1), NOW + 60)].into_iter());
    assert_eq!(
        pool.admit(user(1), NOW),
        ShareDecision::Admitted(AdmissionBasis::Override)
    );
    assert!(!pool.admit(user(1), NOW + 60).is_admitted());
}

#[test]
fn users_share_a_window_up_to_the_stop_line() {
    let mut pool = pool(&[1.0, 1.0]);
    pool.set_accounts([(account(1), [60.0, 100.0])].into_iter());
    assert_eq!(pool.account_room(account(1), NOW), Some(60.0));
    let of_one = ask(&mut pool, 1, 1000, NOW);
    let of_other = ask(&mut pool, 2, 1000, NOW);
    assert!((28..=60).contains(&of_one), "{of_one}");
    assert!(
        (58..=60).contains(&(of_one + of_other)),
        "{of_one} and {of_other}"
    );
}

#[test]
fn without_readings_all_are_admitted() {
    let mut pool = SharePool::new(ShareRules::default());
    pool.set_accounts([(account(1), [100.0; 2])].into_iter());
    pool.set_members(weights(&[1.0, 1.0]).into_iter());
    ask(&mut pool, 1, 1000, NOW);
    assert_eq!(
        pool.admit(user(1), NOW),
        ShareDecision::Admitted(AdmissionBasis::Unknown)
    );
    assert!(pool.report(NOW).windows.is_empty());
}

#[test]
fn missing_readings_admit_all_again() {
    let mut pool = pool(&[1.0, 1.0]);
    ask(&mut pool, 1, 1000, NOW);
    assert!(!pool.admit(user(1), NOW + 60).is_admitted());
    let later = NOW + 2 * HOUR + 60;
    assert_eq!(
        pool.admit(user(1), later),
        ShareDecision::Admitted(AdmissionBasis::Unknown)
    );
}

#[test]
fn what_one_percent_buys_is_derived_from_the_use_while_it_is_not_known() {
    let mut pool = pool(&[1.0, 1.0]);
    ask(&mut pool, 1, 30, NOW);
    ask(&mut pool, 2, 10, NOW);
    let reading = LevelReading {
        percent: 80.0,
        ends_at: Some(NOW + 4 * HOUR),
        percent_per_unit: None,
    };
    pool.read(account(1), WindowClass::FiveHours, reading, NOW + 120);
    let decision = pool.admit(user(1), NOW + 120);
    let refusal = refusal(decision);
    assert!((refusal.used_percent - 60.0).abs() < 1.0, "{refusal:?}");
    assert_eq!(
        pool.admit(user(2), NOW + 120),
        ShareDecision::Admitted(AdmissionBasis::Share)
    );
}

#[test]
fn a_reset_frees_everything() {
    let mut pool = pool(&[1.0, 1.0]);
    ask(&mut pool, 1, 1000, NOW);
    read(&mut pool, 55.0, NOW + 3 * HOUR);
    assert_eq!(
        pool.admit(user(1), NOW + 4 * HOUR),
        ShareDecision::Admitted(AdmissionBasis::Share)
    );
}

#[test]
fn use_elsewhere_reduces_all_shares() {
    let mut pool = pool(&[1.0, 1.0]);
    read(&mut pool, 60.0, NOW);
    assert!(ask(&mut pool, 1, 1000, NOW) < 30);
    assert!(ask(&mut pool, 2, 15, NOW) == 15);
}

#[test]
fn a_clock_that_jumps_refuses_no_user_below_the_share() {
    let mut pool = pool(&[1.0, 1.0]);
    ask(&mut pool, 1, 1000, NOW);
    for now in [NOW - 400 * DAY, NOW + 400 * DAY, NOW - DAY, i64::MAX / 4, 0] {
        assert!(pool.admit(user(2), now).is_admitted(), "{now}");
    }
}

#[test]
fn a_removed_user_has_no_share_and_the_use_still_counts() {
    let mut pool = pool(&[1.0, 1.0, 1.0]);
    ask(&mut pool, 3, 30, NOW);
    pool.set_members(weights(&[1.0, 1.0]).into_iter());
    let report = pool.report(NOW);
    assert_eq!(report.members.len(), 2);
    let used = report.windows.first().unwrap().used_percent;
    assert!((used - 30.0).abs() < 1.0, "{used}");
    assert!(
        report
            .members
            .iter()
            .all(|member| member.share_percent > 49.0)
    );
}

#[test]
fn a_dormant_user_counts_again_from_the_next_request_on() {
    let mut pool = pool(&[1.0, 1.0]);
    for day in (1..30).rev() {
        pool.load_use(user(1), NOW - day * DAY, 10.0, 10);
    }
    let state = |pool: &mut SharePool| {
        let members = pool.report(NOW).members;
        let member = members.into_iter().find(|member| member.user == user(2));
        member.unwrap().state
    };
    assert_eq!(state(&mut pool), MemberState::Dormant);
    assert_eq!(
        pool.admit(user(2), NOW),
        ShareDecision::Admitted(AdmissionBasis::Share)
    );
    assert_eq!(state(&mut pool), MemberState::BelowShare);
}

#[test]
fn use_of_an_account_of_another_pool_counts_nowhere() {
    let mut pool = pool(&[1.0]);
    pool.charge(user(1), account(7), 50.0, NOW);
    let report = pool.report(NOW);
    assert!(
        report
            .windows
            .iter()
            .all(|window| window.used_percent < 1e-9)
    );
}

#[test]
fn two_hundred_requests_in_flight_exceed_no_guarantee() {
    let mut pool = pool(&[1.0, 1.0, 1.0, 1.0]);
    for by in 1..=4 {
        ask(&mut pool, by, 1, NOW);
    }
    let mut running = Vec::new();
    for _ in 0..200 {
        if pool.admit(user(1), NOW).is_admitted() {
            running.push(pool.begin(user(1)));
        }
    }
    assert!(running.len() < 60, "{}", running.len());
    for by in 2..=4 {
        for number in 0..20 {
            let decision = pool.admit(user(by), NOW);
            assert_eq!(
                decision,
                ShareDecision::Admitted(AdmissionBasis::Share),
                "{by} {number}"
            );
            running.push(pool.begin(user(by)));
        }
    }
}

#[test]
fn use_by_others_through_the_same_account_reduces_all_shares() {
    let mut pool = pool(&[1.0, 1.0]);
    pool.charge(user(9), account(1), 50.0, NOW);
    let report = pool.report(NOW);
    assert_eq!(report.members.len(), 2);
    assert!(ask(&mut pool, 1, 1000, NOW) < 40);
    assert_eq!(ask(&mut pool, 2, 20, NOW), 20);
}

#[test]
fn a_correction_gives_back_what_was_not_used() {
    let mut pool = pool(&[1.0, 1.0]);
    ask(&mut pool, 1, 40, NOW);
    assert!(pool.correct(user(1), account(1), -30.0, NOW));
    let used = pool.report(NOW).windows.first().unwrap().used_percent;
    assert!((used - 10.0).abs() < 0.5, "{used}");
    assert!(!pool.correct(user(1), account(2), 1.0, NOW));
}
