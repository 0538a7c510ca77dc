//! Limits guessing of passwords and codes: by address and name, by address, by administrator, and in total against
//! attackers with many addresses. In memory, with bounded tables; a restart clears it.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{Error, Result};
use crate::clock::SharedClock;

const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// Failures of one address for one name.
const PER_NAME: u32 = 10;
/// Failures of one address for all names.
const PER_ADDRESS: u32 = 30;
const PER_ADMIN: u32 = 10;
/// Failures of all addresses. Above this, attempts from addresses without an earlier success are queued.
const IN_TOTAL: u32 = 100;
const TURN: Duration = Duration::from_secs(1);
/// An attempt that would have to wait longer is rejected.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// Entries of each table. When a table is full, further attempts are not counted individually but queued.
const ENTRIES: usize = 10_000;
const KNOWN_ADDRESSES: usize = 1_000;

/// The origin of attempts: an IPv4 address, or an IPv6 /64, the smallest network that a customer gets.
pub(super) type Network = Option<IpAddr>;

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
        // A clock that was set back must not lock clients out for longer than the window.
        (now - self.since).abs() >= WINDOW
    }

    fn add(&mut self, now: DateTime<Utc>) {
        if self.is_over(now) {
            *self = Self::new(now);
        }
        self.count += 1;
    }

    fn take_back(&mut self, count: u32) {
        self.count = self.count.saturating_sub(count);
    }

    fn wait(&self, limit: u32, now: DateTime<Utc>) -> Option<Duration> {
        let blocked = self.count >= limit && !self.is_over(now);
        blocked.then(|| (self.since + WINDOW - now).to_std().unwrap_or_default())
    }
}

/// Failures by key, with at most [`ENTRIES`] keys.
type Table<K> = HashMap<K, Failures>;

#[derive(Debug)]
struct State {
    total: Failures,
    /// By address and the digest of the name.
    by_name: Table<(Network, u64)>,
    by_address: Table<Network>,
    /// Codes of second factors, by administrator. Addresses with an earlier success have counters of their
    /// own, so that attempts from other addresses cannot lock the administrator out.
    by_admin: Table<(Uuid, Network)>,
    /// The time of the last successful sign-in of an address.
    known: HashMap<Network, DateTime<Utc>>,
    /// When the next queued attempt may proceed.
    next_turn: Option<Instant>,
}

/// The service that counts failed sign-ins.
#[derive(Clone, Debug)]
pub struct LoginThrottle {
    clock: SharedClock,
    names: RandomState,
    state: Arc<Mutex<State>>,
}

/// An attempt, counted as a failure until [`Self::succeeded`].
#[derive(Debug)]
#[must_use = "an attempt that succeeds is taken back"]
pub struct LoginAttempt {
    throttle: LoginThrottle,
    network: Network,
    name: u64,
}

