//! What a request under way holds back, until what it really used is in the database.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{quota_state::Amounts, user_limits::UserLimits};

/// What sort of limit it is that binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    RequestsPerMinute,
    TokensPerMinute,
    ConcurrentRequests,
    ConcurrentSockets,
    /// A quota, or a strict one that cannot tell what it is asked for.
    Quota(entity::quota::Metric),
}

/// Why a request may not pass now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LimitError {
    /// It comes too soon.
    Rate {
        kind: LimitKind,
        /// Which limit, in words.
        limit: String,
        retry_after: Duration,
    },
    /// There is nothing left.
    Quota {
        metric: entity::quota::Metric,
        quota: String,
        resets_at: Option<DateTime<Utc>>,
    },
    /// A strict quota cannot tell how much it may use.
    Unbounded {
        metric: entity::quota::Metric,
        quota: String,
        /// Because the model has no price.
        is_unpriced: bool,
    },
}

/// How the requests per minute stand, for the caller to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitStatus {
    pub limit: u64,
    pub remaining: u64,
    pub resets_in: Duration,
}

/// The place of one request among those that its user and key may have at once, and one of their requests
/// a minute. It is taken when the head of the request has arrived, before its body is read. Dropped, it
/// frees the place; the request of the minute stays used.
#[derive(Debug)]
pub struct RequestSlot {
    account: Arc<UserLimits>,
    api_key_id: Uuid,
    /// False once a reservation has taken it over.
    is_held: bool,
}

impl RequestSlot {
    pub(super) fn new(account: Arc<UserLimits>, api_key_id: Uuid) -> Self {
        Self {
            account,
            api_key_id,
            is_held: true,
        }
    }

    /// Frees the place and gives the request of the minute back: the request was refused, and that took
    /// no work worth counting.
    pub fn refund(mut self) {
        self.is_held = false;
        self.account.refund(self.api_key_id);
    }

    pub(super) fn account(&self) -> &Arc<UserLimits> {
        &self.account
    }

    /// Makes the reservation responsible for the place.
    pub(super) fn into_reservation(mut self, held: HeldLimits) -> Reservation {
        self.is_held = false;
        Reservation {
            account: Arc::clone(&self.account),
            held,
            is_settled: false,
        }
    }
}

impl Drop for RequestSlot {
    fn drop(&mut self) {
        if self.is_held {
            self.account.finish(self.api_key_id);
        }
    }
}

/// What is held back for one request. Dropped before it is settled, everything is given back: the
/// request was not forwarded.
#[derive(Debug)]
pub struct Reservation {
    account: Arc<UserLimits>,
    held: HeldLimits,
    is_settled: bool,
}

/// What was taken from an account.
#[derive(Debug)]
pub(super) struct HeldLimits {
    pub(super) api_key_id: Uuid,
    /// Whether the request still has its place among those at once.
    pub(super) has_slot: bool,
    /// Taken from the tokens per minute.
    pub(super) tokens: u64,
    /// By quota.
    pub(super) quotas: Vec<HeldQuota>,
}

/// What is held back from one quota.
#[derive(Debug)]
pub(super) struct HeldQuota {
    pub(super) id: Uuid,
    pub(super) metric: entity::quota::Metric,
    pub(super) amount: i64,
}

impl Reservation {
    /// Frees the place among the requests at once, and nothing else: the client has left, and what its
    /// answer uses is still held back.
    pub(in crate::domain) fn release_slot(&mut self) {
        if std::mem::take(&mut self.held.has_slot) {
            self.account.finish(self.held.api_key_id);
        }
    }

    /// Whether a quota on cost applies.
    pub(in crate::domain) fn counts_cost(&self) -> bool {
        let mut quotas = self.held.quotas.iter();
        quotas.any(|quota| quota.metric == entity::quota::Metric::Cost)
    }

    /// The request has ended and used this much: no more than that is held back until it is in the
    /// database.
    pub(in crate::domain) fn settle(&mut self, tokens: i64, cost: Option<i64>) {
        let used = Amounts {
            tokens,
            cost,
            requests: 1,
        };
        self.is_settled = true;
        self.account.settle(&mut self.held, used);
    }

    /// What was used is in the database.
    pub(in crate::domain) fn commit(self) {
        self.account.commit(&self.held);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.is_settled {
            self.account.give_back(&self.held);
        }
    }
}
