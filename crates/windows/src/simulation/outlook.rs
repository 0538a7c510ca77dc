//! Whether forecasts come true as often as they say.

use chrono::TimeDelta;

use super::{DAY, FIVE_HOURS, at, minute, windows_of};
use crate::{
    forecast::{ForecastInput, SeededRandom, WindowForecast, forecast},
    history::{BLOCK, Season, UsageHistory},
    number::from_len,
    series::UsageSeries,
    units::Units,
};

const DAYS: usize = 21;
const SEEDS: u64 = 8;
/// Minutes between two forecasts.
const EVERY: usize = 20;
/// Half a block: forecasts are not finer.
const TOLERANCE: f64 = 7.5;

/// Percent by minute of four people with agents, without a limit.
fn stream(random: &mut SeededRandom) -> Vec<f64> {
    let mut percent = vec![0.0; DAYS * DAY];
    for day in 0..DAYS {
        let busy = random.uniform(0.4, 1.6);
        for _ in 0..4 {
            for _ in 0..random.poisson(3.0 * busy) {
                let start = day * DAY + minute(random.uniform(8.5, 18.0) * 60.0);
                let end = start + minute(random.uniform(20.0, 120.0));
                let rate = random.log_normal(0.15, 0.5);
                for one in percent.iter_mut().take(end).skip(start) {
                    *one += rate * random.gamma();
                }
            }
        }
    }
    percent
}

#[derive(Default)]
struct Score {
    forecasts: usize,
    covered: usize,
    /// Forecasts of at least 75 %, and those of them that came true.
    alarms: usize,
    true_alarms: usize,
}

impl Score {
    fn count(&mut self, forecast: &WindowForecast, left: usize, end: Option<usize>) {
        let beyond = from_len(left + 1);
        let truth = end.map_or(beyond, from_len);
        let earliest = forecast.earliest.unwrap_or(beyond) - TOLERANCE;
        let latest = forecast.latest.unwrap_or(beyond) + TOLERANCE;
        self.forecasts += 1;
        self.covered += usize::from((earliest..=latest).contains(&truth));
        if forecast.probability >= 0.75 {
            self.alarms += 1;
            self.true_alarms += usize::from(end.is_some());
        }
    }
}

fn play(seed: u64, score: &mut Score) {
    let mut random = SeededRandom::seeded(1050 + seed);
    let percent = stream(&mut random);
    let (level, cycle) = windows_of(&percent);
    let (mut series, mut history) = (UsageSeries::default(), UsageHistory::default());
    let mut start = 0;
    for now in 0..percent.len() - FIVE_HOURS - 1 {
        if now > 0 && cycle[now] != cycle[now - 1] {
            start = now;
        }
        let used = Units {
            fresh: percent[now],
            cache: 0.0,
        };
        series.add(at(now), at(now), used);
        history.add(at(now), at(now), used);
        let end = start + FIVE_HOURS;
        let is_early = now < start + 15 || level[now] < 5.0;
        let is_asked = now >= 7 * DAY && now % EVERY == 0 && cycle[now] > 0 && now < end;
        if !is_asked || is_early || level[now] >= 100.0 {
            continue;
        }
        let left = end - now;
        let blocks = i64::try_from(left.div_ceil(15)).unwrap();
        let usual = (0..blocks).map(|block| {
            let time = at(now) + TimeDelta::minutes(15 * block);
            let units = history.usual(time, at(now), Season::EachDay).into_iter();
            units.map(Units::total).collect()
        });
        let recent = series.blocks(at(start), at(now + 1), (6, BLOCK));
        let input = ForecastInput {
            level: (level[now] + 0.5).floor(),
            stop_at: 100.0,
            minutes_left: from_len(left),
            recent: recent.into_iter().map(Units::total).collect(),
            usual: usual.collect(),
            outside_per_minute: 0.0,
        };
        let mut total = level[now];
        let truth = (now + 1..end).position(|minute| {
            total += percent[minute];
            total >= 100.0
        });
        let found = forecast(&input, &mut random);
        score.count(&found, left, truth.map(|minutes| minutes + 1));
    }
}

#[test]
fn forecasts_come_true_as_often_as_they_say() {
    let mut score = Score::default();
    for seed in 0..SEEDS {
        play(seed, &mut score);
    }
    let part = |one: usize, of: usize| from_len(one) / from_len(of);
    let covered = part(score.covered, score.forecasts);
    let alarms = part(score.true_alarms, score.alarms);

    assert!(score.forecasts > 1000, "{}", score.forecasts);
    assert!((0.78..=0.92).contains(&covered), "{covered}");
    assert!(
        (0.65..=0.85).contains(&alarms),
        "{alarms} of {}",
        score.alarms
    );
}
