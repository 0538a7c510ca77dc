//! Many requests that wait, in one process.

use std::{
    future::pending,
    pin::Pin,
    sync::atomic::{AtomicU32, Ordering},
};

use futures_util::FutureExt as _;
use limits::{LimitKind, LimitOwner, LimitState};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use uuid::Uuid;

use super::*;

const LONG: Duration = Duration::from_secs(100);

/// A limit on concurrent requests.
#[derive(Clone, Default)]
struct Places {
    list: WaitList,
    free: Arc<AtomicU32>,
}

/// A place until it is dropped.
struct Place(Places);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.free(1);
    }
}

impl Places {
    fn free(&self, places: u32) {
        self.free.fetch_add(places, Ordering::SeqCst);
        self.list.wake();
    }

    fn attempt(&self) -> impl FnMut() -> Result<Place, LimitError> + Send + use<> {
        let places = self.clone();
        move || {
            let order = Ordering::SeqCst;
            let taken = places
                .free
                .fetch_update(order, order, |free| free.checked_sub(1));
            taken.map(|_| Place(places.clone())).map_err(|_| busy())
        }
    }
}

fn busy() -> LimitError {
    LimitError::Rate {
        kind: LimitKind::ConcurrentRequests,
        limit: "1 concurrent request".to_owned(),
        retry_after: Duration::from_secs(1),
        state: Box::new(LimitState {
            holder: LimitOwner::User,
            limit: 1,
            used: 1,
            reserved: 0,
            needed: Some(1),
        }),
    }
}

/// Waiting requests of many users, and what ends them.
struct Server {
    control: Arc<WaitControl>,
    revoked: CancellationToken,
    max_wait: Duration,
    most_in_total: u32,
}

type Waiting = Pin<Box<dyn Future<Output = Result<Place, WaitError>>>>;

impl Server {
    fn new() -> Self {
        Self {
            control: Arc::new(WaitControl {
                metrics: WaitMetrics::default(),
                stop: CancellationToken::new(),
            }),
            revoked: CancellationToken::new(),
            max_wait: LONG,
            most_in_total: 10_000,
        }
    }

    fn wait(&self, places: &Places) -> Waiting {
        self.wait_with(places, pending(), |_| None)
    }

    fn wait_with(
        &self,
        places: &Places,
        client: impl Future<Output = ClientEnd> + 'static,
        earliest: impl FnOnce(usize) -> Option<Duration> + 'static,
    ) -> Waiting {
        let control = Arc::clone(&self.control);
        let (revoked, places) = (self.revoked.clone(), places.clone());
        let (max_wait, most_in_total) = (self.max_wait, self.most_in_total);
        Box::pin(async move {
            let request = WaitRequest {
                list: &places.list,
                waiter: Waiter {
                    rank: 0,
                    api_key_id: Uuid::nil(),
                    uses_tokens: true,
                },
                revoked: &revoked,
                max_wait,
                most: 32,
                most_in_total,
            };
            let attempt = places.attempt();
            control.admit(request, client, earliest, attempt).await
        })
    }

    fn waiting(&self) -> i64 {
        self.control.metrics.waiting()
    }
}

fn is_pending(waiting: &mut Waiting) -> bool {
    waiting.as_mut().now_or_never().is_none()
}

#[tokio::test]
async fn a_waiting_request_is_admitted_when_a_place_is_free() {
    let (server, places) = (Server::new(), Places::default());
    let mut first = server.wait(&places);
    let mut second = server.wait(&places);
    assert!(is_pending(&mut first) && is_pending(&mut second));

    places.free(1);

    let place = first.await.unwrap();
    assert!(is_pending(&mut second));
    drop(place);
    assert!(second.await.is_ok());
    assert_eq!(server.waiting(), 0);
}

#[tokio::test]
async fn a_request_is_refused_at_the_end_of_its_wait_with_the_limit() {
    let mut server = Server::new();
    server.max_wait = Duration::from_millis(20);

    let refused = server.wait(&Places::default()).await;

    let Err(WaitError::Limited(Some(limit))) = refused else {
        panic!("no limit");
    };
    assert_eq!(limit, busy());
}

#[tokio::test]
async fn a_request_that_cannot_be_admitted_in_time_is_refused_immediately() {
    let (server, places) = (Server::new(), Places::default());
    let earliest = |ahead| Some(LONG + Duration::from_secs(1)).filter(|_| ahead == 1);
    let mut first = server.wait(&places);
    assert!(is_pending(&mut first));

    let refused = server.wait_with(&places, pending(), earliest);

    let refused = refused.now_or_never().unwrap();
    assert!(matches!(refused, Err(WaitError::Limited(_))));
}

#[tokio::test]
async fn revocation_stop_and_departure_end_a_wait_immediately() {
    let places = Places::default();
    let server = Server::new();
    let mut waiting = server.wait(&places);
    assert!(is_pending(&mut waiting));
    server.revoked.cancel();
    assert!(matches!(waiting.await, Err(WaitError::Revoked)));

    let server = Server::new();
    let mut waiting = server.wait(&places);
    assert!(is_pending(&mut waiting));
    server.control.stop.cancel();
    assert!(matches!(waiting.await, Err(WaitError::Stopping)));

    let server = Server::new();
    let client = async { ClientEnd::Left };
    let waiting = server.wait_with(&places, client, |_| None);
    assert!(matches!(waiting.await, Err(WaitError::ClientGone)));
    assert!(places.list.is_empty());
}

#[tokio::test]
async fn ten_thousand_requests_wait_in_bounded_memory() {
    let server = Server::new();
    let users: Vec<Places> = (0..313).map(|_| Places::default()).collect();
    let mut waiting = Vec::new();
    for number in 0..10_000 {
        let mut request = server.wait(&users[number % users.len()]);
        assert!(is_pending(&mut request), "{number}");
        assert!(size_of_val(&*request) <= 2048);
        waiting.push(request);
    }
    assert_eq!(server.waiting(), 10_000);

    // One more is refused, and so is one of a user whose line is full.
    let one_more = server.wait(&users[312]).now_or_never().unwrap();
    assert!(matches!(one_more, Err(WaitError::Limited(_))));

    drop(waiting);
    assert_eq!(server.waiting(), 0);
    assert!(users.iter().all(|places| places.list.is_empty()));
}

#[tokio::test]
async fn after_a_thousand_random_departures_no_place_is_held() {
    let mut random = StdRng::seed_from_u64(4);
    let (server, places) = (Server::new(), Places::default());
    places.free(2);
    let mut waiting: Vec<Waiting> = Vec::new();
    let mut running = Vec::new();
    for _ in 0..1000 {
        while waiting.len() < 20 {
            let mut request = server.wait(&places);
            match request.as_mut().now_or_never() {
                Some(place) => running.push(place.unwrap()),
                None => waiting.push(request),
            }
        }
        // It may have been admitted without having noticed.
        drop(waiting.swap_remove(random.random_range(0..20)));
        if random.random_bool(0.3) {
            running.pop();
        }
    }

    drop((waiting, running));

    assert_eq!(places.free.load(Ordering::SeqCst), 2);
    assert_eq!(server.waiting(), 0);
    assert!(places.list.is_empty());
}
