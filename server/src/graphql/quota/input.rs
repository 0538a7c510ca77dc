//! What a caller sets of a quota.

use async_graphql::InputObject;

use crate::{
    domain::quotas::NewQuota,
    graphql::{
        resolver::error::Result,
        types::{
            provider::ProviderKind,
            quota::{QuotaMetric, QuotaWindow},
            quota_amount::QuotaAmount,
        },
    },
};

/// What a quota is to be like.
#[derive(InputObject)]
pub(crate) struct QuotaInput {
    /// What is counted.
    metric: QuotaMetric,
    /// How much may be used in one window; more than nothing.
    limit: QuotaAmount,
    /// When counting starts again.
    #[graphql(default_with = "QuotaWindow::Month")]
    window: QuotaWindow,
    /// The length of a rolling window, and of no other: a minute to 400 days.
    rolling_seconds: Option<i32>,
    /// The zone whose calendar counts: an IANA name.
    #[graphql(default = "UTC")]
    timezone: String,
    /// Which provider's requests count; all when left out.
    provider: Option<ProviderKind>,
    /// Requests for which models count, `*` standing for anything; all when left out.
    model_pattern: Option<String>,
    /// Percentages of the limit that only warn, ascending.
    #[graphql(default_with = "vec![80, 95]")]
    soft_percents: Vec<i32>,
    /// Whether requests are refused of which one cannot tell how much they may use: without a `max_tokens`,
    /// or without a price if costs are counted. Such a quota is never overdrawn.
    #[graphql(default = false)]
    strict: bool,
}

impl QuotaInput {
    /// The quotas in the words of the domain, which checks them.
    pub(crate) fn read_all(quotas: Vec<Self>) -> Result<Vec<NewQuota>> {
        quotas.into_iter().map(Self::read).collect()
    }

    fn read(self) -> Result<NewQuota> {
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
        })
    }
}
