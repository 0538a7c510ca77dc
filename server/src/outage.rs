//! Logs an outage of a dependency once when it starts and once when it ends, however many requests fail meanwhile.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// A flapping outage ends after this time without a failure.
pub const FLAPPING: Duration = Duration::from_secs(1);

/// Tracks the outage of one dependency. A success costs one atomic read.
#[derive(Debug)]
pub struct Outage {
    quiet: Duration,
    is_failing: AtomicBool,
    failing: Mutex<Option<Failing>>,
}

/// An outage that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedOutage {
    pub lasted: Duration,
    /// The number of failed requests.
    pub failures: u64,
}

impl EndedOutage {
    /// Its duration for a log line, in milliseconds.
    pub fn lasted_ms(self) -> u64 {
        u64::try_from(self.lasted.as_millis()).unwrap_or(u64::MAX)
    }
}

#[derive(Clone, Copy, Debug)]
struct Failing {
    since: Instant,
    latest: Instant,
    failures: u64,
}

impl Failing {
    fn new(now: Instant) -> Self {
        Self {
            since: now,
            latest: now,
            failures: 0,
        }
    }

    fn count(&mut self, now: Instant) {
        self.latest = now;
        self.failures = self.failures.saturating_add(1);
    }

    fn ended(self) -> EndedOutage {
        EndedOutage {
            lasted: self.since.elapsed(),
            failures: self.failures,
        }
    }
}

impl Outage {
    /// An outage ends with the first success after this time without a failure.
    pub const fn new(quiet: Duration) -> Self {
        Self {
            quiet,
            is_failing: AtomicBool::new(false),
            failing: Mutex::new(None),
        }
    }

    /// Whether there is an outage now.
    pub fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Relaxed)
    }

    /// Starts an outage without counting a request. True if it is new: log it then.
    pub fn begin(&self) -> bool {
        let mut failing = self.lock();
        let is_first = failing.is_none();
        failing.get_or_insert_with(|| Failing::new(Instant::now()));
        self.is_failing.store(true, Ordering::Relaxed);
        is_first
    }

    /// Counts a failed request, if the outage still lasts.
    pub fn count(&self) {
        if let Some(failing) = self.lock().as_mut() {
            failing.count(Instant::now());
        }
    }

    /// Records a failed request. True if the outage is new: log it then.
    pub fn failed(&self) -> bool {
        let is_first = self.begin();
        self.count();
        is_first
    }

    /// Records a success. Returns the outage that ended with it, to be logged.
    pub fn worked(&self) -> Option<EndedOutage> {
        if !self.is_failing() {
            return None;
        }
        let mut failing = self.lock();
        let ended = failing.take_if(|failing| failing.latest.elapsed() >= self.quiet)?;
        self.is_failing.store(false, Ordering::Relaxed);
        Some(ended.ended())
    }

    /// Records a result, and calls the function that logs the change, if any.
    pub fn note<T, E>(
        &self,
        result: &Result<T, E>,
        log_begin: impl FnOnce(&E),
        log_end: impl FnOnce(EndedOutage),
    ) {
        match result {
            Ok(_) => {
                if let Some(ended) = self.worked() {
                    log_end(ended);
                }
            }
            Err(error) => {
                if self.failed() {
                    log_begin(error);
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Failing>> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tracks the outages of several dependencies by key. Holds only current ones.
#[derive(Debug)]
pub struct Outages<Key>(Mutex<HashMap<Key, Failing>>);

impl<Key> Default for Outages<Key> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Key: Eq + Hash> Outages<Key> {
    /// Records a failure. True if the outage is new: log it then.
    pub fn failed(&self, key: Key) -> bool {
        let now = Instant::now();
        let mut all = self.lock();
        let failing = all.entry(key).or_insert_with(|| Failing::new(now));
        failing.count(now);
        failing.failures == 1
    }

    /// Records a success. Returns the outage that ended with it, to be logged.
    pub fn worked(&self, key: &Key) -> Option<EndedOutage> {
        self.lock().remove(key).map(Failing::ended)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Failing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_logged_at_its_first_failure_and_at_its_end() {
        let outage = Outage::new(Duration::ZERO);

        assert_eq!(outage.worked(), None);
        assert!(outage.failed());
        assert!(!outage.failed());
        let ended = outage.worked().unwrap();

        assert_eq!(ended.failures, 2);
        assert_eq!(outage.worked(), None);
        assert!(outage.failed(), "the next outage is another one");
    }

    #[test]
    fn requests_that_work_between_failures_do_not_end_an_outage() {
        let outage = Outage::new(Duration::from_hours(1));

        outage.failed();

        assert_eq!(outage.worked(), None);
        assert!(outage.is_failing());
        assert!(!outage.failed());
    }

    #[test]
    fn nothing_is_counted_while_nothing_fails() {
        let outage = Outage::new(Duration::ZERO);

        outage.count();
        assert!(outage.begin());
        outage.count();

        assert_eq!(outage.worked().unwrap().failures, 1);
    }

    #[test]
    fn each_key_has_its_own_outage() {
        let outages = Outages::default();

        assert!(outages.failed("a"));
        assert!(!outages.failed("a"));
        assert!(outages.failed("b"));

        assert_eq!(outages.worked(&"a").unwrap().failures, 2);
        assert_eq!(outages.worked(&"a"), None);
    }
}
