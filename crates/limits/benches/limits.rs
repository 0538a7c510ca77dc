//! Times the limits of one request, from its slot to the commit of its usage.
//!
//! `cargo bench --package limits`

use std::{
    collections::BTreeMap,
    hint::black_box,
    io::{self, Write as _},
    sync::{Arc, LazyLock},
    thread,
    time::Instant,
};

use chrono::{DateTime, Utc};
use limits::{
    Amounts, Cost, LimitRequest, Metric, ProviderSet, QuotaRule, QuotaState, QuotaWindow,
    RateLimit, RequestUsage, UnpricedPolicy, UserLimits,
};
use uuid::Uuid;

const ROUNDS: u32 = 200_000;
const AT: DateTime<Utc> = DateTime::<Utc>::UNIX_EPOCH;
const AMOUNTS: Amounts = Amounts {
    tokens: 100,
    cost: Cost::Priced(100),
    requests: 1,
};

fn main() -> io::Result<()> {
    let mut out = io::stdout();
    for quotas in [0, 1, 5, 20] {
        let time = time_of(&limits(quotas), 1);
        writeln!(
            out,
            "{quotas:>2} quotas, 1 thread:   {time:>6} ns per request"
        )?;
    }
    for threads in [2, 4] {
        let time = time_of(&limits(5), threads);
        writeln!(
            out,
            " 5 quotas, {threads} threads of one user: {time:>6} ns per request"
        )?;
    }
    Ok(())
}

fn limits(quotas: u32) -> Arc<UserLimits<()>> {
    static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let limits = Arc::new(UserLimits::new(|| ORIGIN.elapsed()));
    let high = RateLimit {
        requests_per_minute: Some(u32::MAX),
        tokens_per_minute: Some(u64::MAX),
        concurrent_requests: Some(1_000),
        concurrent_sockets: None,
        max_wait_seconds: None,
    };
    limits.set_rate_limits(Some(high), [(Uuid::nil(), Some(high))].into_iter());
    let rule = |number: u32| QuotaRule {
        id: Uuid::from_u128(number.into()),
        api_key_id: None,
        metric: [Metric::Tokens, Metric::Cost, Metric::Requests][number as usize % 3],
        limit: i64::MAX,
        raise: None,
        window: QuotaWindow::Rolling { seconds: 86_400 },
        provider: None,
        model_pattern: (number.is_multiple_of(2)).then(|| "gpt-*".to_owned()),
        soft_percents: vec![80, 95],
        strict: false,
        unpriced: UnpricedPolicy::Assume,
        counts_free: false,
        format_cost: |cost| cost.to_string(),
    };
    let states = (0..quotas).map(|number| QuotaState::new((), rule(number), BTreeMap::new()));
    limits.set_meters(states.collect());
    limits
}

/// The mean wall-clock time of a request, in nanoseconds.
fn time_of(limits: &Arc<UserLimits<()>>, threads: u32) -> u128 {
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (0..ROUNDS).for_each(|_| request(limits)));
        }
    });
    began.elapsed().as_nanos() / u128::from(ROUNDS * threads)
}

fn request(limits: &Arc<UserLimits<()>>) {
    let request = LimitRequest {
        model: Some("gpt-5"),
        target: None,
        is_metered: true,
        estimate: AMOUNTS,
        ceiling: Some(AMOUNTS),
        at: AT,
    };
    let Ok(slot) = limits.start(Uuid::nil(), RateLimit::default()).slot else {
        return;
    };
    let Ok(mut reservation) = UserLimits::reserve(slot, &request, ProviderSet::default()) else {
        return;
    };
    reservation.settle(AMOUNTS.tokens, 100);
    let usage = RequestUsage {
        api_key_id: Uuid::nil(),
        provider: None,
        amounts: AMOUNTS,
        at: AT,
    };
    for charge in limits.charges(&usage, &[Some("gpt-5")]) {
        black_box(limits.add(charge, AT));
    }
    reservation.commit();
}
