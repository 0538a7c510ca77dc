//! Random numbers with fixed seeds, and the distributions that the demand needs.

use std::f64::consts::TAU;

pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x1234_5678_9ABC_DEF0)
    }

    /// `SplitMix64`.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Above 0, up to 1.
    fn unit(&mut self) -> f64 {
        let upper = u32::try_from(self.next() >> 32).unwrap_or(u32::MAX);
        (f64::from(upper) + 1.0) / 4_294_967_296.0
    }

    pub(crate) fn uniform(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.unit()
    }

    /// A whole number at least `from` and less than `to`.
    pub(crate) fn number(&mut self, from: u32, to: u32) -> u32 {
        let span = u64::from(to - from);
        from + u32::try_from(self.next() % span).unwrap_or(0)
    }

    pub(crate) fn log_normal(&mut self, mean_of_log: f64, sigma: f64) -> f64 {
        let radius = (-2.0 * self.unit().ln()).sqrt();
        let normal = radius * (TAU * self.unit()).cos();
        (mean_of_log + sigma * normal).exp()
    }

    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.unit().ln()
    }

    pub(crate) fn poisson(&mut self, mean: f64) -> u32 {
        let limit = (-mean).exp();
        let (mut count, mut product) = (0, self.unit());
        while product > limit {
            count += 1;
            product *= self.unit();
        }
        count
    }

    pub(crate) fn is_true(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }
}
