//! Logs a failing dependency once when it begins to fail and once when it works again, however many
//! requests meet the failure meanwhile.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// While some requests fail and others do not, an outage ends only after this time without a failure.
pub const FLAPPING: Duration = Duration::from_secs(1);

/// Whether one dependency fails. A success costs one atomic read.
#[derive(Debug)]
pub struct Outage {
    quiet: Duration,
    is_failing: AtomicBool,
    failing: Mutex<Option<Failing>>,
}

/// What is known of an outage that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedOutage {
    pub lasted: Duration,
    /// How many requests met it.
    pub failures: u64,
}

impl EndedOutage {
    /// How long it lasted, for a log line.
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
    /// An outage that ends with the first success after this time without a failure.
    pub const fn new(quiet: Duration) -> Self {
        Self {
            quiet,
            is_failing: AtomicBool::new(false),
            failing: Mutex::new(None),
        }
    }

    /// Whether it fails now.
    pub fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Relaxed)
    }

    /// Notes that the dependency fails, without counting a request. True the first time: log it then.
    pub fn begin(&self) -> bool {
        let mut failing = self.lock();
        let is_first = failing.is_none();
        failing.get_or_insert_with(|| Failing::new(Instant::now()));
        self.is_failing.store(true, Ordering::Relaxed);
        is_first
    }

    /// Counts a request that met the outage, if it still lasts.
    pub fn count(&self) {
        if let Some(failing) = self.lock().as_mut() {
            failing.count(Instant::now());
        }
    }

    /// Notes a request that failed. True the first time: log it then.
    pub fn failed(&self) -> bool {
        let is_first = self.begin();
        self.count();
        is_first
    }

    /// Notes a success. What there is to log, if an outage ended with it.
    pub fn worked(&self) -> Option<EndedOutage> {
        if !self.is_failing() {
            return None;
        }
        let mut failing = self.lock();
        let ended = failing.take_if(|failing| failing.latest.elapsed() >= self.quiet)?;
        self.is_failing.store(false, Ordering::Relaxed);
        Some(ended.ended())
    }

    /// Notes how an attempt went, and calls what logs a change.
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

/// Whether dependencies of one kind fail, each by its own key. Holds those that fail now.
#[derive(Debug)]
pub struct Outages<Key>(Mutex<HashMap<Key, Failing>>);

impl<Key> Default for Outages<Key> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Key: Eq + Hash> Outages<Key> {
    /// Notes a failure. True the first time: log it then.
    pub fn failed(&self, key: Key) -> bool {
        let now = Instant::now();
        let mut all = self.lock();
        let failing = all.entry(key).or_insert_with(|| Failing::new(now));
        failing.count(now);
        failing.failures == 1
    }

    /// Notes a success. What there is to log, if an outage ended with it.
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
