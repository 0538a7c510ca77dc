//! The input of a quota.

use async_graphql::InputObject;

use crate::{
    domain::users::quotas::NewQuota,
    graphql::{
        resolver::error::Result,
        types::{
            provider::ProviderKind,
            quota::{FreeModelPolicy, QuotaMetric, QuotaWindow, UnpricedPolicy},
            quota_amount::QuotaAmount,
        },
    },
};

/// A quota to set.
#[derive(InputObject)]
pub(crate) struct QuotaInput {
    /// The unit that is counted.
    metric: QuotaMetric,
    /// The limit per window, greater than 0.
    limit: QuotaAmount,
    /// The time window of the limit.
    #[graphql(default_with = "QuotaWindow::Month")]
    window: QuotaWindow,
    /// The length of a `ROLLING` window, in seconds: 60 to 34560000. Not for other windows.
    rolling_seconds: Option<i32>,
    /// The IANA time zone of calendar windows.
    #[graphql(default = "UTC")]
    timezone: String,
    /// Count only requests that this provider serves; all when omitted.
    provider: Option<ProviderKind>,
    /// Count only requests for models that match this pattern, in which `*` matches any characters; all when
    /// omitted.
    model_pattern: Option<String>,
    /// Percentages of the limit at which to warn, ascending.
    #[graphql(default_with = "vec![80, 95]")]
    soft_percents: Vec<i32>,
    /// Whether to reject requests whose maximum usage is unknown: those without `max_tokens` or, if cost is
    /// counted, without a price. A strict quota is never exceeded.
    #[graphql(default = false)]
    strict: bool,
    /// The treatment of models without a price; ASSUME when omitted. Only with the metric COST.
    unpriced: Option<UnpricedPolicy>,
    /// The treatment of models whose price is zero when the quota is exhausted; ALLOW when omitted. Only with the
    /// metric COST.
    free_models: Option<FreeModelPolicy>,
}

impl QuotaInput {
    pub(crate) fn read_all(quotas: Vec<Self>) -> Result<Vec<NewQuota>> {
        quotas.into_iter().map(Self::read).collect()
    }

    pub(super) fn read(self) -> Result<NewQuota> {
        let metric = self.metric.into();
        Ok(NewQuota {
            metric,
            limit: self.limit.read(metric)?,
            window: self.window.into(),
            rolling_seconds: self.rolling_seconds,
            timezone: self.timezone,
            provider: self.provider.map(Into::into),
            model_pattern: self.model_pattern,
            soft_percents: self.soft_percents,
            strict: self.strict,
            unpriced: self.unpriced.map(Into::into).unwrap_or_default(),
            free_models: self.free_models.map(Into::into).unwrap_or_default(),
        })
    }
}
