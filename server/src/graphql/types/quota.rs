//! A quota at a moment, without the fields that need a service: [`crate::graphql::quota::fields`] has those.

use async_graphql::{Enum, ID, SimpleObject};
use chrono::{DateTime as Moment, Utc};
use uuid::Uuid;

use super::{
    provider::ProviderKind,
    quota_amount::QuotaAmount,
    scalar::{DateTime, int},
};
use crate::domain::ledger::QuotaState;

/// What a quota counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::quota::Metric")]
pub(crate) enum QuotaMetric {
    /// Tokens in all buckets together.
    Tokens,
    /// US dollars.
    Cost,
    /// Requests that generate.
    Requests,
}

/// The time after which a quota starts again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::quota::WindowKind")]
pub(crate) enum QuotaWindow {
    /// Never.
    Lifetime,
    /// An hour of the clock.
    Hour,
    /// A day of the calendar.
    Day,
    /// A week of the calendar, which begins on Monday.
    Week,
    /// A month of the calendar.
    Month,
    /// The last `rollingSeconds`, at every moment.
    Rolling,
}

/// How much a user or a key may use in a window of time, and how much of it is used.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Quota {
    #[graphql(skip)]
    pub(crate) user_id: Uuid,
    #[graphql(skip)]
    pub(crate) api_key_id: Option<Uuid>,
    /// The quota's id. It stays when the limit, the warnings or the strictness are changed.
    id: ID,
    /// What is counted.
    metric: QuotaMetric,
    /// How much may be used in one window.
    limit: QuotaAmount,
    /// When counting starts again.
    window: QuotaWindow,
    /// The length of a rolling window; null for every other.
    rolling_seconds: Option<i32>,
    /// The zone whose calendar counts: an IANA name.
    timezone: String,
    /// Which provider's requests count; null for all.
    provider: Option<ProviderKind>,
    /// Requests for which models count, `*` standing for anything; null for all.
    model_pattern: Option<String>,
    /// Percentages of the limit that only warn.
    soft_percents: Vec<u8>,
    /// Whether requests are refused of which one cannot tell how much they may use.
    strict: bool,
    /// What is used in the window that runs now.
    used: QuotaAmount,
    /// What requests under way may use yet.
    reserved: QuotaAmount,
    /// What is neither used nor reserved.
    remaining: QuotaAmount,
    /// What is used, in percent of the limit.
    used_percent: f64,
    /// The highest of the warning percentages that is reached; null while none is.
    warning_percent: Option<u8>,
    /// When counting starts again or, in a rolling window, some of what was used counts no longer; null for
    /// never.
    resets_at: Option<DateTime>,
    /// When it was set for the first time.
    created_at: DateTime,
}

impl Quota {
    /// The quota as it is at this moment.
    pub(crate) fn at(state: QuotaState, at: Moment<Utc>) -> Self {
        let standing = state.standing(at);
        let (per_million, warning_percent) = (int(state.per_million(at).max(0)), state.warning(at));
        let quota = state.quota;
        let amount = |amount| QuotaAmount::of(quota.metric, amount);
        let used = standing.used.max(0);
        let taken = used.saturating_add(standing.reserved);
        Self {
            user_id: quota.user_id,
            api_key_id: quota.api_key_id,
            id: quota.id.into(),
            metric: quota.metric.into(),
            limit: amount(quota.limit),
            window: quota.window.into(),
            rolling_seconds: quota.rolling_seconds,
            timezone: quota.timezone,
            provider: quota.provider.map(Into::into),
            model_pattern: quota.model_pattern,
            soft_percents: quota.soft_percents.0,
            strict: quota.strict,
            used: amount(used),
            reserved: amount(standing.reserved),
            remaining: amount(quota.limit.saturating_sub(taken).max(0)),
            used_percent: f64::from(per_million) / 10_000.0,
            warning_percent,
            resets_at: standing.resets_at.map(Into::into),
            created_at: quota.created_at.into(),
        }
    }
}
