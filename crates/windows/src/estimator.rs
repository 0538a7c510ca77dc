//! Estimates what one percent of a window buys, although the account is also used elsewhere: a robust Kalman filter.
//!
//! Three states: percent per unit without cache reads, percent per unit of cache reads, and percent per minute that are
//! used elsewhere. A segment that rose much more than its requests explain changes only the third. A run of segments on
//! one side means that the window itself has changed: then the filter learns again from the latest ones.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::{
    number::{bounded, from_len},
    segment::{Reading, Segment, Segments},
    units::Units,
};

/// Above this doubt, estimates are withheld.
pub const MAX_DOUBT: f64 = 0.15;
/// Segments before anything is said.
const MIN_SEGMENTS: u32 = 2;
/// The doubt after the first segment, and when the filter learns again.
const FIRST_DOUBT: f64 = 0.7;
const PRIOR_DOUBT: f64 = 0.5;
/// Segments that are accepted however unlikely they are, after a start.
const FREE_SEGMENTS: u8 = 4;
/// Ratios of percent to units that are remembered to learn again.
const RECENT: usize = 4;
/// When this many segments too many were unexplained, the window has shrunk.
const SHRUNK: u8 = 14;
/// Segments that are compared with a smaller window without use elsewhere.
const COMPARED: usize = 16;
/// How much more than the estimate a unit must use in them, for the window to be a smaller one.
const SMALLER: f64 = 1.8;
/// The greatest mean square of their deviations from the smaller window, in standard deviations.
const FITS: f64 = 1.0;
/// A single deviation counts at most this much.
const MAX_SQUARE: f64 = 9.0;
/// Segments below the prediction, one after the other, that mean that the window has grown.
const GROWN: u8 = 3;
const OUTSIDE_DECAY: f64 = 0.9;
const MIN_RATE: f64 = 1e-6;
const MAX_RATE: f64 = 1e6;
/// Percent per minute: a whole window in a minute.
const MAX_OUTSIDE: f64 = 100.0;

type Vector = [f64; 3];
type Matrix = [Vector; 3];

/// The estimate of one window. Serialised, it keeps what it has learned.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Estimator {
    state: Option<State>,
    /// Percent per unit of the latest segments.
    recent: VecDeque<f64>,
    /// The latest segments with requests.
    latest: VecDeque<Segment>,
    /// Segments that the estimate is made of.
    accepted: u32,
    #[serde(skip)]
    segments: Segments,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct State {
    x: Vector,
    covariance: Matrix,
    /// A leaky counter of segments above the prediction.
    high: u8,
    low: u8,
    free: u8,
    /// The recent mix of units: without cache reads, cache reads. The sum is 1.
    mix: [f64; 2],
}

impl Estimator {
    /// Begins with the percent per unit of similar accounts.
    pub fn with_prior(percent_per_unit: f64) -> Self {
        Self {
            state: Some(State::new(percent_per_unit, PRIOR_DOUBT)),
            ..Self::default()
        }
    }

    /// Takes a reading below 100 %: above, the provider does not say how much was used.
    pub(crate) fn read(&mut self, reading: Reading) {
        if let Some(segment) = self.segments.add(reading) {
            self.learn(segment);
        }
        if self.state.as_ref().is_some_and(|state| !state.is_sound()) {
            *self = Self::default();
        }
    }

    fn learn(&mut self, segment: Segment) {
        let total = segment.units.total();
        let has_ratio = total > 0.0 && segment.percent >= 2.0;
        if self.state.is_none() && !has_ratio {
            return;
        }
        let ratio = segment.percent / total;
        let state = self
            .state
            .get_or_insert_with(|| State::new(ratio, FIRST_DOUBT));
        state.drift();
        let fit = state.fit(segment);
        if has_ratio {
            if self.recent.len() >= RECENT {
                self.recent.pop_front();
            }
            self.recent.push_back(ratio);
            if self.latest.len() >= COMPARED {
                self.latest.pop_front();
            }
            self.latest.push_back(segment);
            state.blend_mix(segment.units);
        }
        if state.free > 0 {
            state.free -= 1;
        } else if fit.deviations > 2.0 {
            state.high += 2;
            state.low = 0;
            if state.high < SHRUNK {
                state.x[2] += 0.3 * fit.innovation / segment.minutes;
                state.limit();
                return self.compare();
            }
            self.learn_again(RECENT);
            return self.accept(segment);
        } else if fit.deviations < -2.5 {
            state.low += 1;
            state.high = 0;
            if state.low >= GROWN {
                self.learn_again(RECENT - 1);
            }
            return;
        } else {
            state.low = 0;
            state.high = state.high.saturating_sub(1);
        }
        self.accept(segment);
        self.compare();
    }

