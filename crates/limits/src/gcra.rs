//! A rate limiter that can check before it takes, take many cells in one step, and return cells.
//!
//! The generic cell rate algorithm: a token bucket that holds the cells of a minute and refills steadily,
//! stored as the instant at which it will be full. The caller passes the time since an origin of its choice.

#[cfg(test)]
mod tests;

use std::time::Duration;

/// In attoseconds: at 10¹² cells per minute, a cell takes less than a nanosecond.
const NANOSECOND: u128 = 1_000_000_000;
const MINUTE: u128 = 60_000_000_000 * NANOSECOND;

/// The refill rate. The bucket holds the cells of one minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub per_minute: u64,
}

/// A bucket, initially full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gcra {
    /// When the bucket will be, or was, full: the theoretical arrival time, in attoseconds.
    full_at: u128,
}

impl Rate {
    /// The time in which this many cells refill. Rounded down, or a full bucket would lack a cell.
    fn time(self, cells: u64) -> u128 {
        u128::from(cells).saturating_mul(MINUTE) / u128::from(self.burst())
    }

    /// The capacity of the bucket, in cells.
    fn burst(self) -> u64 {
        self.per_minute.max(1)
    }
}

impl Gcra {
    /// How long until this many cells may be taken; `None` when they may be taken now. More cells than the
    /// capacity may be taken when the bucket is full.
    pub fn wait(&self, rate: Rate, cells: u64, now: Duration) -> Option<Duration> {
        let needed = rate.time(cells.min(rate.burst()));
        let free = MINUTE.saturating_sub(self.deficit(now));
        let excess = self.deficit(now).saturating_sub(MINUTE);
        let missing = needed.saturating_sub(free) + excess;
        (missing > 0).then(|| duration(missing))
    }

    /// Takes all cells or none. Returns what [`Gcra::wait`] returns.
    pub fn take(&mut self, rate: Rate, cells: u64, now: Duration) -> Option<Duration> {
        let wait = self.wait(rate, cells, now);
        if wait.is_none() {
            self.charge(rate, cells, now);
        }
        wait
    }

    /// Takes cells even if the bucket lacks them; later callers wait until it has refilled.
    pub fn charge(&mut self, rate: Rate, cells: u64, now: Duration) {
        let from = self.full_at.max(attoseconds(now));
        self.full_at = from.saturating_add(rate.time(cells));
    }

    /// Returns cells, up to the capacity.
    pub fn give_back(&mut self, rate: Rate, cells: u64) {
        self.full_at = self.full_at.saturating_sub(rate.time(cells));
    }

    /// Cells that may be taken now.
    pub fn remaining(&self, rate: Rate, now: Duration) -> u64 {
        let free = MINUTE.saturating_sub(self.deficit(now));
        // The most cells whose time, rounded down, is free.
        let cells = (free + 1)
            .saturating_mul(rate.burst().into())
            .div_ceil(MINUTE)
            - 1;
        u64::try_from(cells).map_or(rate.burst(), |cells| cells.min(rate.burst()))
    }

    /// How long until the bucket is full.
    pub fn resets_in(&self, now: Duration) -> Duration {
        duration(self.deficit(now))
    }

    /// The time until the bucket is full.
    fn deficit(&self, now: Duration) -> u128 {
        self.full_at.saturating_sub(attoseconds(now))
    }
}

fn attoseconds(duration: Duration) -> u128 {
    duration.as_nanos() * NANOSECOND
}

/// Rounded up, so that waiting this long suffices.
fn duration(attoseconds: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    let nanos = attoseconds.div_ceil(NANOSECOND);
    let rest = u32::try_from(nanos % SECOND).unwrap_or_default();
    u64::try_from(nanos / SECOND).map_or(Duration::MAX, |seconds| Duration::new(seconds, rest))
}
