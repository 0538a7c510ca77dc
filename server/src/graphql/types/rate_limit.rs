//! Rate limits of users and keys.

use async_graphql::{InputObject, SimpleObject};

use super::scalar::{BigInt, int};
use crate::graphql::resolver::error::Result;

/// A rate limit of a user or a key. Null fields are unlimited.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct RateLimit {
    /// Requests per minute.
    requests_per_minute: Option<i32>,
    /// Tokens per minute, the sum of all buckets.
    tokens_per_minute: Option<BigInt>,
    /// Concurrent requests and WebSocket turns in flight.
    concurrent_requests: Option<i32>,
    /// Concurrent open WebSockets.
    concurrent_sockets: Option<i32>,
    /// How long a request waits for the limits on requests and tokens, in seconds, before it is refused. Null for not at all; of
    /// a key, null for as long as its user allows.
    max_wait_seconds: Option<i32>,
}

impl From<entity::RateLimit> for RateLimit {
    fn from(limit: entity::RateLimit) -> Self {
        Self {
            requests_per_minute: limit.requests_per_minute.map(int),
            tokens_per_minute: limit.tokens_per_minute.map(Into::into),
            concurrent_requests: limit.concurrent_requests.map(int),
            concurrent_sockets: limit.concurrent_sockets.map(int),
            max_wait_seconds: limit.max_wait_seconds.map(int),
        }
    }
}

/// A rate limit of a user or a key. Omitted fields are unlimited.
#[derive(InputObject)]
pub(crate) struct RateLimitInput {
    /// Requests per minute.
    pub(crate) requests_per_minute: Option<u32>,
    /// Tokens per minute, the sum of all buckets.
    pub(crate) tokens_per_minute: Option<BigInt>,
    /// Concurrent requests and WebSocket turns in flight.
    pub(crate) concurrent_requests: Option<u32>,
    /// Concurrent open WebSockets.
    pub(crate) concurrent_sockets: Option<u32>,
    /// How long a request waits for the limits on requests and tokens, in seconds, before it is refused: 0 to 120. Not at all
    /// when omitted; of a key, as long as its user allows.
    pub(crate) max_wait_seconds: Option<u32>,
}

impl RateLimitInput {
    pub(crate) fn read(self) -> Result<entity::RateLimit> {
        Ok(entity::RateLimit {
            requests_per_minute: self.requests_per_minute,
            tokens_per_minute: self.tokens_per_minute.map(BigInt::count).transpose()?,
            concurrent_requests: self.concurrent_requests,
            concurrent_sockets: self.concurrent_sockets,
            max_wait_seconds: self.max_wait_seconds,
        })
    }
}
