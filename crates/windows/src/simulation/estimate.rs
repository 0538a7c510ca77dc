//! The error of the percentage that is predicted for the next busy hour.

use super::{DAY, at, minute, quantile, windows_of};
use crate::{
    estimator::Estimator, forecast::SeededRandom, number::from_len, segment::Reading, units::Units,
};

/// After a change of plan, this much time is not judged.
const LEARNING: usize = 1440;
const DAYS: usize = 6;
const SEEDS: u64 = 12;
/// Percent that one unit uses.
const RATE: f64 = 1.0 / 0.66;

#[derive(Clone, Copy, PartialEq)]
enum Outside {
    None,
    /// About a fifth of all use.
    Bursts,
    /// About two fifths of all use, all working day.
    Constant,
}

#[derive(Clone, Copy)]
struct Case {
    outside: Outside,
    /// The share of cache reads that the provider counts.
    cache_weight: f64,
    /// From the middle on, each unit uses this much of what it used.
    plan_change: Option<f64>,
    /// Minutes between readings; 1 for one with each request.
    every: usize,
}

const CLEAN: Case = Case {
    outside: Outside::None,
    cache_weight: 1.0,
    plan_change: None,
    every: 1,
};

struct Stream {
    units: Vec<Units>,
    /// Percent by our requests.
    ours: Vec<f64>,
    all: Vec<f64>,
}

impl Stream {
    fn new(case: Case, random: &mut SeededRandom) -> Self {
        let length = DAYS * DAY;
        let mut units = vec![Units::default(); length];
        for day in 0..DAYS {
            for _ in 0..4 {
                let cache = random.uniform(0.25, 0.65);
                for _ in 0..random.whole(2, 5) {
                    add_session(&mut units, day, cache, random);
                }
            }
        }
        let outside = outside(case.outside, length, random);
        let ours: Vec<f64> = units
            .iter()
            .enumerate()
            .map(|(minute, units)| {
                let change = case.plan_change.filter(|_| minute >= length / 2);
                let rate = RATE * change.unwrap_or(1.0);
                rate * (units.fresh + case.cache_weight * units.cache)
            })
            .collect();
        let all = ours.iter().zip(&outside).map(|(one, other)| one + other);
        Self {
            all: all.collect(),
            units,
            ours,
        }
    }
}

/// A session of an agent of 20 to 120 minutes.
fn add_session(units: &mut [Units], day: usize, cache: f64, random: &mut SeededRandom) {
    let start = day * DAY + minute(random.uniform(8.5, 20.0) * 60.0);
    let end = units.len().min(start + minute(random.uniform(20.0, 120.0)));
    let rate = random.log_normal(0.10, 0.5);
    for unit in units.iter_mut().take(end).skip(start) {
        let amount = rate * random.gamma();
        unit.fresh += amount * (1.0 - cache);
        unit.cache += amount * cache;
    }
}

fn outside(kind: Outside, length: usize, random: &mut SeededRandom) -> Vec<f64> {
    let mut percent = vec![0.0; length];
    for day in 0..DAYS {
        let mut add = |from: usize, to: usize, rate: f64| {
            for one in percent.iter_mut().take(to).skip(from) {
                *one += rate;
            }
        };
        match kind {
            Outside::None => {}
            Outside::Bursts => {
                for _ in 0..random.whole(1, 4) {
                    let from = day * DAY + minute(random.uniform(9.0, 19.0) * 60.0);
                    let to = from + minute(random.uniform(15.0, 60.0));
                    add(from, to, random.uniform(0.1, 0.5));
                }
            }
            Outside::Constant => add(day * DAY + 540, day * DAY + 1140, 0.15),
        }
    }
    percent
}

/// Sums up to each minute, without it.
fn cumulated<T: Copy + Default>(values: &[T], plus: impl Fn(T, T) -> T) -> Vec<T> {
    let mut sums = vec![T::default()];
    for value in values {
        sums.push(plus(sums[sums.len() - 1], *value));
    }
    sums
}

