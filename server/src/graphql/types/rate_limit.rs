//! How fast somebody may call.

use async_graphql::{InputObject, SimpleObject};

use super::scalar::{BigInt, int};
use crate::graphql::resolver::error::Result;

/// How fast somebody may call; what is null is not limited.
#[derive(SimpleObject)]
pub(crate) struct RateLimit {
    /// Requests in a minute.
    requests_per_minute: Option<i32>,
    /// Tokens in a minute, in all buckets together.
    tokens_per_minute: Option<BigInt>,
    /// Requests, and turns of sockets, under way at once.
    concurrent_requests: Option<i32>,
    /// WebSockets open at once.
    concurrent_sockets: Option<i32>,
}

impl From<entity::RateLimit> for RateLimit {
    fn from(limit: entity::RateLimit) -> Self {
        Self {
            requests_per_minute: limit.requests_per_minute.map(int),
            tokens_per_minute: limit.tokens_per_minute.map(Into::into),
            concurrent_requests: limit.concurrent_requests.map(int),
            concurrent_sockets: limit.concurrent_sockets.map(int),
        }
    }
}

/// How fast somebody may call; what is left out is not limited.
#[derive(InputObject)]
pub(crate) struct RateLimitInput {
    /// Requests in a minute.
    pub(crate) requests_per_minute: Option<u32>,
    /// Tokens in a minute, in all buckets together.
    pub(crate) tokens_per_minute: Option<BigInt>,
    /// Requests, and turns of sockets, under way at once.
    pub(crate) concurrent_requests: Option<u32>,
    /// WebSockets open at once.
    pub(crate) concurrent_sockets: Option<u32>,
}

impl RateLimitInput {
    /// The limit in the words of the domain, which checks it.
    pub(crate) fn read(self) -> Result<entity::RateLimit> {
        Ok(entity::RateLimit {
            requests_per_minute: self.requests_per_minute,
            tokens_per_minute: self.tokens_per_minute.map(BigInt::count).transpose()?,
            concurrent_requests: self.concurrent_requests,
            concurrent_sockets: self.concurrent_sockets,
        })
    }
}