impl LoginThrottle {
    pub fn new(clock: SharedClock) -> Self {
        let state = State {
            total: Failures::new(clock.now()),
            by_name: HashMap::new(),
            by_address: HashMap::new(),
            by_admin: HashMap::new(),
            known: HashMap::new(),
            next_turn: None,
        };
        Self {
            clock,
            names: RandomState::new(),
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Adds addresses from which administrators signed in before this server started.
    pub fn remember(&self, addresses: impl IntoIterator<Item = IpAddr>) {
        let now = self.clock.now();
        let mut state = self.lock();
        for address in addresses {
            state.know(network(Some(address)), now);
        }
    }

    /// Counts an attempt before its password is verified, so that concurrent attempts are limited too. Above the total,
    /// waits in the queue.
    pub async fn attempt(&self, address: Option<IpAddr>, name: &str) -> Result<LoginAttempt> {
        let attempt = LoginAttempt {
            throttle: self.clone(),
            network: network(address),
            name: self.names.hash_one(name.trim()),
        };
        let wait = self.lock().count(&attempt, self.clock.now())?;
        if !wait.is_zero() {
            sleep(wait).await;
        }
        Ok(attempt)
    }

    /// Counts a code of a second factor before it is verified. The caller has verified the password.
    pub fn attempt_code(&self, admin_id: Uuid, address: Option<IpAddr>) -> Result<()> {
        let now = self.clock.now();
        let mut state = self.lock();
        let key = state.code_key(admin_id, address);
        make_room(&mut state.by_admin, now);
        let failures = state.by_admin.entry(key);
        let failures = failures.or_insert_with(|| Failures::new(now));
        if let Some(retry_after) = failures.wait(PER_ADMIN, now) {
            return Err(Error::RateLimited { retry_after });
        }
        failures.add(now);
        Ok(())
    }

    /// Removes a correct code from the failures.
    pub fn code_was_right(&self, admin_id: Uuid, address: Option<IpAddr>) {
        let mut state = self.lock();
        let key = state.code_key(admin_id, address);
        state.by_admin.remove(&key);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LoginAttempt {
    /// Clears the failures of this address for this name, and not for others.
    pub fn succeeded(self) {
        let now = self.throttle.clock.now();
        let mut state = self.throttle.lock();
        let failed = state.by_name.remove(&(self.network, self.name));
        let count = failed.map_or(1, |failures| failures.count);
        state.total.take_back(count);
        if let Some(failures) = state.by_address.get_mut(&self.network) {
            failures.take_back(count);
        }
        state.know(self.network, now);
    }
}

impl State {
    /// Counts an attempt and returns how long it has to wait.
    fn count(&mut self, attempt: &LoginAttempt, now: DateTime<Utc>) -> Result<Duration> {
        let LoginAttempt { network, name, .. } = *attempt;
        let by_name = self.by_name.get(&(network, name));
        let by_address = self.by_address.get(&network);
        let wait = by_name
            .and_then(|failures| failures.wait(PER_NAME, now))
            .or_else(|| by_address.and_then(|failures| failures.wait(PER_ADDRESS, now)));
        if let Some(retry_after) = wait {
            return Err(Error::RateLimited { retry_after });
        }
        let has_room = make_room(&mut self.by_name, now) & make_room(&mut self.by_address, now);
        let takes_turns = self.total.wait(IN_TOTAL, now).is_some() || !has_room;
        let wait = if takes_turns && !self.known.contains_key(&network) {
            self.take_turn()?
        } else {
            Duration::ZERO
        };
        self.total.add(now);
        add(&mut self.by_name, (network, name), now);
        add(&mut self.by_address, network, now);
        Ok(wait)
    }

    fn take_turn(&mut self) -> Result<Duration> {
        let now = Instant::now();
        let turn = self.next_turn.map_or(now, |turn| turn.max(now));
        let wait = turn - now;
        if wait > MAX_WAIT {
            return Err(Error::RateLimited { retry_after: wait });
        }
        self.next_turn = Some(turn + TURN);
        Ok(wait)
    }

    /// Records a successful sign-in of an address; evicts the oldest entry when the table is full.
    fn know(&mut self, network: Network, now: DateTime<Utc>) {
        if self.known.len() >= KNOWN_ADDRESSES && !self.known.contains_key(&network) {
            let oldest = self.known.iter().min_by_key(|(_, at)| **at);
            if let Some(oldest) = oldest.map(|(network, _)| *network) {
                self.known.remove(&oldest);
            }
        }
        self.known.insert(network, now);
    }

    fn code_key(&self, admin_id: Uuid, address: Option<IpAddr>) -> (Uuid, Network) {
        let network = network(address);
        let is_known = self.known.contains_key(&network);
        (admin_id, network.filter(|_| is_known))
    }
}

/// Removes expired entries when a table is full. Returns whether there is room.
fn make_room<K>(table: &mut Table<K>, now: DateTime<Utc>) -> bool {
    if table.len() >= ENTRIES {
        table.retain(|_, failures| !failures.is_over(now));
    }
    table.len() < ENTRIES
}

fn add<K: Eq + std::hash::Hash>(table: &mut Table<K>, key: K, now: DateTime<Utc>) {
    if table.len() < ENTRIES || table.contains_key(&key) {
        let failures = table.entry(key).or_insert_with(|| Failures::new(now));
        failures.add(now);
    }
}

/// An IPv6 customer controls at least a /64, so single addresses are meaningless.
pub(super) fn network(address: Option<IpAddr>) -> Network {
    let IpAddr::V6(address) = address?.to_canonical() else {
        return Some(address?.to_canonical());
    };
    let [a, b, c, d, ..] = address.segments();
    Some(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    fn throttle() -> LoginThrottle {
        LoginThrottle::new(Arc::new(SystemClock))
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "in the form that the throttle takes"
    )]
    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    fn attempt(throttle: &LoginThrottle, from: &str, name: &str) -> LoginAttempt {
        LoginAttempt {
            throttle: throttle.clone(),
            network: network(address(from)),
            name: throttle.names.hash_one(name),
        }
    }

    /// How long a failing attempt has to wait; `None` if it is rejected.
    fn fail(throttle: &LoginThrottle, from: &str, name: &str) -> Option<Duration> {
        let now = throttle.clock.now();
        let attempt = attempt(throttle, from, name);
        throttle.lock().count(&attempt, now).ok()
    }

    fn succeed(throttle: &LoginThrottle, from: &str, name: &str) {
        if fail(throttle, from, name).is_some() {
            attempt(throttle, from, name).succeeded();
        }
    }

    fn exhaust_total(throttle: &LoginThrottle) {
        for number in 0..IN_TOTAL {
            let from = format!("10.0.0.{number}");
            assert_eq!(fail(throttle, &from, "owner"), Some(Duration::ZERO));
        }
    }

    #[test]
    fn a_success_at_one_name_keeps_the_failures_at_another() {
        let throttle = throttle();
        for _ in 0..PER_NAME {
            assert!(fail(&throttle, "192.0.2.1", "owner").is_some());
        }

        succeed(&throttle, "192.0.2.1", "viewer");

        assert!(fail(&throttle, "192.0.2.1", "owner").is_none());
        assert!(fail(&throttle, "192.0.2.1", "viewer").is_some());
    }

    #[test]
    fn successes_between_failures_do_not_lift_the_limit_of_an_address() {
        let throttle = throttle();
        let mut failures = 0;
        for name in 0..100 {
            succeed(&throttle, "192.0.2.1", "viewer");
            let failed = fail(&throttle, "192.0.2.1", &format!("name-{name}"));
            failures += u32::from(failed.is_some());
        }

        assert_eq!(failures, PER_ADDRESS);
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one() {
        let throttle = throttle();
        for number in 0..PER_NAME {
            let from = format!("2001:db8:0:1::{number:x}");
            assert!(fail(&throttle, &from, "owner").is_some());
        }

        assert!(fail(&throttle, "2001:db8:0:1:ffff::1", "owner").is_none());
        assert!(fail(&throttle, "2001:db8:0:2::1", "owner").is_some());
        let mapped = network(address("::ffff:192.0.2.1"));
        assert_eq!(mapped, network(address("192.0.2.1")));
    }

    #[test]
    fn beyond_the_total_unknown_addresses_take_turns_and_known_ones_do_not() {
        let throttle = throttle();
        throttle.remember(address("198.51.100.7"));
        exhaust_total(&throttle);

        assert_eq!(fail(&throttle, "192.0.2.1", "owner"), Some(Duration::ZERO));
        let second = fail(&throttle, "192.0.2.2", "owner").unwrap();
        assert!(second > Duration::ZERO && second <= TURN, "{second:?}");
        let known = fail(&throttle, "198.51.100.7", "owner");
        assert_eq!(known, Some(Duration::ZERO));
    }

    #[test]
    fn the_queue_of_turns_is_bounded() {
        let throttle = throttle();
        exhaust_total(&throttle);

        let attempts = (0..50).map(|number| format!("192.0.2.{number}"));
        let made = attempts.filter(|from| fail(&throttle, from, "owner").is_some());

        assert!((10..=12).contains(&made.count()));
    }

    #[test]
    fn the_tables_are_bounded() {
        let throttle = throttle();
        let now = throttle.clock.now();
        for number in 0..2 * u32::try_from(ENTRIES).unwrap() {
            let address = std::net::Ipv4Addr::from(number);
            let attempt = attempt(&throttle, &address.to_string(), "owner");
            let mut state = throttle.lock();
            // Below the total no attempt is queued, so that the tables fill up.
            state.total = Failures::new(now);
            let _ = state.count(&attempt, now);
        }
        let known = u32::try_from(KNOWN_ADDRESSES).unwrap() + 10;
        throttle.remember((0..known).map(|number| std::net::Ipv4Addr::from(number).into()));

        let state = throttle.lock();
        assert_eq!(state.known.len(), KNOWN_ADDRESSES);
        assert_eq!(state.by_name.len(), ENTRIES);
        assert_eq!(state.by_address.len(), ENTRIES);
    }

    #[test]
    fn codes_from_other_addresses_do_not_lock_out_an_address_that_signed_in() {
        let (throttle, admin) = (throttle(), Uuid::now_v7());
        throttle.remember(address("198.51.100.7"));
        for number in 0..PER_ADMIN {
            let from = address(&format!("10.0.0.{number}"));
            assert!(throttle.attempt_code(admin, from).is_ok());
        }

        let elsewhere = throttle.attempt_code(admin, address("10.0.1.1"));
        assert!(elsewhere.is_err());
        let known = throttle.attempt_code(admin, address("198.51.100.7"));
        assert!(known.is_ok());
    }
}
