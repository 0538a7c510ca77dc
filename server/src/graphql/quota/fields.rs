//! Quotas, and how they stand.

use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime as Moment, Utc};
use entity::admin::Role;

use crate::{
    clock::SharedClock,
    domain::{
        Error,
        ledger::{QuotaState, QuotaStatus},
        quotas::Quotas,
    },
    graphql::{
        key::fields::ApiKey,
        provider::account::ProviderKind,
        resolver::{
            context::ContextExt as _,
            cost::{BATCHED, list},
            error::Result,
            guard::AtLeast,
            loaders::{ApiKeyId, UserId},
        },
        types::{quota_amount::QuotaAmount, scalar::DateTime},
        user::fields::User,
    },
};

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

/// A quota at a moment.
#[derive(Clone, Debug)]
pub(crate) struct Quota {
    meter: QuotaState,
    standing: QuotaStatus,
    at: Moment<Utc>,
}

impl Quota {
    /// Quotas as they stand now.
    pub(crate) fn all(ctx: &Context<'_>, meters: Vec<QuotaState>) -> Vec<Self> {
        let at = ctx.service::<SharedClock>().now();
        let quota = |meter: QuotaState| Self {
            standing: meter.standing(at),
            meter,
            at,
        };
        meters.into_iter().map(quota).collect()
    }

    fn amount(&self, amount: i64) -> QuotaAmount {
        QuotaAmount::of(self.meter.quota.metric, amount)
    }
}

/// How much a user or a key may use in a window of time, and how much of it is used.
#[Object]
impl Quota {
    /// The quota's id. It stays when the limit, the warnings or the strictness are changed.
    async fn id(&self) -> ID {
        self.meter.quota.id.into()
    }

    /// What is counted.
    async fn metric(&self) -> QuotaMetric {
        self.meter.quota.metric.into()
    }

    /// How much may be used in one window.
    async fn limit(&self) -> QuotaAmount {
        self.amount(self.meter.quota.limit)
    }

    /// When counting starts again.
    async fn window(&self) -> QuotaWindow {
        self.meter.quota.window.into()
    }

    /// The length of a rolling window; null for every other.
    async fn rolling_seconds(&self) -> Option<i32> {
        self.meter.quota.rolling_seconds
    }

    /// The zone whose calendar counts: an IANA name.
    async fn timezone(&self) -> &str {
        &self.meter.quota.timezone
    }

    /// Which provider's requests count; null for all.
    async fn provider(&self) -> Option<ProviderKind> {
        self.meter.quota.provider.map(Into::into)
    }

    /// Requests for which models count, `*` standing for anything; null for all.
    async fn model_pattern(&self) -> Option<&str> {
        self.meter.quota.model_pattern.as_deref()
    }

    /// Percentages of the limit that only warn.
    async fn soft_percents(&self) -> &[u8] {
        &self.meter.quota.soft_percents.0
    }

    /// Whether requests are refused of which one cannot tell how much they may use.
    async fn strict(&self) -> bool {
        self.meter.quota.strict
    }

    /// What is used in the window that runs now.
    async fn used(&self) -> QuotaAmount {
        self.amount(self.standing.used.max(0))
    }

    /// What requests under way may use yet.
    async fn reserved(&self) -> QuotaAmount {
        self.amount(self.standing.reserved)
    }

    /// What is neither used nor reserved.
    async fn remaining(&self) -> QuotaAmount {
        let QuotaStatus { used, reserved, .. } = self.standing;
        let taken = used.max(0).saturating_add(reserved);
        self.amount(self.meter.quota.limit.saturating_sub(taken).max(0))
    }

    /// What is used, in percent of the limit.
    async fn used_percent(&self) -> f64 {
        let millionths = i32::try_from(self.meter.per_million(self.at).max(0));
        f64::from(millionths.unwrap_or(i32::MAX)) / 10_000.0
    }

    /// The highest of the warning percentages that is reached; null while none is.
    async fn warning_percent(&self) -> Option<u8> {
        self.meter.warning(self.at)
    }

    /// When counting starts again or, in a rolling window, some of what was used counts no longer; null for
    /// never.
    async fn resets_at(&self) -> Option<DateTime> {
        self.standing.resets_at.map(Into::into)
    }

    /// Whose quota it is.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        let user = UserId(self.meter.quota.user_id);
        let user = ctx.loader().load_one(user).await?;
        Ok(User(user.ok_or(Error::NotFound { what: "user" })?))
    }

    /// Which key alone it limits; null when it limits all of the user's keys together.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn api_key(&self, ctx: &Context<'_>) -> Result<Option<ApiKey>> {
        let Some(id) = self.meter.quota.api_key_id else {
            return Ok(None);
        };
        Ok(ctx.loader().load_one(ApiKeyId(id)).await?.map(ApiKey))
    }

    /// When it was set for the first time.
    async fn created_at(&self) -> DateTime {
        self.meter.quota.created_at.into()
    }
}

/// The quotas' part of the queries.
#[derive(Debug, Default)]
pub(crate) struct QuotaQuery;

#[Object]
impl QuotaQuery {
    /// The quotas of all users who are not archived and of all keys that are not revoked, the nearest to its
    /// limit first.
    #[graphql(
        guard = "AtLeast(Role::Viewer)",
        complexity = "list(100, child_complexity)"
    )]
    async fn quotas(&self, ctx: &Context<'_>) -> Result<Vec<Quota>> {
        let meters = ctx.service::<Quotas>().all().await?;
        Ok(Quota::all(ctx, meters))
    }
}
