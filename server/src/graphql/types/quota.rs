//! A quota at a moment, without the fields that need a service: [`crate::graphql::quota::fields`] has those.

use async_graphql::{Enum, ID, SimpleObject};
use chrono::{DateTime as Moment, Utc};
use entity::quota::Metric;
use uuid::Uuid;

use super::{
    provider::ProviderKind,
    quota_amount::QuotaAmount,
    scalar::{DateTime, int},
};
use crate::domain::ledger::QuotaState;

/// The unit that a quota counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::quota::Metric")]
pub(crate) enum QuotaMetric {
    /// Tokens, the sum of all buckets.
    Tokens,
    /// US dollars.
    Cost,
    /// Requests that generate output.
    Requests,
}

/// The time window of a quota's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::quota::WindowKind")]
pub(crate) enum QuotaWindow {
    /// The lifetime of the quota: usage is never reset.
    Lifetime,
    /// A clock hour.
    Hour,
    /// A calendar day.
    Day,
    /// A calendar week, from Monday.
    Week,
    /// A calendar month.
    Month,
    /// A sliding window of the last `rollingSeconds`.
    Rolling,
}

/// The treatment of a request that a model without a price may serve, by a quota with the metric COST. Of all quotas
/// that count a request, the least lenient decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::quota::UnpricedPolicy")]
pub(crate) enum UnpricedPolicy {
    /// Serve it; it counts nothing.
    Allow,
    /// Serve it and count the highest cost at the prices in force: those of the provider's models, or all prices if the
    /// provider is unknown or has none. The request has the cost basis ASSUMED until its model has a price.
    Assume,
    /// Reject it with the error `proxypal_unpriced`.
    Refuse,
}

/// The treatment of a request for a model whose price is zero, by an exhausted quota with the metric COST.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::quota::FreeModelPolicy")]
pub(crate) enum FreeModelPolicy {
    /// Serve it: the quota ignores it.
    Allow,
    /// Reject it.
    Refuse,
}

/// A temporary increase of a quota's limit.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct QuotaRaise {
    /// The amount that is added to the limit.
    amount: QuotaAmount,
    /// The time at which it ends.
    until: DateTime,
    /// The reason, which the user can read.
    reason: String,
}

/// A limit on the usage of a user or a key in a time window, and the current usage.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Quota {
    #[graphql(skip)]
    pub(crate) user_id: Uuid,
    #[graphql(skip)]
    pub(crate) api_key_id: Option<Uuid>,
    /// The quota's id. It stays the same when `limit`, `softPercents`, `strict`, `unpriced` or
    /// `freeModels` change.
    id: ID,
    /// The unit that is counted.
    metric: QuotaMetric,
    /// The limit per window, without `raise`.
    limit: QuotaAmount,
    /// A temporary increase of the limit; null if none is in force.
    raise: Option<QuotaRaise>,
    /// The limit that is in force: `limit` and the amount of `raise`.
    effective_limit: QuotaAmount,
    /// The time window of the limit.
    window: QuotaWindow,
    /// The length of a `ROLLING` window, in seconds; null for other windows.
    rolling_seconds: Option<i32>,
    /// The IANA time zone of calendar windows.
    timezone: String,
    /// The provider whose requests are counted; null for all.
    provider: Option<ProviderKind>,
    /// The pattern of models whose requests are counted, in which `*` matches any characters; null for all.
    model_pattern: Option<String>,
    /// Percentages of the limit that is in force at which to warn.
    soft_percents: Vec<u8>,
    /// Whether requests whose maximum usage is unknown are rejected.
    strict: bool,
    /// The treatment of models without a price; null unless the metric is COST. A strict quota rejects them anyway.
    unpriced: Option<UnpricedPolicy>,
    /// The treatment of models whose price is zero when it is exhausted; null unless the metric is COST.
    free_models: Option<FreeModelPolicy>,
    /// The usage in the current window.
    used: QuotaAmount,
    /// The amount reserved by requests in flight.
    reserved: QuotaAmount,
    /// The amount that is neither used nor reserved, at least 0.
    remaining: QuotaAmount,
    /// The usage in percent of the limit that is in force; it can exceed 100.
    used_percent: f64,
    /// The highest warning percentage that is reached; null if none is.
    warning_percent: Option<u8>,
    /// The time at which usage is reset or, in a rolling window, next decreases; null if it does not.
    resets_at: Option<DateTime>,
    /// The time of creation.
    created_at: DateTime,
}

impl Quota {
    /// The quota with its usage at this time.
    pub(crate) fn at(state: QuotaState, at: Moment<Utc>) -> Self {
        let standing = state.standing(at);
        let (per_million, warning_percent) = (int(state.per_million(at).max(0)), state.warning(at));
        let quota = state.quota;
        let amount = |amount| QuotaAmount::of(quota.metric, amount);
        let counts_cost = quota.metric == Metric::Cost;
        let used = standing.used.max(0);
        let taken = used.saturating_add(standing.reserved);
        let raise = quota.temporary_raise.filter(|raise| at < raise.until);
        Self {
            user_id: quota.user_id,
            api_key_id: quota.api_key_id,
            id: quota.id.into(),
            metric: quota.metric.into(),
            limit: amount(quota.limit),
            raise: raise.map(|raise| QuotaRaise {
                amount: amount(raise.amount),
                until: raise.until.into(),
                reason: raise.reason,
            }),
            effective_limit: amount(standing.limit),
            window: quota.window.into(),
            rolling_seconds: quota.rolling_seconds,
            timezone: quota.timezone,
            provider: quota.provider.map(Into::into),
            model_pattern: quota.model_pattern,
            soft_percents: quota.soft_percents.0,
            strict: quota.strict,
            unpriced: counts_cost.then(|| quota.unpriced.into()),
            free_models: counts_cost.then(|| quota.free_models.into()),
            used: amount(used),
            reserved: amount(standing.reserved),
            remaining: amount(standing.limit.saturating_sub(taken).max(0)),
            used_percent: f64::from(per_million) / 10_000.0,
            warning_percent,
            resets_at: standing.resets_at.map(Into::into),
            created_at: quota.created_at.into(),
        }
    }
}
