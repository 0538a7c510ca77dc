//! Tracks open connections, their addresses and idle times. When there are too many, the longest idle ones are closed, so
//! that one client cannot exhaust the limit.

use std::{
    collections::{HashMap, HashSet},
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::ConnectionLimits;

/// How many idle connections are closed together: finding them scans all.
const EVICTION_BATCH: usize = 64;
/// A response is sent within this time after its last frame.
const FLUSH_TIME: Duration = Duration::from_millis(500);

/// All connections. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limits: ConnectionLimits,
    origin: Instant,
    open: Mutex<Open>,
    closed: Notify,
}

#[derive(Debug, Default)]
struct Open {
    next_id: u64,
    connections: HashMap<u64, Arc<Activity>>,
    /// By counted address.
    by_address: HashMap<IpAddr, HashSet<u64>>,
}

/// The activity of one connection.
#[derive(Debug)]
pub(super) struct Activity {
    address: Option<IpAddr>,
    origin: Instant,
    /// Requests in flight.
    requests: AtomicU32,
    /// Since when it is idle, in milliseconds after the origin.
    idle_since: AtomicU64,
    has_served: AtomicBool,
    is_upgraded: AtomicBool,
    /// Cancelled when the server stops or the connection is evicted.
    pub(super) end: CancellationToken,
}

/// Counts a connection until it is closed.
#[derive(Debug)]
pub(super) struct Permit {
    connections: Connections,
    id: u64,
}

/// Marks a connection as busy until dropped.
#[derive(Debug)]
pub(super) struct Busy(Arc<Activity>);

/// The limit of the address is reached.
#[derive(Debug)]
pub(super) struct TooMany;

