//! Many threads in parallel: in the end, the sums are right. One lock guards everything, so only whole steps interleave.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicI64, Ordering},
    thread,
};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::*;

const THREADS: u64 = 4;
const TURNS: usize = 10_000;
/// The quota of requests; more are attempted.
const REQUESTS: i64 = 10_000;

fn wish(random: &mut StdRng) -> Wish {
    let amounts = Amounts {
        tokens: random.random_range(0..500),
        cost: Cost::Free,
        requests: 1,
    };
    Wish {
        key: random.random_range(0..3),
        model: None,
        is_metered: true,
        estimate: amounts,
        ceiling: Some(amounts),
    }
}

/// Sends requests in a loop, with some in flight at all times.
fn work(account: &Arc<UserLimits>, seed: u64, written: &AtomicI64) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut under_way = Vec::new();
    for _ in 0..TURNS {
        let wish = wish(&mut random);
        let passing = request(account, wish).ok();
        under_way.extend(passing.map(|reservation| (reservation, wish)));
        if under_way.len() > 5 {
            let ending = random.random_range(0..under_way.len());
            let (mut reservation, wish) = under_way.swap_remove(ending);
            if random.random_bool(0.3) {
                reservation.release_slot();
            }
            if random.random_bool(0.8) {
                let used = random.random_range(0..=wish.estimate.tokens);
                end(account, reservation, wish, used);
                written.fetch_add(used, Ordering::Relaxed);
            }
        }
    }
}

/// Ends a request as the writer does.
fn end(account: &UserLimits, mut reservation: Reservation, wish: Wish, tokens: i64) {
    reservation.settle(tokens, 0);
    let used = Amounts {
        tokens,
        ..wish.estimate
    };
    for charge in wish.charges(account, used) {
        account.add(charge, AT);
    }
    reservation.commit();
}

#[test]
fn many_threads_leave_the_same_sums_as_one() {
    let mut tokens = quota(Metric::Tokens, i64::MAX);
    tokens.strict = true;
    let quotas = [tokens, quota(Metric::Requests, REQUESTS)];
    let meters = quotas.map(|quota| state(quota, BTreeMap::new()));
    let account = new_limits();
    account.set_meters(meters.to_vec());
    let written = AtomicI64::new(0);

    thread::scope(|scope| {
        for seed in 0..THREADS {
            let (account, written) = (&account, &written);
            scope.spawn(move || work(account, seed, written));
        }
    });

    let [tokens, requests] = account.meters().try_into().unwrap();
    let (tokens, requests) = (tokens.standing(AT), requests.standing(AT));
    assert_eq!((tokens.reserved, requests.reserved), (0, 0));
    assert_eq!(tokens.used, written.load(Ordering::Relaxed));
    let state = account.lock();
    assert!(!state.user.is_in_use() && !state.keys.values().any(RateLimits::is_in_use));
    drop(state);
    assert_eq!(passing(&account), REQUESTS - requests.used);
}

/// How many more requests pass.
fn passing(account: &Arc<UserLimits>) -> i64 {
    let wish = wish(&mut StdRng::seed_from_u64(0));
    let passing: Vec<_> = std::iter::from_fn(|| request(account, wish).ok()).collect();
    i64::try_from(passing.len()).unwrap()
}
