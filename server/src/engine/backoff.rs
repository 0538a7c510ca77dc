//! The delay before the engine is started again.

use std::time::Duration;

/// The delay before the first restart: short, because requests wait.
const FIRST_DELAY: Duration = Duration::from_millis(100);

/// Doubles with each failure up to the maximum.
pub(super) fn delay(failures: u32, longest: Duration) -> Duration {
    let factor = 2_u32.saturating_pow(failures.saturating_sub(1));
    FIRST_DELAY.saturating_mul(factor).min(longest)
}

/// Subtracts up to half, so that many servers do not reconnect at the same moment.
pub(super) fn jittered(delay: Duration) -> Duration {
    delay.mul_f64(rand::random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX_DELAY: Duration = Duration::from_secs(30);

    #[test]
    fn doubles_up_to_the_longest() {
        let delays: Vec<_> = (1..=4)
            .map(|failures| delay(failures, MAX_DELAY).as_millis())
            .collect();

        assert_eq!(delays, [100, 200, 400, 800]);
        assert_eq!(delay(10, MAX_DELAY), MAX_DELAY);
        assert_eq!(delay(u32::MAX, MAX_DELAY), MAX_DELAY);
    }

    #[test]
    fn jitter_takes_off_half_at_most() {
        let delay = jittered(MAX_DELAY);

        assert!(delay >= MAX_DELAY / 2 && delay <= MAX_DELAY);
    }
}
