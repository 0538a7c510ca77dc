//! The level of a window between readings, and whose requests it is made of.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::{
    estimator::Estimator,
    number::{bounded, from_count},
    segment::Reading,
    series::UsageSeries,
    units::Units,
};

/// How long a finished request is not yet in the provider's readings.
const LAG: TimeDelta = TimeDelta::minutes(1);
/// Resets that differ by less are the same: providers compute them for each answer.
const SAME_RESET: TimeDelta = TimeDelta::seconds(90);
/// Readings are rounded to whole percent.
const ROUNDING: f64 = 0.5;
/// Users of one cycle; further ones count together, under the nil id.
pub const MAX_USERS: usize = 1_000;
/// Uses that wait for the reading that begins their cycle.
const MAX_WAITING: usize = 1_000;

/// A level that the provider reported.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReportedLevel {
    /// When the request was sent that carried it.
    pub at: DateTime<Utc>,
    pub percent: f64,
    /// `None` while nothing of the window is used.
    pub resets_at: Option<DateTime<Utc>>,
    /// `None` if it is unknown: then the window is not followed.
    pub length: Option<TimeDelta>,
}

/// A user's use in a cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UserUsage {
    /// Nil for all users beyond `MAX_USERS`.
    pub user_id: Uuid,
    pub units: Units,
    /// Of the window; `None` while it is not known what one percent buys.
    pub percent: Option<f64>,
}

/// A cycle that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosedCycle {
    pub started_at: DateTime<Utc>,
    pub ended_at: DateTime<Utc>,
    pub percent: f64,
    pub units: Units,
    /// Used elsewhere; `None` while it is not known what one percent buys.
    pub outside_percent: Option<f64>,
    pub units_per_percent: Option<f64>,
    /// The greatest first.
    pub users: Vec<UserUsage>,
}

#[derive(Clone, Debug)]
struct OpenCycle {
    number: u64,
    started_at: DateTime<Utc>,
    resets_at: DateTime<Utc>,
    users: HashMap<Uuid, Units>,
    units: Units,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    at: DateTime<Utc>,
    user_id: Uuid,
    units: Units,
}

/// The state of one window of an account.
#[derive(Clone, Debug, Default)]
pub struct WindowMeter {
    estimator: Estimator,
    cycle: Option<OpenCycle>,
    cycles: u64,
    level: f64,
    read_at: Option<DateTime<Utc>>,
    /// The percent that requests are predicted to have used since the last reading.
    predicted: f64,
    waiting: VecDeque<Waiting>,
}

impl WindowMeter {
    /// Continues with what was learned earlier.
    pub fn with_estimator(estimator: Estimator) -> Self {
        Self {
            estimator,
            ..Self::default()
        }
    }

    pub fn estimator(&self) -> &Estimator {
        &self.estimator
    }

    /// Forgets what one percent buys, because the plan is another one.
    pub fn learn_again(&mut self) {
        self.estimator = Estimator::default();
    }

    /// Counts a request that ended; a correction may be negative.
    pub fn charge(&mut self, user_id: Uuid, at: DateTime<Utc>, units: Units) {
        let cycle = self.cycle.as_mut();
        let Some(cycle) = cycle.filter(|cycle| at < cycle.resets_at) else {
            if self.waiting.len() >= MAX_WAITING {
                self.waiting.pop_front();
            }
            self.waiting.push_back(Waiting { at, user_id, units });
            return;
        };
        if at < cycle.started_at {
            return;
        }
        cycle.add(user_id, units);
        if let Some(percent) = self.estimator.sure_percent(units) {
            self.level = bounded(self.level + percent, 0.0, 100.0);
            self.predicted += percent.max(0.0);
        }
    }

    /// Adds what a user has used in the open cycle, after a start, when it was counted from stored requests. The level has
    /// it already.
    pub fn restore(&mut self, user_id: Uuid, units: Units) {
        if let Some(cycle) = &mut self.cycle {
            cycle.add(user_id, units);
        }
    }

    /// Takes a reading. `series` has the uses of the account that this window counts. Returns the cycle that it closes.
    pub fn read(&mut self, reading: ReportedLevel, series: &UsageSeries) -> Option<ClosedCycle> {
        let resets_at = reading.resets_at.filter(|at| *at > reading.at);
        let (Some(resets_at), Some(length)) = (resets_at, reading.length) else {
            let closed = self.close();
            self.level = bounded(reading.percent, 0.0, 100.0);
            self.read_at = Some(reading.at);
            return closed;
        };
        let continues = self.cycle.as_ref().is_some_and(|cycle| {
            let later = resets_at - cycle.resets_at;
            later.abs() <= SAME_RESET || later < TimeDelta::zero()
        });
        let closed = if continues { None } else { self.close() };
        let percent = bounded(reading.percent, 0.0, 100.0);
        if let Some(cycle) = &mut self.cycle {
            cycle.resets_at = resets_at;
            let unseen = series.since(reading.at - LAG);
            self.correct_level(percent, unseen);
        } else {
            self.open(resets_at - length, resets_at);
            self.level = percent;
        }
        self.read_at = Some(reading.at);
        self.predicted = 0.0;
        if percent < 100.0 {
            self.estimator.read(Reading {
                at: reading.at,
                percent,
                cycle: self.cycles,
                units: series.before(reading.at - LAG),
            });
        }
        closed
    }