    fn compare(&mut self) {
        if let Some(ratio) = self.smaller_window() {
            self.state = Some(State::new(ratio, FIRST_DOUBT));
            self.latest.clear();
        }
    }

    /// Percent per unit of a smaller window, if one explains the latest segments without use elsewhere. Use elsewhere that
    /// begins together with a smaller window would otherwise explain them for long.
    fn smaller_window(&self) -> Option<f64> {
        let estimate = self.state.as_ref()?.per_unit();
        let ratio = |segment: &Segment| segment.percent / segment.units.total();
        let mut ratios: Vec<f64> = self.latest.iter().map(ratio).collect();
        let median = median(&mut ratios).filter(|median| *median >= SMALLER * estimate)?;
        let square = |segment: &Segment| {
            let deviation = segment.percent - median * segment.units.total();
            (deviation.powi(2) / noise(*segment)).min(MAX_SQUARE)
        };
        let squares: f64 = self.latest.iter().map(square).sum();
        let fits = squares <= FITS * from_len(COMPARED);
        (self.latest.len() >= COMPARED && fits).then_some(median)
    }

    fn accept(&mut self, segment: Segment) {
        if let Some(state) = &mut self.state {
            let fit = state.fit(segment);
            state.correct(segment, &fit);
            self.accepted = self.accepted.saturating_add(1);
        }
    }

    /// Begins again with the median of the latest ratios.
    fn learn_again(&mut self, latest: usize) {
        let mut ratios: Vec<f64> = self.recent.iter().rev().take(latest).copied().collect();
        if let Some(median) = median(&mut ratios) {
            self.state = Some(State::new(median, FIRST_DOUBT));
        }
    }

    /// The percent that these units use; `None` while nothing is known.
    pub fn percent(&self, units: Units) -> Option<f64> {
        let state = self.state.as_ref()?;
        Some(state.x[0] * units.fresh + state.x[1] * units.cache)
    }

    /// The same, but `None` while the doubt is too great.
    pub fn sure_percent(&self, units: Units) -> Option<f64> {
        self.percent(units).filter(|_| self.is_sure())
    }

    /// Percent per unit of the recent mix of units; `None` while the doubt is too great.
    pub fn percent_per_unit(&self) -> Option<f64> {
        let state = self.state.as_ref().filter(|_| self.is_sure())?;
        Some(state.per_unit())
    }

    /// Percent per minute that are used elsewhere, as of late.
    pub fn outside_per_minute(&self) -> f64 {
        self.state.as_ref().map_or(0.0, |state| state.x[2])
    }

    /// The relative standard deviation of the percent that the recent mix of units uses; `None` while nothing is known.
    pub fn doubt(&self) -> Option<f64> {
        self.state.as_ref().map(State::doubt)
    }

    /// Whether estimates may be shown.
    pub fn is_sure(&self) -> bool {
        self.accepted >= MIN_SEGMENTS && self.doubt().is_some_and(|doubt| doubt <= MAX_DOUBT)
    }
}

/// How well a segment fits the prediction.
struct Fit {
    innovation: f64,
    variance: f64,
    /// In standard deviations.
    deviations: f64,
}

impl State {
    fn new(percent_per_unit: f64, doubt: f64) -> Self {
        let rate = bounded(percent_per_unit, MIN_RATE, MAX_RATE);
        let variance = (doubt * rate).powi(2);
        Self {
            x: [rate, rate, 0.0],
            covariance: diagonal([variance, variance, 0.05_f64.powi(2)]),
            high: 0,
            low: 0,
            free: FREE_SEGMENTS,
            mix: [0.5, 0.5],
        }
    }

