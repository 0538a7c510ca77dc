//! The forecast of the current month's cost.

use async_graphql::{Context, SimpleObject};
use chrono_tz::Tz;

use crate::{
    domain::{
        usage,
        users::quotas::{MonthlyBudget, Quotas},
    },
    graphql::{
        resolver::{context::ContextExt as _, error::Result},
        types::scalar::{DateTime, Usd, int},
    },
};

/// The cost of the current calendar month in the time zone, and what it is expected to be when the month ends.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub(crate) struct UsageForecast {
    /// The start of the month, inclusive.
    from: DateTime,
    /// The end of the month, exclusive.
    to: DateTime,
    /// The cost until now.
    spent: Usd,
    /// The days that `meanPerDay` is computed from: whole days before today, at most seven, also of the previous
    /// month. The first day with a request is the first that counts, within seven days or since the month began.
    days: i32,
    /// The mean cost of 24 hours; null if `days` is less than 3.
    mean_per_day: Option<Usd>,
    /// `spent`, and `meanPerDay` for each 24 hours until the month ends; null if `days` is less than 3.
    expected: Option<Usd>,
    /// The cost quotas with a monthly window that count every provider and model: the lowest of the filter's user
    /// or key, or the sum of those of all enabled users, the lowest of each. Null without one, and if the filter
    /// selects a provider, an account or a model.
    budget: Option<Usd>,
    /// Enabled users without such a quota, whose cost has no limit; 0 if the filter selects a user or key.
    unlimited_users: i32,
    /// The start of the day on which the cost of the month reaches the budget: a past day, or an expected one.
    /// Null if that is not expected this month, and without a budget.
    budget_reached_on: Option<DateTime>,
}

impl UsageForecast {
    pub(super) async fn read(
        ctx: &Context<'_>,
        zone: Tz,
        filter: &usage::UsageFilter,
    ) -> Result<Self> {
        let budget = budget(ctx.service::<Quotas>(), filter).await?;
        let usage = ctx.service::<usage::Usage>();
        let (forecast, reached) = usage.forecast(zone, filter, budget.amount).await?;
        Ok(Self {
            from: forecast.month.from.into(),
            to: forecast.month.to.into(),
            spent: Usd(forecast.spent),
            days: int(forecast.days),
            mean_per_day: forecast.mean.map(Usd),
            expected: forecast.expected.map(Usd),
            budget: budget.amount.map(Usd),
            unlimited_users: int(budget.unlimited_users),
            budget_reached_on: reached.map(Into::into),
        })
    }
}

async fn budget(quotas: &Quotas, filter: &usage::UsageFilter) -> Result<MonthlyBudget> {
    if filter.provider.is_some() || filter.account_id.is_some() || filter.model.is_some() {
        return Ok(MonthlyBudget::default());
    }
    Ok(match (filter.user_id, filter.api_key_id) {
        (None, None) => quotas.monthly_budget().await?,
        (user_id, api_key_id) => quotas.monthly_budget_of(user_id, api_key_id).await?,
    })
}
