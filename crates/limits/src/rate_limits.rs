//! The rate limits of one user or key: requests and tokens per minute, concurrent requests and WebSockets.

use std::time::Duration;

use crate::{
    gcra::Gcra,
    reservation::{LimitError, LimitKind, LimitOwner, LimitState, RateLimitStatus},
    user_limits::rate,
};

/// `Retry-After` of a concurrency limit: when a request will end is unknown.
const CONCURRENCY_RETRY: Duration = Duration::from_secs(1);

/// The limits of one user or key; `None` for no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimit {
    pub requests_per_minute: Option<u32>,
    pub tokens_per_minute: Option<u64>,
    /// Requests, and turns of WebSockets, in flight.
    pub concurrent_requests: Option<u32>,
    /// Open WebSockets.
    pub concurrent_sockets: Option<u32>,
    /// How long a request waits for the other limits, in seconds, before it is refused; `None` for not at all. For a key, at
    /// most as long as for its user, which `None` keeps.
    pub max_wait_seconds: Option<u32>,
}

/// The rate limits of one user or key and what is left of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateUsage {
    pub holder: LimitOwner,
    /// Requests per minute; `None` without a limit, as the others.
    pub requests: Option<RateLimitStatus>,
    /// Tokens per minute.
    pub tokens: Option<RateLimitStatus>,
    /// The limit on concurrent requests.
    pub concurrent_requests: Option<u32>,
    /// Requests in flight.
    pub running: u32,
}

/// The limits of one user or key and their state.
#[derive(Debug, Default)]
pub(super) struct RateLimits {
    /// `None` uses the defaults.
    pub(super) limit: Option<RateLimit>,
    requests: Gcra,
    tokens: Gcra,
    running: u32,
    /// The limits at the last request.
    in_force: RateLimit,
    pub(super) sockets: u32,
}

impl RateLimits {
    pub(super) fn is_in_use(&self) -> bool {
        self.running > 0 || self.sockets > 0
    }

    /// Checks the limits that do not depend on the body of a request.
    pub(super) fn check_start(
        &self,
        defaults: RateLimit,
        now: Duration,
        holder: LimitOwner,
    ) -> Result<(), LimitError> {
        let limit = self.limit.unwrap_or(defaults);
        if let Some(most) = limit.requests_per_minute
            && let Some(retry_after) = self.requests.wait(rate(most), 1, now)
        {
            return Err(LimitError::Rate {
                kind: LimitKind::RequestsPerMinute,
                limit: format!("{most} requests a minute for {holder}"),
                retry_after,
                state: Box::new(per_minute(holder, most, &self.requests, 1, now)),
            });
        }
        if let Some(most) = limit.concurrent_requests
            && self.running >= most
        {
            return Err(LimitError::Rate {
                kind: LimitKind::ConcurrentRequests,
                limit: format!("{most} concurrent requests for {holder}"),
                retry_after: CONCURRENCY_RETRY,
                state: Box::new(concurrent(holder, most, self.running)),
            });
        }
        Ok(())
    }

    /// When this many requests can have started at the earliest, by the requests per minute; `None` if now.
    pub(super) fn wait(
        &self,
        defaults: RateLimit,
        requests: u64,
        now: Duration,
    ) -> Option<Duration> {
        let most = self.limit.unwrap_or(defaults).requests_per_minute?;
        self.requests.wait(rate(most), requests, now)
    }

    /// Refuses a request because others wait before it.
    pub(super) fn refusal_behind(&self, waiting: usize) -> LimitError {
        let most = u32::try_from(waiting).unwrap_or(u32::MAX);
        LimitError::Rate {
            kind: LimitKind::ConcurrentRequests,
            limit: format!("{waiting} requests of this user wait already"),
            retry_after: CONCURRENCY_RETRY,
            state: Box::new(concurrent(LimitOwner::User, most, self.running)),
        }
    }

    /// Checks the tokens per minute.
    pub(super) fn check_tokens(
        &self,
        defaults: RateLimit,
        tokens: u64,
        now: Duration,
        holder: LimitOwner,
    ) -> Result<(), LimitError> {
        let limit = self.limit.unwrap_or(defaults);
        if let Some(most) = limit.tokens_per_minute
            && let Some(retry_after) = self.tokens.wait(rate(most), tokens, now)
        {
            return Err(LimitError::Rate {
                kind: LimitKind::TokensPerMinute,
                limit: format!("{most} tokens a minute for {holder}"),
                retry_after,
                state: Box::new(per_minute(holder, most, &self.tokens, tokens, now)),
            });
        }
        Ok(())
    }