    /// Compares a segment with the prediction.
    fn fit(&self, segment: Segment) -> Fit {
        let h = observed(segment);
        let innovation = segment.percent - dot(h, self.x);
        let variance = dot(h, times(&self.covariance, h)) + noise(segment);
        Fit {
            innovation,
            variance,
            deviations: innovation / variance.sqrt(),
        }
    }

    /// The expected changes from one segment to the next.
    fn drift(&mut self) {
        let rate = (0.01 * self.x[0].max(1e-9)).powi(2);
        for (at, noise) in [rate, rate, 0.01_f64.powi(2)].into_iter().enumerate() {
            self.covariance[at][at] += noise;
        }
        self.x[2] *= OUTSIDE_DECAY;
    }

    /// The update, in Joseph form: the covariance stays positive.
    fn correct(&mut self, segment: Segment, fit: &Fit) {
        let h = observed(segment);
        let gain = times(&self.covariance, h).map(|one| one / fit.variance);
        for (x, gain) in self.x.iter_mut().zip(gain) {
            *x += gain * fit.innovation;
        }
        let mut keep = diagonal([1.0; 3]);
        for (row, gain) in keep.iter_mut().zip(gain) {
            for (cell, h) in row.iter_mut().zip(h) {
                *cell -= gain * h;
            }
        }
        let kept = product(&product(&keep, &self.covariance), &transposed(&keep));
        let noise = noise(segment);
        for (row, one) in (0..3).zip(gain) {
            for (column, other) in (0..3).zip(gain) {
                self.covariance[row][column] = kept[row][column] + one * other * noise;
            }
        }
        self.limit();
    }

    fn limit(&mut self) {
        self.x[0] = bounded(self.x[0], MIN_RATE, MAX_RATE);
        self.x[1] = bounded(self.x[1], MIN_RATE, MAX_RATE);
        self.x[2] = bounded(self.x[2], 0.0, MAX_OUTSIDE);
    }

    fn blend_mix(&mut self, units: Units) {
        let total = units.total();
        for (part, of) in self.mix.iter_mut().zip([units.fresh, units.cache]) {
            *part = 0.8 * *part + 0.2 * of / total;
        }
    }

    fn per_unit(&self) -> f64 {
        (self.mix[0] * self.x[0] + self.mix[1] * self.x[1]).max(1e-12)
    }

    fn doubt(&self) -> f64 {
        let mix = [self.mix[0], self.mix[1], 0.0];
        let variance = dot(mix, times(&self.covariance, mix));
        variance.max(0.0).sqrt() / self.per_unit()
    }

    fn is_sound(&self) -> bool {
        let numbers = self.x.iter().chain(self.covariance.iter().flatten());
        numbers.chain(&self.mix).all(|number| number.is_finite())
    }
}

fn observed(segment: Segment) -> Vector {
    [segment.units.fresh, segment.units.cache, segment.minutes]
}

/// Two roundings, and what the weights do not catch.
fn noise(segment: Segment) -> f64 {
    1.0 / 6.0 + (0.08 * segment.percent).powi(2)
}

fn diagonal(values: Vector) -> Matrix {
    let mut matrix = [[0.0; 3]; 3];
    for (at, value) in values.into_iter().enumerate() {
        matrix[at][at] = value;
    }
    matrix
}

fn dot(one: Vector, other: Vector) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

fn times(matrix: &Matrix, vector: Vector) -> Vector {
    matrix.map(|row| dot(row, vector))
}

fn transposed(matrix: &Matrix) -> Matrix {
    let mut turned = [[0.0; 3]; 3];
    for (at, row) in matrix.iter().enumerate() {
        for (to, cell) in row.iter().enumerate() {
            turned[to][at] = *cell;
        }
    }
    turned
}

fn product(one: &Matrix, other: &Matrix) -> Matrix {
    let columns = transposed(other);
    one.map(|row| columns.map(|column| dot(row, column)))
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2).copied()?;
    let lower = values
        .get(values.len().saturating_sub(1) / 2)
        .copied()
        .unwrap_or(upper);
    Some(f64::midpoint(lower, upper))
}
