//! How fast one user or one key calls: requests and tokens a minute, requests and sockets at once.

use std::time::Duration;

use entity::RateLimit;

use super::{
    gcra::Gcra,
    reservation::{LimitError, LimitKind, RateLimitStatus},
    user_limits::rate,
};

/// When to try again while as many requests as allowed are under way.
const ROUNDING: Duration = Duration::from_secs(1);

/// The pace of one user or key.
#[derive(Debug, Default)]
pub(super) struct RateLimits {
    /// `None` leaves it to the defaults.
    pub(super) limit: Option<RateLimit>,
    requests: Gcra,
    tokens: Gcra,
    running: u32,
    /// What held when a request last came.
    in_force: RateLimit,
    pub(super) sockets: u32,
}

impl RateLimits {
    pub(super) fn is_in_use(&self) -> bool {
        self.running > 0 || self.sockets > 0
    }

    /// Whether one more request may start: what can be told before its body is read.
    pub(super) fn check_start(
        &self,
        defaults: RateLimit,
        now: Duration,
        holder: &str,
    ) -> Result<(), LimitError> {
        let limit = self.limit.unwrap_or(defaults);
        if let Some(most) = limit.requests_per_minute
            && let Some(retry_after) = self.requests.wait(rate(most), 1, now)
        {
            return Err(LimitError::Rate {
                kind: LimitKind::RequestsPerMinute,
                limit: format!("{most} requests a minute for {holder}"),
                retry_after,
            });
        }
        if let Some(most) = limit.concurrent_requests
            && self.running >= most
        {
            return Err(LimitError::Rate {
                kind: LimitKind::ConcurrentRequests,
                limit: format!("{most} requests at once for {holder}"),
                retry_after: ROUNDING,
            });
        }
        Ok(())
    }

    /// Whether so many tokens may be used now.
    pub(super) fn check_tokens(
        &self,
        defaults: RateLimit,
        tokens: u64,
        now: Duration,
        holder: &str,
    ) -> Result<(), LimitError> {
        let limit = self.limit.unwrap_or(defaults);
        if let Some(most) = limit.tokens_per_minute
            && let Some(retry_after) = self.tokens.wait(rate(most), tokens, now)
        {
            return Err(LimitError::Rate {
                kind: LimitKind::TokensPerMinute,
                limit: format!("{most} tokens a minute for {holder}"),
                retry_after,
            });
        }
        Ok(())
    }

    pub(super) fn check_socket(&self, defaults: RateLimit, holder: &str) -> Result<(), LimitError> {
        match self.limit.unwrap_or(defaults).concurrent_sockets {
            Some(most) if self.sockets >= most => Err(LimitError::Rate {
                kind: LimitKind::ConcurrentSockets,
                limit: format!("{most} sockets at once for {holder}"),
                retry_after: ROUNDING,
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// Takes one of the requests a minute, and one of the places at once.
    pub(super) fn start(&mut self, defaults: RateLimit, now: Duration) {
        let limit = self.limit.unwrap_or(defaults);
        self.in_force = limit;
        if let Some(most) = limit.requests_per_minute {
            self.requests.charge(rate(most), 1, now);
        }
        self.running += 1;
    }

    /// Frees the place of a request that has ended, or whose client has left.
    pub(super) fn finish(&mut self) {
        self.running = self.running.saturating_sub(1);
    }

    /// Gives one of the requests a minute back.
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

    /// The request used so many tokens in place of those that were taken.
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

    /// The request was not forwarded.
    pub(super) fn refund_tokens(&mut self, tokens: u64) {
        if let Some(most) = self.in_force.tokens_per_minute {
            self.tokens.give_back(rate(most), tokens);
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
