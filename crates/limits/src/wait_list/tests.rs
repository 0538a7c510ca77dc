//! The order in which waiting requests are admitted.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};

use super::*;

const PLENTY: usize = usize::MAX;

/// A limit on concurrent requests, and the names of those that were admitted.
#[derive(Clone, Default)]
struct Limit {
    list: WaitList,
    free: Arc<AtomicU32>,
    admitted: Arc<Mutex<Vec<u32>>>,
}

impl Limit {
    fn attempt(&self, name: u32, blocked: Blocked) -> Attempt {
        let limit = self.clone();
        Box::new(move || {
            let take = |free: u32| free.checked_sub(1);
            let order = (Ordering::SeqCst, Ordering::SeqCst);
            if limit.free.fetch_update(order.0, order.1, take).is_err() {
                return AttemptResult::Blocked(blocked);
            }
            limit.admitted.lock().unwrap().push(name);
            AttemptResult::Ended
        })
    }

    fn join(&self, name: u32, waiter: Waiter, blocked: Blocked) -> WaitTicket {
        let attempt = self.attempt(name, blocked);
        self.list.join(waiter, PLENTY, attempt).unwrap()
    }

    fn free(&self, requests: u32) {
        self.free.fetch_add(requests, Ordering::SeqCst);
        self.list.wake();
    }

    fn admitted(&self) -> Vec<u32> {
        self.admitted.lock().unwrap().clone()
    }
}

fn waiter() -> Waiter {
    Waiter {
        rank: 0,
        api_key_id: Uuid::nil(),
        uses_tokens: true,
    }
}

const BY_USER: Blocked = Blocked {
    owner: LimitOwner::User,
    by_tokens: false,
    retry_after: None,
};

fn news(ticket: &WaitTicket) -> Poll<WaitNews> {
    ticket.poll_news(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_freed_place_goes_to_the_first_in_the_line() {
    let limit = Limit::default();
    let tickets = [1, 2, 3].map(|name| limit.join(name, waiter(), BY_USER));

    limit.free(1);
    // It arrives while two wait.
    let late = limit.join(4, waiter(), BY_USER);
    limit.free(2);

    assert_eq!(limit.admitted(), [1, 2, 3]);
    assert_eq!(news(&tickets[0]), Poll::Ready(WaitNews::Ended));
    assert_eq!(news(&late), Poll::Ready(WaitNews::Blocked(None)));
    assert_eq!((limit.list.len(), late.ahead()), (1, 0));
}

#[test]
fn the_lowest_rank_is_admitted_first_and_then_the_earliest() {
    let limit = Limit::default();
    let ranks = [(1, 5), (2, 0), (3, 5), (4, 0)];
    let _tickets = ranks.map(|(name, rank)| {
        let waiter = Waiter { rank, ..waiter() };
        limit.join(name, waiter, BY_USER)
    });

    limit.free(4);

    assert_eq!(limit.admitted(), [2, 4, 1, 3]);
}

#[test]
fn the_limit_of_one_key_does_not_hold_up_another_key() {
    let (first, second) = (Limit::default(), Limit::default());
    let second = Limit {
        list: first.list.clone(),
        ..second
    };
    let by_key = Blocked {
        owner: LimitOwner::Key,
        ..BY_USER
    };
    let other_key = Waiter {
        api_key_id: Uuid::from_u128(2),
        ..waiter()
    };
    let _tickets = [
        first.join(1, waiter(), by_key),
        first.join(2, waiter(), by_key),
        second.join(3, other_key, by_key),
    ];

    second.free(1);

    assert_eq!((first.admitted(), second.admitted()), (vec![], vec![3]));
}

#[test]
fn requests_without_tokens_pass_those_that_wait_for_tokens() {
    let (tokens, places) = (Limit::default(), Limit::default());
    places.free(1);
    let by_tokens = Blocked {
        by_tokens: true,
        ..BY_USER
    };
    let small = Waiter {
        uses_tokens: false,
        ..waiter()
    };
    let _first = tokens.join(1, waiter(), by_tokens);
    let attempt = places.attempt(2, BY_USER);

    let second = tokens.list.join(small, PLENTY, attempt).unwrap();

    assert_eq!(news(&second), Poll::Ready(WaitNews::Ended));
    assert_eq!(tokens.list.len(), 1);
}

#[test]
fn a_request_that_leaves_lets_those_behind_it_pass() {
    let (blocked, free) = (Limit::default(), Limit::default());
    free.free(1);
    let first = blocked.join(1, waiter(), BY_USER);
    let attempt = free.attempt(2, BY_USER);
    let second = blocked.list.join(waiter(), PLENTY, attempt).unwrap();
    assert_eq!((news(&second), second.ahead()), (Poll::Pending, 1));

    drop(first);

    assert_eq!(news(&second), Poll::Ready(WaitNews::Ended));
    assert!(blocked.list.is_empty());
}

#[test]
fn a_full_line_takes_no_more() {
    let limit = Limit::default();
    let join = || limit.list.join(waiter(), 2, limit.attempt(0, BY_USER));
    let held = [join().unwrap(), join().unwrap()];

    assert!(join().is_none());
    drop(held);
    assert!(join().is_some());
}

#[test]
fn after_a_thousand_random_departures_no_place_is_held() {
    let mut random = StdRng::seed_from_u64(6);
    let limit = Limit::default();
    let mut tickets: Vec<WaitTicket> = Vec::new();
    for name in 0..2000 {
        tickets.push(limit.join(name, waiter(), BY_USER));
        if name % 2 == 0 {
            tickets.shuffle(&mut random);
            tickets.pop();
        }
        if random.random_ratio(1, 5) {
            limit.free(1);
        }
    }

    drop(tickets);

    assert!(limit.list.is_empty());
    let admitted = limit.admitted();
    assert!(admitted.is_sorted(), "{admitted:?}");
}
