//! The requests through an account.

use async_graphql::{Enum, SimpleObject};
use chrono::TimeDelta;

use crate::{
    domain::requests,
    graphql::types::scalar::{BigInt, DateTime, Usd, int},
};

/// A recent period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum TrafficPeriod {
    /// The last 24 hours.
    Last24Hours,
    /// The last 7 days.
    Last7Days,
}

impl TrafficPeriod {
    pub(super) fn length(self) -> TimeDelta {
        match self {
            Self::Last24Hours => TimeDelta::hours(24),
            Self::Last7Days => TimeDelta::days(7),
        }
    }
}

/// The requests whose last attempt was through an account. A request that was repeated at another account counts
/// there.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub(crate) struct AccountTraffic {
    /// The start of the period, rounded down to a quarter of an hour.
    from: DateTime,
    /// Requests that were forwarded.
    requests: BigInt,
    /// Of these, the ones that the engine, the provider or the server did not complete.
    failed: BigInt,
    /// `failed` as a share of `requests`: 0 to 1. Null without requests.
    error_rate: Option<f64>,
    /// The 95th percentile of the duration, in milliseconds, of the latest 500 completed requests of the period that
    /// are kept (fewer per account if more than 100 accounts are selected). Null without any.
    p95_duration_ms: Option<i32>,
    /// The cost, as far as prices exist or are assumed.
    cost: Usd,
    /// Requests that used tokens of a model without a price.
    unpriced: BigInt,
    /// Of these, the requests whose cost is assumed, because a quota assumes one.
    assumed: BigInt,
}

impl AccountTraffic {
    pub(super) fn new(from: DateTime, traffic: requests::AccountTraffic) -> Self {
        let sums = traffic.sums;
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let rate = |failed: i64, requests: i64| failed as f64 / requests as f64;
        Self {
            from,
            requests: BigInt(sums.requests),
            failed: BigInt(sums.failed),
            error_rate: (sums.requests > 0).then(|| rate(sums.failed, sums.requests)),
            p95_duration_ms: traffic.p95_duration.map(|micros| int(micros / 1000)),
            cost: Usd(sums.cost),
            unpriced: BigInt(sums.unpriced),
            assumed: BigInt(sums.assumed),
        }
    }
}
