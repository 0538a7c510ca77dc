//! The percentage of a window that one unit uses, learned from whole-percent readings: the robust Kalman filter of the design
//! with one kind of cost.

use std::collections::VecDeque;

/// A segment is as long as the reading takes to grow by so much, in percent, or an hour.
const MIN_STEP: f64 = 3.0;

#[derive(Clone, Copy)]
struct Base {
    at: f64,
    percent: f64,
    cycle: u32,
    units: f64,
}

/// The state: percent per unit, and percent per minute that is used elsewhere.
pub(crate) struct Estimator {
    base: Option<Base>,
    x: [f64; 2],
    p: [[f64; 2]; 2],
    low: u32,
    high: u32,
    free: u32,
    recent: VecDeque<f64>,
}

impl Estimator {
    pub(crate) fn new(prior: f64) -> Self {
        let mut estimator = Self {
            base: None,
            x: [0.0; 2],
            p: [[0.0; 2]; 2],
            low: 0,
            high: 0,
            free: 0,
            recent: VecDeque::new(),
        };
        estimator.begin(prior, 0.5);
        estimator
    }

    pub(crate) fn rate(&self) -> f64 {
        self.x[0]
    }

    fn begin(&mut self, rate: f64, doubt: f64) {
        self.x = [rate, 0.0];
        self.p = [[(doubt * rate).powi(2), 0.0], [0.0, 0.05_f64.powi(2)]];
        (self.low, self.high, self.free) = (0, 0, 4);
    }

    /// Times are in minutes.
    pub(crate) fn read(&mut self, at: f64, percent: f64, cycle: u32, units: f64) {
        let next = Base {
            at,
            percent,
            cycle,
            units,
        };
        let Some(base) = self.base else {
            self.base = Some(next);
            return;
        };
        if base.cycle != cycle || percent < base.percent {
            self.base = Some(next);
            return;
        }
        let (minutes, step) = (at - base.at, percent - base.percent);
        if step < MIN_STEP && minutes < 60.0 || minutes <= 0.0 {
            return;
        }
        self.base = Some(next);
        self.learn(minutes, step, units - base.units);
    }

    fn learn(&mut self, minutes: f64, step: f64, units: f64) {
        let h = [units, minutes];
        self.p[0][0] += (0.01 * self.x[0]).powi(2);
        self.p[1][1] += 0.01_f64.powi(2);
        self.x[1] *= 0.9;
        let r = 1.0 / 6.0 + (0.08 * step).powi(2);
        let innovation = step - h[0] * self.x[0] - h[1] * self.x[1];
        let ph = [
            self.p[0][0] * h[0] + self.p[0][1] * h[1],
            self.p[1][0] * h[0] + self.p[1][1] * h[1],
        ];
        let s = h[0] * ph[0] + h[1] * ph[1] + r;
        let z = innovation / s.sqrt();
        if units > 0.0 && step >= 2.0 {
            self.recent.push_back(step / units);
            if self.recent.len() > 4 {
                self.recent.pop_front();
            }
        }
        if self.free > 0 {
            self.free -= 1;
        } else if z > 2.0 {
            self.high += 2;
            self.low = 0;
            if self.high < 14 {
                self.x[1] += 0.3 * innovation / minutes;
                return;
            }
            self.begin(median(self.recent.iter().copied()), 0.7);
        } else if z < -2.5 {
            self.low += 1;
            self.high = 0;
            if self.low >= 3 && !self.recent.is_empty() {
                self.begin(median(self.recent.iter().rev().take(3).copied()), 0.7);
            }
            return;
        } else {
            self.low = 0;
            self.high = self.high.saturating_sub(1);
        }
        let gain = [ph[0] / s, ph[1] / s];
        self.x = [
            (self.x[0] + gain[0] * innovation).max(1e-6),
            (self.x[1] + gain[1] * innovation).max(0.0),
        ];
        self.update_covariance(h, gain, r);
    }

    /// In Joseph form.
    fn update_covariance(&mut self, h: [f64; 2], gain: [f64; 2], r: f64) {
        let keep = [
            [1.0 - gain[0] * h[0], -gain[0] * h[1]],
            [-gain[1] * h[0], 1.0 - gain[1] * h[1]],
        ];
        let mut left = [[0.0; 2]; 2];
        let mut next = [[0.0; 2]; 2];
        for (row, kept) in left.iter_mut().zip(keep) {
            for (column, value) in row.iter_mut().enumerate() {
                *value = kept[0] * self.p[0][column] + kept[1] * self.p[1][column];
            }
        }
        for row in 0..2 {
            for column in 0..2 {
                next[row][column] = left[row][0] * keep[column][0]
                    + left[row][1] * keep[column][1]
                    + gain[row] * gain[column] * r;
            }
        }
        self.p = next;
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        f64::midpoint(values[middle - 1], values[middle])
    }
}