    pub(super) fn check_socket(
        &self,
        defaults: RateLimit,
        holder: LimitOwner,
    ) -> Result<(), LimitError> {
        match self.limit.unwrap_or(defaults).concurrent_sockets {
            Some(most) if self.sockets >= most => Err(LimitError::Rate {
                kind: LimitKind::ConcurrentSockets,
                limit: format!("{most} concurrent WebSockets for {holder}"),
                retry_after: CONCURRENCY_RETRY,
                state: Box::new(concurrent(holder, most, self.sockets)),
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// Takes one of the requests per minute and one of the concurrent requests.
    pub(super) fn start(&mut self, defaults: RateLimit, now: Duration) {
        let limit = self.limit.unwrap_or(defaults);
        self.in_force = limit;
        if let Some(most) = limit.requests_per_minute {
            self.requests.charge(rate(most), 1, now);
        }
        self.running += 1;
    }

    /// Frees one of the concurrent requests.
    pub(super) fn finish(&mut self) {
        self.running = self.running.saturating_sub(1);
    }

    /// Returns one of the requests per minute.
    pub(super) fn refund(&mut self) {
        if let Some(most) = self.in_force.requests_per_minute {
            self.requests.give_back(rate(most), 1);
        }
    }

    pub(super) fn take_tokens(&mut self, defaults: RateLimit, tokens: u64, now: Duration) {
        let limit = self.limit.unwrap_or(defaults);
        self.in_force = limit;
        if let Some(most) = limit.tokens_per_minute {
            self.tokens.charge(rate(most), tokens, now);
        }
    }

    /// Replaces the reserved tokens by those used.
    pub(super) fn settle_tokens(&mut self, taken: u64, used: u64, now: Duration) {
        let Some(most) = self.in_force.tokens_per_minute else {
            return;
        };
        if used > taken {
            self.tokens.charge(rate(most), used - taken, now);
        } else {
            self.tokens.give_back(rate(most), taken - used);
        }
    }

    /// Returns reserved tokens.
    pub(super) fn refund_tokens(&mut self, tokens: u64) {
        if let Some(most) = self.in_force.tokens_per_minute {
            self.tokens.give_back(rate(most), tokens);
        }
    }

    pub(super) fn usage(
        &self,
        holder: LimitOwner,
        defaults: RateLimit,
        now: Duration,
    ) -> RateUsage {
        let limit = self.limit.unwrap_or(defaults);
        let status = |bucket: &Gcra, most: u64| RateLimitStatus {
            limit: most,
            remaining: bucket.remaining(rate(most), now),
            resets_in: bucket.resets_in(now),
        };
        let requests = limit.requests_per_minute.map(u64::from);
        RateUsage {
            holder,
            requests: requests.map(|most| status(&self.requests, most)),
            tokens: limit
                .tokens_per_minute
                .map(|most| status(&self.tokens, most)),
            concurrent_requests: limit.concurrent_requests,
            running: self.running,
        }
    }

    pub(super) fn pacing(&self, defaults: RateLimit, now: Duration) -> Option<RateLimitStatus> {
        let most = self.limit.unwrap_or(defaults).requests_per_minute?;
        Some(RateLimitStatus {
            limit: most.into(),
            remaining: self.requests.remaining(rate(most), now),
            resets_in: self.requests.resets_in(now),
        })
    }
}

/// `used` is what has not been refilled yet.
fn per_minute(
    holder: LimitOwner,
    most: impl Into<u64>,
    bucket: &Gcra,
    needed: u64,
    now: Duration,
) -> LimitState {
    let most = most.into();
    let count = |cells: u64| i64::try_from(cells).unwrap_or(i64::MAX);
    let remaining = bucket.remaining(rate(most), now);
    LimitState {
        holder,
        limit: count(most),
        used: count(most.saturating_sub(remaining)),
        reserved: 0,
        needed: Some(count(needed)),
    }
}

fn concurrent(holder: LimitOwner, most: u32, running: u32) -> LimitState {
    LimitState {
        holder,
        limit: most.into(),
        used: running.into(),
        reserved: 0,
        needed: Some(1),
    }
}
