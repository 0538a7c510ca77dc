//! Tells a caller how the requests per minute stand.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use chrono::{DateTime, Utc};

use crate::domain::ledger::RateLimitStatus;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Sets the headers: the limit, what is left of it, and when all of it will be there again, in seconds
/// since 1970.
pub(super) fn put_on(headers: &mut HeaderMap, pacing: Option<RateLimitStatus>, now: DateTime<Utc>) {
    let Some(pacing) = pacing else {
        return;
    };
    let reset = now + pacing.resets_in;
    headers.insert(LIMIT, HeaderValue::from(pacing.limit));
    headers.insert(REMAINING, HeaderValue::from(pacing.remaining));
    let seconds = reset.timestamp() + i64::from(reset.timestamp_subsec_nanos() > 0);
    headers.insert(RESET, HeaderValue::from(seconds));
}
