//! A rate limiter that can look before it takes, take many cells at once, and give back.
//!
//! The generic cell rate algorithm: a bucket of a minute's cells that refills steadily, remembered as
//! the one instant at which it will be full again. Time is what the caller says has passed since some
//! origin.

#[cfg(test)]
mod tests;

use std::time::Duration;

/// Attoseconds: at 10¹² cells a minute, a cell takes less than a nanosecond.
const NANOSECOND: u128 = 1_000_000_000;
const MINUTE: u128 = 60_000_000_000 * NANOSECOND;

/// How fast cells come back. The bucket holds as many as come back in a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub per_minute: u64,
}

/// One bucket, full at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gcra {
    /// When the bucket will be, or was, full: the theoretical arrival time, in attoseconds.
    full_at: u128,
}

impl Rate {
    /// The time in which so many cells come back. Rounded down, or a full bucket would lack a cell.
    fn time(self, cells: u64) -> u128 {
        u128::from(cells).saturating_mul(MINUTE) / u128::from(self.burst())
    }

    /// The most cells that a bucket holds.
    fn burst(self) -> u64 {
        self.per_minute.max(1)
    }
}

impl Gcra {
    /// How long until so many cells may be taken; `None` when they may be taken now. More cells than the
    /// bucket holds may be taken when it is full.
    pub fn wait(&self, rate: Rate, cells: u64, now: Duration) -> Option<Duration> {
        let needed = rate.time(cells.min(rate.burst()));
        let free = MINUTE.saturating_sub(self.debt(now));
        let excess = self.debt(now).saturating_sub(MINUTE);
        let missing = needed.saturating_sub(free) + excess;
        (missing > 0).then(|| duration(missing))
    }

    /// Takes cells if they may be taken, and otherwise nothing. Answers like [`Gcra::wait`].
    pub fn take(&mut self, rate: Rate, cells: u64, now: Duration) -> Option<Duration> {
        let wait = self.wait(rate, cells, now);
        if wait.is_none() {
            self.charge(rate, cells, now);
        }
        wait
    }

    /// Takes cells even if they are not there; those who come next wait until they are.
    pub fn charge(&mut self, rate: Rate, cells: u64, now: Duration) {
        let from = self.full_at.max(attoseconds(now));
        self.full_at = from.saturating_add(rate.time(cells));
    }

    /// Puts cells back. A bucket that was full in the past is full, and never more.
    pub fn give_back(&mut self, rate: Rate, cells: u64) {
        self.full_at = self.full_at.saturating_sub(rate.time(cells));
    }

    /// The cells that may be taken now.
    pub fn remaining(&self, rate: Rate, now: Duration) -> u64 {
        let free = MINUTE.saturating_sub(self.debt(now));
        // The most cells whose time, rounded down, is free.
        let cells = (free + 1)
            .saturating_mul(rate.burst().into())
            .div_ceil(MINUTE)
            - 1;
        u64::try_from(cells).map_or(rate.burst(), |cells| cells.min(rate.burst()))
    }

    /// How long until the bucket is full.
    pub fn resets_in(&self, now: Duration) -> Duration {
        duration(self.debt(now))
    }

    /// The time that it takes to fill the bucket.
    fn debt(&self, now: Duration) -> u128 {
        self.full_at.saturating_sub(attoseconds(now))
    }
}

fn attoseconds(duration: Duration) -> u128 {
    duration.as_nanos() * NANOSECOND
}

/// Rounded up: whoever waits so long has waited long enough.
fn duration(attoseconds: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    let nanos = attoseconds.div_ceil(NANOSECOND);
    let rest = u32::try_from(nanos % SECOND).unwrap_or_default();
    u64::try_from(nanos / SECOND).map_or(Duration::MAX, |seconds| Duration::new(seconds, rest))
}
