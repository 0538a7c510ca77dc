//! Slows down guessing of passwords: per address, and in total for guessers with many addresses.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{Error, Result};
use crate::clock::SharedClock;

const WINDOW: TimeDelta = TimeDelta::minutes(15);
const PER_ADDRESS: u32 = 10;
const PER_ADMIN: u32 = 10;
const IN_TOTAL: u32 = 100;
/// Addresses remembered at most; beyond that the total decides.
const ADDRESSES: usize = 10_000;

/// Failures within one window.
#[derive(Clone, Copy, Debug)]
struct Failures {
    since: DateTime<Utc>,
    count: u32,
}

impl Failures {
    fn new(now: DateTime<Utc>) -> Self {
        Self {
            since: now,
            count: 0,
        }
    }

    fn is_over(&self, now: DateTime<Utc>) -> bool {
        // A clock that was set back must not lock anybody out for longer than the window.
        (now - self.since).abs() >= WINDOW
    }

    fn add(&mut self, now: DateTime<Utc>) {
        if self.is_over(now) {
            *self = Self::new(now);
        }
        self.count += 1;
    }

    fn wait(&self, limit: u32, now: DateTime<Utc>) -> Option<Duration> {
        let blocked = self.count >= limit && !self.is_over(now);
        blocked.then(|| (self.since + WINDOW - now).to_std().unwrap_or_default())
    }
}

#[derive(Debug)]
struct State {
    total: Failures,
    by_address: HashMap<IpAddr, Failures>,
    /// Codes of second factors, by administrator: there are few of them.
    by_admin: HashMap<Uuid, Failures>,
}

/// Remembers failed sign-ins. In memory: a restart forgives.
#[derive(Clone, Debug)]
pub struct LoginThrottle {
    clock: SharedClock,
    state: Arc<Mutex<State>>,
}

impl LoginThrottle {
    /// Starts with nobody under suspicion.
    pub fn new(clock: SharedClock) -> Self {
        let state = State {
            total: Failures::new(clock.now()),
            by_address: HashMap::new(),
            by_admin: HashMap::new(),
        };
        Self {
            clock,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Counts an attempt before its password is looked at, so that many at once do not slip through.
    pub fn attempt(&self, address: Option<IpAddr>) -> Result<()> {
        let now = self.clock.now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let by_address = address.and_then(|address| state.by_address.get(&address));
        let wait = by_address
            .and_then(|failures| failures.wait(PER_ADDRESS, now))
            .or_else(|| state.total.wait(IN_TOTAL, now));
        if let Some(retry_after) = wait {
            return Err(Error::RateLimited { retry_after });
        }
        state.total.add(now);
        if let Some(address) = address {
            if state.by_address.len() >= ADDRESSES {
                state
                    .by_address
                    .retain(|_, failures| !failures.is_over(now));
            }
            if state.by_address.len() < ADDRESSES {
                let failures = state.by_address.entry(address);
                failures.or_insert_with(|| Failures::new(now)).add(now);
            }
        }
        Ok(())
    }

    /// Takes an attempt back that turned out to be right.
    pub fn succeeded(&self, address: Option<IpAddr>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.total.count = state.total.count.saturating_sub(1);
        if let Some(address) = address {
            state.by_address.remove(&address);
        }
    }

    /// Counts a code of a second factor before it is looked at. Whoever gets this far has the password.
    pub fn attempt_code(&self, admin_id: Uuid) -> Result<()> {
        let now = self.clock.now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = state.by_admin.entry(admin_id);
        let failures = failures.or_insert_with(|| Failures::new(now));
        if let Some(retry_after) = failures.wait(PER_ADMIN, now) {
            return Err(Error::RateLimited { retry_after });
        }
        failures.add(now);
        Ok(())
    }

    /// Takes a code back that turned out to be right.
    pub fn code_was_right(&self, admin_id: Uuid) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.by_admin.remove(&admin_id);
    }
}