impl Connections {
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        Self(Arc::new(Shared {
            limits,
            origin: Instant::now(),
            open: Mutex::default(),
            closed: Notify::new(),
        }))
    }

    /// Admits a connection from this address. Waits while all open ones are busy.
    pub(super) async fn admit(
        &self,
        peer: Option<IpAddr>,
        end: CancellationToken,
    ) -> Result<(Permit, Arc<Activity>), TooMany> {
        let address = peer.map(counting_address);
        let address = address.filter(|address| self.is_counted(*address));
        loop {
            let closed = self.0.closed.notified();
            if let Some(admitted) = self.try_admit(address, &end)? {
                return Ok(admitted);
            }
            closed.await;
        }
    }

    /// `None` while all connections are busy.
    fn try_admit(
        &self,
        address: Option<IpAddr>,
        end: &CancellationToken,
    ) -> Result<Option<(Permit, Arc<Activity>)>, TooMany> {
        let mut open = self.lock();
        self.make_room_at(&mut open, address)?;
        let most = self.0.limits.connections;
        if open.connections.len() >= most {
            let all = open.connections.keys().copied().collect();
            self.evict(&mut open, all, EVICTION_BATCH);
        }
        let has_room = open.connections.len() < most;
        Ok(has_room.then(|| self.register(&mut open, address, end.clone())))
    }

    /// Closes some idle connections, when file descriptors run out.
    pub(super) fn evict_some(&self) {
        let mut open = self.lock();
        let all = open.connections.keys().copied().collect();
        self.evict(&mut open, all, EVICTION_BATCH);
    }

    /// Closes the connections that have been idle for this time, or whose client has not finished the head of a request.
    pub(super) fn close_idle(&self, limit: Duration) {
        let idle_before = self.0.origin.elapsed().checked_sub(limit);
        let Some(idle_before) = idle_before.map(milliseconds) else {
            return;
        };
        let mut open = self.lock();
        let ids = open.connections.iter().filter_map(|(id, activity)| {
            let (_, since) = activity.idle()?;
            (since <= idle_before).then_some(*id)
        });
        for id in ids.collect::<Vec<_>>() {
            if let Some(activity) = open.remove(id) {
                activity.end.cancel();
            }
        }
    }

    fn is_counted(&self, address: IpAddr) -> bool {
        let mut exempt = self.0.limits.exempt.iter();
        !exempt.any(|network| network.contains(&address))
    }

    /// Closes the longest idle connection of this address, if it is at its limit.
    fn make_room_at(&self, open: &mut Open, address: Option<IpAddr>) -> Result<(), TooMany> {
        let (Some(address), Some(most)) = (address, self.0.limits.per_address) else {
            return Ok(());
        };
        let Some(same) = open.by_address.get(&address) else {
            return Ok(());
        };
        if same.len() < most {
            return Ok(());
        }
        let same: Vec<u64> = same.iter().copied().collect();
        match self.evict(open, same, 1) {
            0 => Err(TooMany),
            _ => Ok(()),
        }
    }

    fn register(
        &self,
        open: &mut Open,
        address: Option<IpAddr>,
        end: CancellationToken,
    ) -> (Permit, Arc<Activity>) {
        let activity = Arc::new(Activity {
            address,
            origin: self.0.origin,
            requests: AtomicU32::new(0),
            idle_since: AtomicU64::new(milliseconds(self.0.origin.elapsed())),
            has_served: AtomicBool::new(false),
            is_upgraded: AtomicBool::new(false),
            end,
        });
        let id = open.next_id;
        open.next_id += 1;
        open.connections.insert(id, Arc::clone(&activity));
        if let Some(address) = address {
            open.by_address.entry(address).or_default().insert(id);
        }
        let permit = Permit {
            connections: self.clone(),
            id,
        };
        (permit, activity)
    }

    /// Closes the longest idle of some connections, those without any request first. Returns the number.
    fn evict(&self, open: &mut Open, among: Vec<u64>, most: usize) -> usize {
        let now = milliseconds(self.0.origin.elapsed());
        let rested = milliseconds(FLUSH_TIME);
        let idle = among.into_iter().filter_map(|id| {
            let (has_served, since) = open.connections.get(&id)?.idle()?;
            let has_left = !has_served || since + rested <= now;
            has_left.then_some((has_served, since, id))
        });
        let mut idle: Vec<_> = idle.collect();
        if idle.len() > most {
            idle.select_nth_unstable(most);
            idle.truncate(most);
        }
        for (_, _, id) in &idle {
            if let Some(activity) = open.remove(*id) {
                activity.end.cancel();
            }
        }
        idle.len()
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn remove(&mut self, id: u64) -> Option<Arc<Activity>> {
        let activity = self.connections.remove(&id)?;
        if let Some(address) = activity.address
            && let Some(same) = self.by_address.get_mut(&address)
        {
            same.remove(&id);
            if same.is_empty() {
                self.by_address.remove(&address);
            }
        }
        Some(activity)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        // An evicted connection is already removed.
        drop(self.connections.lock().remove(self.id));
        self.connections.0.closed.notify_one();
    }
}

impl Activity {
    /// Marks the connection busy until the guard is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(self))
    }

    /// Marks it as a WebSocket, which is never idle: sockets have their own deadlines.
    pub(super) fn upgrade(&self) {
        self.is_upgraded.store(true, Ordering::Relaxed);
    }

    /// Whether no request is in flight.
    pub(super) fn is_idle(&self) -> bool {
        self.idle().is_some()
    }

    /// Whether it has served a request, and since when it is idle; none when busy.
    fn idle(&self) -> Option<(bool, u64)> {
        let is_idle =
            self.requests.load(Ordering::Relaxed) == 0 && !self.is_upgraded.load(Ordering::Relaxed);
        let has_served = self.has_served.load(Ordering::Relaxed);
        is_idle.then(|| (has_served, self.idle_since.load(Ordering::Relaxed)))
    }
}

