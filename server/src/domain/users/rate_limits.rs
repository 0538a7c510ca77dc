//! Validation of rate limits.

use entity::RateLimit;
use serde_json::{Value, json};

use crate::domain::{Error, Result};

/// Upper bounds, more than a server can serve.
const MAX_REQUESTS: u64 = 1_000_000;
const MAX_TOKENS: u64 = 1_000_000_000_000;
const MAX_CONCURRENT: u64 = 100_000;
/// The longest wait, in seconds: below the usual timeouts of clients.
const MAX_WAIT: u32 = 120;

/// Validates the limit of a user or key; `None` for an empty one.
pub(super) fn validated(limit: RateLimit) -> Result<Option<RateLimit>> {
    check(&limit)?;
    Ok(Some(limit).filter(|limit| *limit != RateLimit::default()))
}

/// The limit with the names of the API, for a client whose change is based on an earlier one.
pub(super) fn described(limit: &RateLimit) -> Value {
    json!({
        "requestsPerMinute": limit.requests_per_minute,
        "tokensPerMinute": limit.tokens_per_minute,
        "concurrentRequests": limit.concurrent_requests,
        "concurrentSockets": limit.concurrent_sockets,
        "maxWaitSeconds": limit.max_wait_seconds,
    })
}

/// Rejects limits of 0, absurdly high ones, and long waits.
pub(in crate::domain) fn check(limit: &RateLimit) -> Result<()> {
    let limits = [
        (
            "requestsPerMinute",
            limit.requests_per_minute.map(u64::from),
            MAX_REQUESTS,
        ),
        ("tokensPerMinute", limit.tokens_per_minute, MAX_TOKENS),
        (
            "concurrentRequests",
            limit.concurrent_requests.map(u64::from),
            MAX_CONCURRENT,
        ),
        (
            "concurrentSockets",
            limit.concurrent_sockets.map(u64::from),
            MAX_CONCURRENT,
        ),
    ];
    for (name, value, most) in limits {
        if value.is_some_and(|value| !(1..=most).contains(&value)) {
            return Err(Error::BadInput(format!(
                "{name} must be between 1 and {most}; omit it for no limit, or disable the user to block all requests"
            )));
        }
    }
    if limit.max_wait_seconds.is_some_and(|wait| wait > MAX_WAIT) {
        return Err(Error::BadInput(format!(
            "maxWaitSeconds must be between 0 and {MAX_WAIT}; omit it so that requests do not wait"
        )));
    }
    Ok(())
}
