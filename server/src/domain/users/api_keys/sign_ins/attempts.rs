//! Counts attempts within a span of time, in memory and within bounds. A restart clears it.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{Error, Result};

/// Entries of a table. While it is full, further keys are refused.
const ENTRIES: usize = 10_000;

/// The time of the first attempt of a span, and the attempts since.
type Count = (DateTime<Utc>, u32);

/// The attempts of each key since the first one of its span.
#[derive(Clone, Debug)]
pub(super) struct Attempts<K> {
    limit: u32,
    window: TimeDelta,
    counts: Arc<Mutex<HashMap<K, Count>>>,
}

impl<K: Eq + Hash> Attempts<K> {
    pub(super) fn new(limit: u32, window: TimeDelta) -> Self {
        Self {
            limit,
            window,
            counts: Arc::default(),
        }
    }

    /// Counts an attempt; fails above the limit.
    pub(super) fn count(&self, key: K, now: DateTime<Utc>) -> Result<()> {
        let mut counts = self.lock();
        // A clock that was set back must not lock clients out for longer than the span.
        let is_over = |since: DateTime<Utc>| (now - since).abs() >= self.window;
        if counts.len() >= ENTRIES && !counts.contains_key(&key) {
            counts.retain(|_, (since, _)| !is_over(*since));
            if counts.len() >= ENTRIES {
                return Err(limited(self.window));
            }
        }
        let (since, count) = counts.entry(key).or_insert((now, 0));
        if is_over(*since) {
            (*since, *count) = (now, 0);
        }
        if *count >= self.limit {
            return Err(limited(*since + self.window - now));
        }
        *count += 1;
        Ok(())
    }

    /// Removes an attempt that succeeded.
    pub(super) fn take_back(&self, key: &K) {
        if let Some((_, count)) = self.lock().get_mut(key) {
            *count = count.saturating_sub(1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, (DateTime<Utc>, u32)>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn limited(wait: TimeDelta) -> Error {
    Error::RateLimited {
        retry_after: wait.to_std().unwrap_or(Duration::from_secs(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_limited_within_the_span_and_by_key() {
        let attempts = Attempts::new(2, TimeDelta::minutes(10));
        let at = |minute: i64| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minute);

        assert!(attempts.count("a", at(0)).is_ok());
        assert!(attempts.count("a", at(1)).is_ok());
        assert!(attempts.count("a", at(9)).is_err());
        assert!(attempts.count("b", at(9)).is_ok());
        attempts.take_back(&"a");
        assert!(attempts.count("a", at(9)).is_ok());
        assert!(attempts.count("a", at(9)).is_err());
        assert!(attempts.count("a", at(10)).is_ok());
    }

    #[test]
    fn the_table_is_bounded() {
        let attempts = Attempts::new(2, TimeDelta::minutes(10));
        let now = DateTime::<Utc>::UNIX_EPOCH;
        for key in 0..ENTRIES {
            assert!(attempts.count(key, now).is_ok());
        }

        assert!(attempts.count(ENTRIES, now).is_err());
        assert!(attempts.count(0, now).is_ok());
        let later = now + TimeDelta::minutes(10);
        assert!(attempts.count(ENTRIES, later).is_ok());
        assert_eq!(attempts.lock().len(), 1);
    }
}