    /// According to a reading, the level one lag ago was within half a percent of it: the level moves to the nearest edge of that.
    /// A full window is exactly full.
    fn correct_level(&mut self, percent: f64, unseen: Units) {
        if percent >= 100.0 {
            self.level = percent;
            return;
        }
        let Some(unseen) = self.estimator.sure_percent(unseen) else {
            self.level = percent;
            return;
        };
        let believed = self.level - unseen;
        let corrected = bounded(believed, percent - ROUNDING, percent + ROUNDING);
        self.level = bounded(self.level + corrected - believed, 0.0, 100.0);
    }

    fn open(&mut self, started_at: DateTime<Utc>, resets_at: DateTime<Utc>) {
        self.cycles += 1;
        let mut cycle = OpenCycle {
            number: self.cycles,
            started_at,
            resets_at,
            users: HashMap::new(),
            units: Units::default(),
        };
        for waiting in self.waiting.drain(..) {
            if (started_at..resets_at).contains(&waiting.at) {
                cycle.add(waiting.user_id, waiting.units);
            }
        }
        self.cycle = Some(cycle);
    }

    /// Closes the cycle if its reset is over.
    pub fn close_if_over(&mut self, now: DateTime<Utc>) -> Option<ClosedCycle> {
        let is_over = self.cycle.as_ref()?.resets_at <= now;
        is_over.then(|| self.close()).flatten()
    }

    fn close(&mut self) -> Option<ClosedCycle> {
        let users = self.users();
        let outside_percent = self.outside_percent();
        let cycle = self.cycle.take()?;
        let closed = ClosedCycle {
            started_at: cycle.started_at,
            ended_at: cycle.resets_at,
            percent: self.level,
            units: cycle.units.at_least_zero(),
            outside_percent,
            units_per_percent: self.units_per_percent(),
            users,
        };
        self.level = 0.0;
        self.predicted = 0.0;
        Some(closed)
    }

    /// The estimated used percentage now: 0 to 100.
    pub fn level(&self) -> f64 {
        self.level
    }

    /// The percent that requests are predicted to have used since the last reading.
    pub fn predicted_since_reading(&self) -> f64 {
        self.predicted
    }

    /// When the last reading was made.
    pub fn read_at(&self) -> Option<DateTime<Utc>> {
        self.read_at
    }

    /// The start and the reset of the open cycle.
    pub fn cycle(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let cycle = self.cycle.as_ref()?;
        Some((cycle.started_at, cycle.resets_at))
    }

    /// The number of the open cycle since the start of the server.
    pub fn cycle_number(&self) -> Option<u64> {
        self.cycle.as_ref().map(|cycle| cycle.number)
    }

    /// The units of requests in the open cycle.
    pub fn units(&self) -> Units {
        let units = self.cycle.as_ref().map(|cycle| cycle.units);
        units.unwrap_or_default().at_least_zero()
    }

    /// Units that one percent buys; `None` while it is not known.
    pub fn units_per_percent(&self) -> Option<f64> {
        self.estimator.percent_per_unit().map(f64::recip)
    }

    /// The percent of the open cycle that was used elsewhere.
    pub fn outside_percent(&self) -> Option<f64> {
        let ours = self.estimator.sure_percent(self.units())?;
        Some(bounded(self.level - ours, 0.0, 100.0))
    }

    /// The users of the open cycle, the greatest first. Their percentages and that used elsewhere add up to the level.
    pub fn users(&self) -> Vec<UserUsage> {
        let Some(cycle) = &self.cycle else {
            return Vec::new();
        };
        let ours = self.estimator.sure_percent(self.units());
        let scale = ours.map_or(1.0, |ours| {
            if ours > self.level {
                self.level / ours
            } else {
                1.0
            }
        });
        let mut users: Vec<UserUsage> = cycle
            .users
            .iter()
            .map(|(user_id, units)| {
                let units = units.at_least_zero();
                let percent = self.estimator.sure_percent(units);
                UserUsage {
                    user_id: *user_id,
                    units,
                    percent: percent.map(|percent| bounded(percent * scale, 0.0, 100.0)),
                }
            })
            .filter(|user| !user.units.is_zero())
            .collect();
        users.sort_by(|one, other| {
            let by_units = other.units.total().total_cmp(&one.units.total());
            by_units.then(one.user_id.cmp(&other.user_id))
        });
        users
    }

    /// The part of the open cycle that is over, by the clock: 0 to 1.
    pub fn elapsed(&self, now: DateTime<Utc>) -> Option<f64> {
        let (started_at, resets_at) = self.cycle()?;
        let seconds = |span: TimeDelta| from_count(span.num_seconds());
        let part = seconds(now - started_at) / seconds(resets_at - started_at).max(1.0);
        Some(bounded(part, 0.0, 1.0))
    }
}

impl OpenCycle {
    fn add(&mut self, user_id: Uuid, units: Units) {
        let is_new = !self.users.contains_key(&user_id);
        let user_id = if is_new && self.users.len() >= MAX_USERS {
            Uuid::nil()
        } else {
            user_id
        };
        let sum = self.users.entry(user_id).or_default();
        *sum = sum.plus(units);
        self.units = self.units.plus(units);
    }
}

#[cfg(test)]
mod tests;
