//! The slot and the reservation of a request in flight, until its usage is in the database.

use std::{fmt, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use smallvec::SmallVec;
use uuid::Uuid;

use crate::{
    quota::{Amounts, Cost, Metric},
    rate_limits::RateLimit,
    user_limits::UserLimits,
    wait_list::Blocked,
    window::QuotaWindow,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    RequestsPerMinute,
    TokensPerMinute,
    ConcurrentRequests,
    ConcurrentSockets,
    /// A quota is exhausted, or is strict and the request has no bound.
    Quota(Metric),
}

/// Whether a limit counts the requests of a user or of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitOwner {
    User,
    Key,
}

impl fmt::Display for LimitOwner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::User => "this user",
            Self::Key => "this key",
        })
    }
}

/// A limit as it was when it rejected a request, in its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitState {
    pub holder: LimitOwner,
    pub limit: i64,
    pub used: i64,
    /// By requests in flight; 0 for rate limits, whose `used` includes them.
    pub reserved: i64,
    /// The most that the request would have added; `None` if that has no bound.
    pub needed: Option<i64>,
}

/// The quota that rejected a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectingQuota {
    pub id: Uuid,
    pub window: QuotaWindow,
    /// By the number that the caller gave it; `None` counts every provider.
    pub provider: Option<u8>,
    pub model_pattern: Option<String>,
    pub state: LimitState,
    /// When usage is reset or, in a rolling window, next decreases.
    pub resets_at: Option<DateTime<Utc>>,
}

/// The limit that rejects a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LimitError {
    /// A rate or concurrency limit.
    Rate {
        kind: LimitKind,
        /// A description of the limit for the client.
        limit: String,
        retry_after: Duration,
        state: Box<LimitState>,
    },
    /// A quota that has too little left.
    Quota {
        metric: Metric,
        /// A description of the quota for the client.
        quota: String,
        rejecting: Box<RejectingQuota>,
    },
    /// A quota that refuses models without a price, and a request that one may serve.
    Unpriced {
        /// A description of the quota for the client.
        quota: String,
        rejecting: Box<RejectingQuota>,
    },
    /// A strict quota, and a request whose usage has no known bound.
    Unbounded {
        metric: Metric,
        /// A description of the quota for the client.
        quota: String,
        rejecting: Box<RejectingQuota>,
        /// The model has no price.
        is_unpriced: bool,
    },
}

impl LimitError {
    /// The limit as a waiting request sees it; `None` if waiting does not help.
    pub fn blocked(&self) -> Option<Blocked> {
        let Self::Rate {
            kind,
            retry_after,
            state,
            ..
        } = self
        else {
            return None;
        };
        let (by_tokens, is_known) = match kind {
            LimitKind::ConcurrentRequests => (false, false),
            LimitKind::RequestsPerMinute => (false, true),
            LimitKind::TokensPerMinute => (true, true),
            LimitKind::ConcurrentSockets | LimitKind::Quota(_) => return None,
        };
        Some(Blocked {
            owner: state.holder,
            by_tokens,
            retry_after: is_known.then_some(*retry_after),
        })
    }
}

/// The state of the requests per minute, for response headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitStatus {
    pub limit: u64,
    pub remaining: u64,
    pub resets_in: Duration,
}

/// One of the concurrent requests of a user and key. It is taken, with one of the requests per minute, when
/// the head of a request has arrived. Dropping it frees the concurrent request only.
#[derive(Debug)]
pub struct RequestSlot<Q> {
    account: Arc<UserLimits<Q>>,
    api_key_id: Uuid,
    /// For users without own rate limits.
    defaults: RateLimit,
    /// False once a reservation owns the slot.
    is_held: bool,
}

impl<Q> RequestSlot<Q> {
    pub(super) fn new(account: Arc<UserLimits<Q>>, api_key_id: Uuid, defaults: RateLimit) -> Self {
        Self {
            account,
            api_key_id,
            defaults,
            is_held: true,
        }
    }

    /// Returns the request per minute as well: the request was rejected cheaply.
    pub fn refund(mut self) {
        self.is_held = false;
        self.account.refund(self.api_key_id);
    }

    pub(super) fn account(&self) -> &Arc<UserLimits<Q>> {
        &self.account
    }

    pub(super) fn api_key_id(&self) -> Uuid {
        self.api_key_id
    }

    pub(super) fn defaults(&self) -> RateLimit {
        self.defaults
    }

    /// Moves the slot into a reservation.
    pub(super) fn into_reservation(mut self, held: HeldLimits) -> Reservation<Q> {
        self.is_held = false;
        Reservation {
            account: Arc::clone(&self.account),
            held,
            is_settled: false,
        }
    }
}

impl<Q> Drop for RequestSlot<Q> {
    fn drop(&mut self) {
        if self.is_held {
            self.account.finish(self.api_key_id);
        }
    }
}

/// The reserved usage of one request. Dropping it unsettled returns everything: the request was not
/// forwarded.
#[derive(Debug)]
pub struct Reservation<Q> {
    account: Arc<UserLimits<Q>>,
    held: HeldLimits,
    is_settled: bool,
}

/// The parts of a reservation.
#[derive(Debug)]
pub(super) struct HeldLimits {
    pub(super) api_key_id: Uuid,
    /// Whether the slot is still taken.
    pub(super) has_slot: bool,
    /// Reserved of the tokens per minute.
    pub(super) tokens: u64,
    pub(super) quotas: SmallVec<[HeldQuota; 2]>,
}

/// The amount reserved of one quota.
#[derive(Debug)]
pub(super) struct HeldQuota {
    pub(super) id: Uuid,
    pub(super) metric: Metric,
    pub(super) amount: i64,
}

impl<Q> Reservation<Q> {
    /// Frees the slot only: the client has disconnected, and the response is still read for its usage.
    pub fn release_slot(&mut self) {
        if std::mem::take(&mut self.held.has_slot) {
            self.account.finish(self.held.api_key_id);
        }
    }

    pub fn counts_cost(&self) -> bool {
        let mut quotas = self.held.quotas.iter();
        quotas.any(|quota| quota.metric == Metric::Cost)
    }

    /// Replaces the reserved amounts by the actual usage. `cost` is in nano-USD, assumed or not.
    pub fn settle(&mut self, tokens: i64, cost: i64) {
        let used = Amounts {
            tokens,
            cost: Cost::Priced(cost),
            requests: 1,
        };
        self.is_settled = true;
        self.account.settle(&mut self.held, used);
    }

    /// Releases the reservation: the usage is in the database.
    pub fn commit(self) {
        self.account.commit(&self.held);
    }
}

impl<Q> Drop for Reservation<Q> {
    fn drop(&mut self) {
        if !self.is_settled {
            self.account.give_back(&self.held);
        }
    }
}