impl Busy {
    /// Marks the connection as a WebSocket.
    pub(super) fn upgrade(&self) {
        self.0.upgrade();
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let now = milliseconds(self.0.origin.elapsed());
        self.0.has_served.store(true, Ordering::Relaxed);
        self.0.idle_since.store(now, Ordering::Relaxed);
        self.0.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The address by which a client is counted: IPv6 clients own a whole /64.
fn counting_address(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(total: usize, per_address: usize) -> Connections {
        Connections::new(ConnectionLimits {
            connections: total,
            per_address: Some(per_address),
            exempt: vec!["127.0.0.0/8".parse().unwrap()],
            ..ConnectionLimits::default()
        })
    }

    async fn open(
        connections: &Connections,
        address: &str,
    ) -> Result<(Permit, Arc<Activity>), TooMany> {
        let address = address.parse().unwrap();
        connections
            .admit(Some(address), CancellationToken::new())
            .await
    }

    #[tokio::test]
    async fn the_limit_per_address_does_not_affect_other_or_exempt_addresses() {
        let connections = connections(100, 2);
        let mut busy = Vec::new();
        for address in ["203.0.113.7", "203.0.113.7", "2001:db8::1", "2001:db8::2"] {
            let opened = open(&connections, address).await.unwrap();
            busy.push((opened.1.begin(), opened));
        }

        assert!(open(&connections, "203.0.113.7").await.is_err());
        assert!(open(&connections, "2001:db8::3").await.is_err());
        let _other = open(&connections, "203.0.113.8").await.unwrap();
        let _next_network = open(&connections, "2001:db8:0:1::3").await.unwrap();
        for _ in 0..3 {
            busy.extend(
                open(&connections, "127.0.0.1")
                    .await
                    .map(|it| (it.1.begin(), it)),
            );
        }
        busy.remove(0);
        assert!(open(&connections, "203.0.113.7").await.is_ok());
    }

    #[tokio::test]
    async fn at_its_limit_the_longest_idle_connection_of_an_address_is_closed() {
        let connections = connections(100, 2);
        let first = open(&connections, "203.0.113.7").await.unwrap();
        let second = open(&connections, "203.0.113.7").await.unwrap();
        let _busy = first.1.begin();

        let third = open(&connections, "203.0.113.7").await.unwrap();

        assert!(second.1.end.is_cancelled());
        assert!(!first.1.end.is_cancelled() && !third.1.end.is_cancelled());
        drop(second);
        let _busy = third.1.begin();
        assert!(open(&connections, "203.0.113.7").await.is_err());
    }

    #[tokio::test]
    async fn a_connection_is_closed_when_it_has_been_idle_for_too_long() {
        let connections = connections(10, 10);
        let idle = open(&connections, "203.0.113.1").await.unwrap();
        let asking = open(&connections, "203.0.113.1").await.unwrap();
        let _busy = asking.1.begin();

        connections.close_idle(Duration::from_mins(1));
        assert!(!idle.1.end.is_cancelled());
        connections.close_idle(Duration::ZERO);

        assert!(idle.1.end.is_cancelled() && !asking.1.end.is_cancelled());
    }

    #[tokio::test]
    async fn at_the_total_limit_silent_connections_are_closed_and_busy_ones_stay() {
        let connections = connections(3, 100);
        let silent = open(&connections, "203.0.113.1").await.unwrap();
        let socket = open(&connections, "203.0.113.2").await.unwrap();
        socket.1.upgrade();
        let asking = open(&connections, "203.0.113.3").await.unwrap();
        let busy = asking.1.begin();

        let next = open(&connections, "203.0.113.4").await.unwrap();
        let _busy = next.1.begin();
        let mut waits = Box::pin(open(&connections, "203.0.113.5"));
        let polled = futures_util::poll!(waits.as_mut());
        assert!(polled.is_pending());
        drop((busy, asking));

        assert!(waits.await.is_ok());
        assert!(silent.1.end.is_cancelled() && !socket.1.end.is_cancelled());
    }
}
