//! What a request under way holds back, until what it really used is in the database.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{account::Account, meter::Amounts};

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
pub enum Limited {
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
pub struct Pacing {
    pub limit: u64,
    pub remaining: u64,
    pub resets_in: Duration,
}

/// What is held back for one request. Dropped before it is settled, everything is given back: the
/// request was not forwarded.
#[derive(Debug)]
pub struct Reservation {
    account: Arc<Account>,
    held: Held,
    is_settled: bool,
}

/// What was taken from an account.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) api_key_id: Uuid,
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
    pub(super) fn new(account: Arc<Account>, held: Held) -> Self {
        Self {
            account,
            held,
            is_settled: false,
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
    pub(super) fn commit(self) {
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
