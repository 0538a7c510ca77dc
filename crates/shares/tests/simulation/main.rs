//! Weeks of a team on subscriptions with windows, against the real rule: what is used, who is refused, how fair it is.
//!
//! Demand, provider and readings are those of the simulation by which the rule was chosen.

mod demand;
mod estimator;
mod outcome;
mod provider;
mod random;
mod run;

use crate::{
    demand::{Kind, team},
    outcome::Outcome,
    run::{Run, Scenario},
};

/// A team of eight on one subscription; they want three times as much as it has.
fn contended() -> Scenario {
    Scenario {
        team: team(),
        weights: vec![1.0; 8],
        boosts: vec![1.0; 8],
        sizes: vec![1.0],
        scale: 1.0,
        outside: 0.0,
        reading_interval: 1.0,
        days: 21,
        enforces: true,
        is_biased: true,
    }
}

fn play(scenario: &Scenario, seeds: u64) -> Vec<Outcome> {
    let runs = (0..seeds).map(|seed| Run::new(scenario.clone(), seed).play());
    runs.collect()
}

fn mean(outcomes: &[Outcome], value: impl Fn(&Outcome) -> f64) -> f64 {
    let sum: f64 = outcomes.iter().map(value).sum();
    sum / f64::from(u32::try_from(outcomes.len()).unwrap_or(1))
}

#[expect(
    clippy::print_stderr,
    reason = "for those who run the tests with --nocapture"
)]
fn print(figures: &str) {
    eprintln!("{figures}");
}

/// Prints the outcome of a scenario, and returns the means: week, Jain, refused requests of quiet users.
fn summary(name: &str, outcomes: &[Outcome]) -> (f64, f64, f64) {
    let week = mean(outcomes, |outcome| outcome.week_percent);
    let jain = mean(outcomes, |outcome| outcome.jain);
    let quiet = mean(outcomes, Outcome::quiet_refused);
    let regular = mean(outcomes, |outcome| {
        outcome.refused_percent(&[Kind::Regular])
    });
    let heavy = [Kind::Heavy, Kind::Bursty, Kind::Night];
    let heavy = mean(outcomes, |outcome| outcome.refused_percent(&heavy));
    let worst = mean(outcomes, |outcome| outcome.worst);
    let provider = mean(outcomes, |outcome| f64::from(outcome.provider_refusals));
    print(&format!(
        "{name}: week {week:.1} %, Jain {jain:.3}, worst {worst:.2}, refused: quiet {quiet:.2} %, \
         regular {regular:.2} %, heavy {heavy:.1} %, provider {provider:.1}"
    ));
    (week, jain, quiet)
}

#[test]
fn a_contended_team_uses_its_week_and_quiet_users_are_not_refused() {
    let outcomes = play(&contended(), 4);
    let (week, jain, quiet) = summary("D1", &outcomes);
    assert!(week >= 95.0 && jain >= 0.96 && quiet <= 0.5);
    assert!(mean(&outcomes, |outcome| f64::from(outcome.provider_refusals)) <= 20.0);
}

#[test]
fn without_the_rule_heavy_users_take_everything() {
    let scenario = Scenario {
        enforces: false,
        ..contended()
    };
    let outcomes = play(&scenario, 1);
    let (_, jain, quiet) = summary("D1 without the rule", &outcomes);
    assert!(jain < 0.8 && quiet > 20.0);
}

#[test]
fn a_team_that_wants_a_little_more_than_the_week_uses_it() {
    let scenario = Scenario {
        scale: 0.4,
        ..contended()
    };
    let (week, jain, quiet) = summary("D2", &play(&scenario, 2));
    assert!(week >= 95.0 && jain >= 0.96 && quiet <= 0.5);
}

#[test]
fn nothing_is_refused_while_there_is_enough() {
    let scenario = Scenario {
        scale: 0.12,
        ..contended()
    };
    let outcomes = play(&scenario, 3);
    summary("D3", &outcomes);
    let users = outcomes.iter().flat_map(|outcome| &outcome.users);
    assert_eq!(users.map(|user| user.refused).sum::<u32>(), 0);
}

#[test]
fn use_of_the_account_elsewhere_reduces_all_shares() {
    let scenario = Scenario {
        outside: 0.25,
        ..contended()
    };
    let (week, jain, quiet) = summary("D4", &play(&scenario, 4));
    assert!(week >= 95.0 && jain >= 0.95 && quiet <= 1.0);
}

#[test]
fn readings_each_quarter_of_an_hour_are_enough() {
    let scenario = Scenario {
        reading_interval: 15.0,
        ..contended()
    };
    let (week, jain, quiet) = summary("D5", &play(&scenario, 3));
    assert!(week >= 95.0 && jain >= 0.95 && quiet <= 0.5);
}

#[test]
fn a_pool_of_three_accounts_is_shared_as_one() {
    let scenario = Scenario {
        sizes: vec![1.0, 1.0, 4.0],
        scale: 4.5,
        reading_interval: 0.0,
        is_biased: false,
        ..contended()
    };
    let (week, jain, quiet) = summary("G", &play(&scenario, 2));
    assert!(week >= 95.0 && jain >= 0.95 && quiet <= 0.5);
}

#[test]
fn a_weight_of_three_gets_more() {
    let mut scenario = contended();
    scenario.weights[0] = 3.0;
    let outcomes = play(&scenario, 2);
    summary("weights 3 : 1", &outcomes);
    let served = |user: usize| mean(&outcomes, |outcome| outcome.users[user].served);
    let ratio = served(0) / served(1);
    print(&format!(
        "weights 3 : 1 served {:.0} : {:.0} pp",
        served(0),
        served(1)
    ));
    assert!(ratio > 1.6 && ratio < 3.2, "{ratio}");
}

#[test]
fn asking_for_more_takes_nothing_from_small_users() {
    let mut scenario = contended();
    scenario.boosts[3] = 4.0;
    let outcomes = play(&scenario, 2);
    summary("one user asks for four times as much", &outcomes);
    for user in [4, 5, 6] {
        let served = mean(&outcomes, |outcome| outcome.users[user].served);
        let wanted = mean(&outcomes, |outcome| outcome.users[user].wanted);
        assert!(served / wanted > 0.95, "user {user}: {served} of {wanted}");
    }
    let greedy = mean(&outcomes, |outcome| outcome.users[3].served);
    let equal = provider::WEEK_PP * 2.0 / 8.0;
    assert!(greedy < 1.6 * equal, "{greedy}");
}

#[test]
fn dormant_users_keep_nothing_and_one_who_returns_is_admitted() {
    let mut scenario = contended();
    scenario.team.push(Kind::Returning);
    scenario.team.extend([Kind::Dormant; 15]);
    scenario.weights = vec![1.0; 24];
    scenario.boosts = vec![1.0; 24];
    let outcomes = play(&scenario, 2);
    let (week, _, quiet) = summary("15 dormant users", &outcomes);
    let returning = mean(&outcomes, |outcome| {
        outcome.refused_percent(&[Kind::Returning])
    });
    assert!(week >= 95.0 && quiet <= 0.5 && returning <= 0.5);
}
