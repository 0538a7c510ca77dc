//! Invented accounts, whose truth is known: the estimate and the forecast are held to bounds. Times are minutes.

mod estimate;
mod outlook;

use chrono::{DateTime, TimeDelta, Utc};

use crate::forecast::SeededRandom;

/// The length of the window.
const FIVE_HOURS: usize = 300;
const DAY: usize = 1440;

fn at(minute: usize) -> DateTime<Utc> {
    let minute = i64::try_from(minute).unwrap();
    DateTime::UNIX_EPOCH + TimeDelta::days(10_000) + TimeDelta::minutes(minute)
}

/// Distributions.
impl SeededRandom {
    fn uniform(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.fraction()
    }

    /// From `from` to less than `to`.
    fn whole(&mut self, from: u64, to: u64) -> u64 {
        from + self.next() % (to - from)
    }

    fn exponential(&mut self) -> f64 {
        -(1.0 - self.fraction()).ln()
    }

    fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        let radius = (2.0 * self.exponential()).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.fraction()).cos();
        median * (sigma * normal).exp()
    }

    /// Of shape 2 and mean 1.
    fn gamma(&mut self) -> f64 {
        f64::midpoint(self.exponential(), self.exponential())
    }

    fn poisson(&mut self, mean: f64) -> u64 {
        let (mut count, mut product) = (0, self.fraction());
        while product > (-mean).exp() {
            count += 1;
            product *= self.fraction();
        }
        count
    }
}

/// Minutes as a number of an array.
fn minute(minutes: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few days of minutes"
    )]
    let minute = minutes.max(0.0) as usize;
    minute
}

/// The level of a five-hour window that begins with the first use, and the number of its cycle.
fn windows_of(used: &[f64]) -> (Vec<f64>, Vec<usize>) {
    let (mut end, mut total, mut cycle) = (0, 0.0, 0);
    let levels = used.iter().enumerate().map(|(minute, amount)| {
        if minute >= end {
            total = 0.0;
            if *amount > 0.0 {
                end = minute + FIVE_HOURS;
                cycle += 1;
            }
        }
        total += amount;
        (total, cycle)
    });
    levels.unzip()
}

fn quantile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = u32::try_from(values.len() - 1).unwrap();
    values[minute(part * f64::from(last) + 0.5)]
}
