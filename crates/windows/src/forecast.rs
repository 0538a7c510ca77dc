//! When a window is likely to be used up: many possible futures, drawn from the use of the last hour and from that of the
//! same time on earlier days.

use crate::number::{bounded, from_len};

/// Possible futures.
const PATHS: usize = 200;
/// Minutes of a block.
const BLOCK_MINUTES: f64 = 15.0;
/// Longer windows are not looked at to their end.
const MAX_BLOCKS: usize = 31 * 24 * 4;
/// How much less each block resembles the last hour than the block before it.
const RESEMBLANCE: f64 = 0.75;

/// The input of a forecast. All amounts are percent of it.
#[derive(Clone, Debug, Default)]
pub struct ForecastInput {
    pub level: f64,
    /// The level at which it counts as used up.
    pub stop_at: f64,
    /// Until the reset.
    pub minutes_left: f64,
    /// The use in each of the latest blocks of 15 minutes of this cycle.
    pub recent: Vec<f64>,
    /// For each block until the reset, the use at the same time earlier; empty where it is unknown.
    pub usual: Vec<Vec<f64>>,
    /// Use elsewhere, in percent per minute.
    pub outside_per_minute: f64,
}

/// When a window is likely to be used up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowForecast {
    /// Of being used up before the reset: 0 to 1.
    pub probability: f64,
    /// Minutes from now, with a probability of 10, 50 and 90 %; `None` if that is not before the reset.
    pub earliest: Option<f64>,
    pub likely: Option<f64>,
    pub latest: Option<f64>,
    /// The level at the reset, in percent, with a probability of 10 and 90 % of being lower.
    pub lowest_level: f64,
    pub highest_level: f64,
}

/// Draws the futures. The same seed gives the same forecast.
pub fn forecast(input: &ForecastInput, random: &mut SeededRandom) -> WindowForecast {
    let paths = (0..PATHS).map(|_| path(input, random));
    let (mut ends, mut levels): (Vec<f64>, Vec<f64>) = paths.unzip();
    ends.sort_by(f64::total_cmp);
    levels.sort_by(f64::total_cmp);
    let level = |tenths: usize| levels.get(PATHS * tenths / 10).copied().unwrap_or_default();
    let used_up = ends.iter().filter(|end| end.is_finite()).count();
    let quantile = |tenths: usize| {
        let end = ends.get(PATHS * tenths / 10).copied();
        end.filter(|end| end.is_finite())
    };
    WindowForecast {
        probability: from_len(used_up) / from_len(PATHS),
        earliest: quantile(1),
        likely: quantile(5),
        latest: quantile(9),
        lowest_level: level(1),
        highest_level: level(9),
    }
}

/// The minutes until one future uses the window up, infinite if it does not; and the level at the reset.
fn path(input: &ForecastInput, random: &mut SeededRandom) -> (f64, f64) {
    let (mut level, mut resemblance) = (bounded(input.level, 0.0, 100.0), 1.0);
    let (mut start, mut end) = (0.0, f64::INFINITY);
    for block in 0..MAX_BLOCKS {
        if start >= input.minutes_left || level >= 100.0 {
            break;
        }
        let usual = input.usual.get(block).map_or(&[][..], Vec::as_slice);
        let resembles = random.fraction() < resemblance || usual.is_empty();
        let drawn = if resembles && !input.recent.is_empty() {
            random.one_of(&input.recent)
        } else {
            random.one_of(usual)
        };
        let outside = bounded(input.outside_per_minute, 0.0, 100.0) * BLOCK_MINUTES * resemblance;
        level = bounded(level + bounded(drawn, 0.0, 100.0) + outside, 0.0, 100.0);
        let middle = start + BLOCK_MINUTES / 2.0;
        if level >= input.stop_at && end.is_infinite() && middle <= input.minutes_left {
            end = middle;
        }
        start += BLOCK_MINUTES;
        resemblance *= RESEMBLANCE;
    }
    (end, level)
}

/// A small generator of random numbers (splitmix64), so that a forecast can be repeated.
#[derive(Clone, Debug)]
pub struct SeededRandom(u64);

impl SeededRandom {
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// From 0 to less than 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        let bits = u32::try_from(self.next() >> 32).unwrap_or_default();
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }

    /// 0 of an empty list.
    fn one_of(&mut self, numbers: &[f64]) -> f64 {
        let count = u64::try_from(numbers.len()).unwrap_or(1).max(1);
        let place = usize::try_from(self.next() % count).unwrap_or_default();
        numbers.get(place).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(input: &ForecastInput) -> WindowForecast {
        forecast(input, &mut SeededRandom::seeded(1))
    }

    #[test]
    fn a_steady_pace_gives_a_narrow_interval() {
        let steady = ForecastInput {
            level: 60.0,
            stop_at: 100.0,
            minutes_left: 200.0,
            recent: vec![10.0; 6],
            ..ForecastInput::default()
        };
        let found = drawn(&steady);

        assert_eq!(found.probability.to_bits(), 1.0_f64.to_bits());
        assert_eq!(found.earliest, Some(52.5));
        assert_eq!((found.likely, found.latest), (Some(52.5), Some(52.5)));
        let idle = ForecastInput {
            recent: vec![0.0; 6],
            ..steady
        };
        assert_eq!(drawn(&idle).probability.to_bits(), 0.0_f64.to_bits());
        assert_eq!(drawn(&idle).earliest, None);
    }

    #[test]
    fn use_elsewhere_brings_the_end_forward() {
        let input = ForecastInput {
            level: 60.0,
            stop_at: 100.0,
            minutes_left: 200.0,
            recent: vec![5.0; 6],
            usual: vec![vec![5.0]; 14],
            outside_per_minute: 0.0,
        };
        let outside = ForecastInput {
            outside_per_minute: 0.5,
            ..input.clone()
        };
        assert!(drawn(&outside).likely < drawn(&input).likely);
    }

    #[test]
    fn hostile_numbers_give_a_forecast_within_bounds() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1e300, 1e300] {
            let found = drawn(&ForecastInput {
                level: number,
                stop_at: 100.0,
                minutes_left: number.min(1e6),
                recent: vec![number; 3],
                usual: vec![vec![number]; 3],
                outside_per_minute: number,
            });
            assert!((0.0..=1.0).contains(&found.probability), "{number}");
            assert!(found.likely.is_none_or(f64::is_finite), "{number}");
        }
    }
}
