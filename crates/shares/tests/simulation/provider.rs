//! The simulated account: a five-hour window and a weekly one, as its provider counts them, and what the gateway sees of it.
//!
//! Times are in minutes. One *pp* is one percent of the five-hour window of an account of size 1.

use std::collections::VecDeque;

use crate::estimator::Estimator;

pub(crate) const FIVE_HOURS: f64 = 300.0;
pub(crate) const WEEK: f64 = 7.0 * 1440.0;
/// The pp that fill the weekly window of an account of size 1.
pub(crate) const WEEK_PP: f64 = 900.0;
/// Minutes until a request shows in the provider's counter.
const LAG: f64 = 1.0;
/// How far the first estimate of a new account is off.
const PRIOR_ERROR: f64 = 1.4;

pub(crate) struct SimulatedAccount {
    pub(crate) size: f64,
    ends: [Option<f64>; 2],
    used: [f64; 2],
    seen: [f64; 2],
    pending: VecDeque<(f64, f64, Option<f64>)>,
    /// The level at the end of each week.
    pub(crate) weeks: Vec<f64>,
    estimators: [Estimator; 2],
    cycles: [u32; 2],
    known_ends: [Option<f64>; 2],
    announced: Option<f64>,
    units: f64,
    recent: VecDeque<(f64, f64)>,
}

impl SimulatedAccount {
    pub(crate) fn new(size: f64) -> Self {
        let prior = |factor: f64| Estimator::new(factor * PRIOR_ERROR);
        Self {
            size,
            ends: [None; 2],
            used: [0.0; 2],
            seen: [0.0; 2],
            pending: VecDeque::new(),
            weeks: Vec::new(),
            estimators: [prior(1.0 / size), prior(100.0 / WEEK_PP / size)],
            cycles: [0; 2],
            known_ends: [None; 2],
            announced: None,
            units: 0.0,
            recent: VecDeque::new(),
        }
    }

    pub(crate) fn roll(&mut self, now: f64) {
        if let Some(end) = self.ends[1].filter(|end| now >= *end) {
            self.weeks.push(self.used[1].min(100.0));
            (self.used[1], self.seen[1]) = (0.0, 0.0);
            self.ends[1] = Some(end + WEEK);
        }
        if self.ends[0].is_some_and(|end| now >= end) {
            (self.used[0], self.seen[0]) = (0.0, 0.0);
            self.ends[0] = None;
        }
    }

    /// A request arrives at the provider.
    pub(crate) fn open(&mut self, now: f64) {
        self.roll(now);
        self.ends[1].get_or_insert(now + WEEK);
        self.ends[0].get_or_insert(now + FIVE_HOURS);
    }

    pub(crate) fn blocked_until(&mut self, now: f64) -> Option<f64> {
        self.roll(now);
        let full = |window: usize| self.ends[window].filter(|_| self.used[window] >= 100.0);
        full(1).or(full(0))
    }

    pub(crate) fn charge(&mut self, now: f64, pp: f64) {
        self.open(now);
        let amount = pp / self.size;
        self.used[0] += amount;
        self.used[1] += amount * 100.0 / WEEK_PP;
        self.pending.push_back((now + LAG, amount, self.ends[0]));
    }

    /// The gateway counts the use of a request that has ended, by its own prices.
    pub(crate) fn count(&mut self, now: f64, units: f64) {
        self.units += units;
        self.recent.push_back((now, units));
    }

    /// The percentages that the provider reports, and their ends: five hours, week.
    pub(crate) fn report(&mut self, now: f64) -> [(f64, Option<f64>); 2] {
        self.roll(now);
        while let Some((_, amount, end)) = self.pending.pop_front_if(|(at, _, _)| *at <= now) {
            if end == self.ends[0] {
                self.seen[0] += amount;
            }
            self.seen[1] += amount * 100.0 / WEEK_PP;
        }
        let report = |window: usize| {
            (
                (self.seen[window].min(100.0) + 0.5).floor(),
                self.ends[window],
            )
        };
        let reports = [report(0), report(1)];
        self.announced = self.ends[0];
        self.learn(now, reports);
        reports
    }

    fn learn(&mut self, now: f64, reports: [(f64, Option<f64>); 2]) {
        while self.recent.front().is_some_and(|(at, _)| *at <= now - LAG) {
            self.recent.pop_front();
        }
        let unseen: f64 = self.recent.iter().map(|(_, units)| units).sum();
        for (window, (percent, end)) in reports.into_iter().enumerate() {
            if end.is_none() {
                continue;
            }
            if self.known_ends[window] != end {
                self.known_ends[window] = end;
                self.cycles[window] += 1;
            }
            if percent < 100.0 {
                let units = self.units - unseen;
                self.estimators[window].read(now, percent, self.cycles[window], units);
            }
        }
    }

    /// The end of a five-hour window that the gateway did not know.
    pub(crate) fn just_opened(&mut self) -> Option<f64> {
        let is_known = self.announced == self.ends[0];
        self.announced = self.ends[0];
        self.ends[0].filter(|_| !is_known)
    }

    /// The estimate of what one unit uses, in percent.
    pub(crate) fn rate(&self, window: usize) -> f64 {
        self.estimators[window].rate()
    }
}
