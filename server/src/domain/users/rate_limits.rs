//! Which rate limits make sense.

use entity::RateLimit;

use crate::domain::{Error, Result};

/// More than a server can serve; whoever wants no limit leaves it out.
const MOST_REQUESTS: u64 = 1_000_000;
const MOST_TOKENS: u64 = 1_000_000_000_000;
const MOST_CONCURRENT: u64 = 100_000;

/// A limit of somebody's own, checked; one that limits nothing leaves it to what holds for others.
pub(super) fn own(limit: RateLimit) -> Result<Option<RateLimit>> {
    check(&limit)?;
    Ok(Some(limit).filter(|limit| *limit != RateLimit::default()))
}

/// Refuses limits that let nobody pass, and absurd ones.
pub(in crate::domain) fn check(limit: &RateLimit) -> Result<()> {
    let limits = [
        (
            "requestsPerMinute",
            limit.requests_per_minute.map(u64::from),
            MOST_REQUESTS,
        ),
        ("tokensPerMinute", limit.tokens_per_minute, MOST_TOKENS),
        (
            "concurrentRequests",
            limit.concurrent_requests.map(u64::from),
            MOST_CONCURRENT,
        ),
        (
            "concurrentSockets",
            limit.concurrent_sockets.map(u64::from),
            MOST_CONCURRENT,
        ),
    ];
    for (name, value, most) in limits {
        if value.is_some_and(|value| !(1..=most).contains(&value)) {
            return Err(Error::BadInput(format!(
                "{name} is between 1 and {most}; leave it out for no limit, disable the user to let nothing pass"
            )));
        }
    }
    Ok(())
}