/// The errors in percent, and the part of the time in which nothing was said.
fn errors(case: Case) -> (Vec<f64>, f64) {
    let (mut errors, mut asked) = (Vec::new(), 0);
    for seed in 0..SEEDS {
        let stream = Stream::new(case, &mut SeededRandom::seeded(seed));
        let (level, cycle) = windows_of(&stream.all);
        let units = cumulated(&stream.units, Units::plus);
        let ours = cumulated(&stream.ours, |one, other| one + other);
        let mut estimator = Estimator::default();
        let mut last = None;
        for now in 1..stream.ours.len() - 61 {
            let is_due = case.every > 1 || !stream.units[now].is_zero();
            let is_time = last.is_none_or(|last| now - last >= case.every);
            if is_due && is_time && cycle[now] == cycle[now - 1] {
                last = Some(now);
                let percent = (level[now - 1].min(100.0) + 0.5).floor();
                if level[now - 1] < 100.0 {
                    estimator.read(Reading {
                        at: at(now),
                        percent,
                        cycle: u64::try_from(cycle[now]).unwrap(),
                        units: units[now],
                    });
                }
            }
            let is_learning = case.plan_change.is_some() && now <= stream.ours.len() / 2 + LEARNING;
            let truth = ours[now + 61] - ours[now + 1];
            if now <= DAY || now % 30 != 0 || is_learning || truth < 3.0 {
                continue;
            }
            asked += 1;
            let next = units[now + 61].minus(units[now + 1]);
            if let Some(predicted) = estimator.sure_percent(next) {
                errors.push((predicted - truth).abs() / truth * 100.0);
            }
        }
    }
    let said = from_len(errors.len()) / from_len(asked);
    (errors, 1.0 - said)
}

/// Checks the median and the 90th percentile of the errors, in percent.
fn holds(name: &str, case: Case, median: f64, most: f64) {
    let (mut errors, withheld) = errors(case);
    let found = (quantile(&mut errors, 0.5), quantile(&mut errors, 0.9));
    assert!(
        found.0 <= median && found.1 <= most,
        "{name}: {found:.1?} instead of {median}/{most}; withheld {withheld:.2}"
    );
    assert!(withheld < 0.1, "{name}: withheld {withheld:.2}");
}

#[test]
fn a_reading_with_each_answer_gives_a_close_estimate() {
    holds("clean", CLEAN, 3.0, 5.0);
}

#[test]
fn a_reading_each_quarter_of_an_hour_suffices() {
    holds("seldom", Case { every: 15, ..CLEAN }, 3.0, 5.0);
}

#[test]
fn bursts_of_use_elsewhere_do_not_mislead_the_estimate() {
    let case = Case {
        outside: Outside::Bursts,
        ..CLEAN
    };
    holds("bursts", case, 5.0, 12.0);
}

#[test]
fn constant_use_elsewhere_is_recognised() {
    let case = Case {
        outside: Outside::Constant,
        ..CLEAN
    };
    holds("constant", case, 10.0, 18.0);
}

#[test]
fn the_weight_of_cache_reads_is_learned() {
    let case = Case {
        cache_weight: 0.0,
        ..CLEAN
    };
    holds("cache", case, 5.0, 12.0);
}

#[test]
fn a_greater_plan_is_learned_within_a_day() {
    let case = Case {
        plan_change: Some(0.25),
        ..CLEAN
    };
    holds("greater plan", case, 8.0, 15.0);
}

#[test]
fn a_smaller_plan_is_learned_within_a_day() {
    let case = Case {
        plan_change: Some(4.0),
        ..CLEAN
    };
    holds("smaller plan", case, 5.0, 8.0);
}

#[test]
fn what_cannot_be_known_is_withheld() {
    let (_, withheld) = errors(Case {
        outside: Outside::Bursts,
        cache_weight: 0.3,
        plan_change: Some(0.25),
        every: 5,
    });
    assert!(withheld >= 0.6, "{withheld}");
}
