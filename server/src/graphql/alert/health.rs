//! The verdict on the server.

use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};

use crate::{
    domain::{
        alerts::{Alerts, count_accounts},
        provider_accounts::ProviderAccounts,
        usage::Usage,
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{QUERY, SUM},
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        types::scalar::{BigInt, DateTime, int},
    },
};

/// Whether anything is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::alerts::HealthVerdict")]
enum HealthVerdict {
    /// No alert is open.
    Healthy,
    /// Unknown: the conditions were not evaluated in the last 2 minutes, or a third of a few requests failed.
    Uncertain,
    /// Alerts are open, none of them critical.
    Warning,
    /// A critical alert is open.
    Critical,
}

/// The verdict on the server and its basis.
#[derive(SimpleObject)]
#[graphql(complex)]
struct Health {
    /// The verdict, from the open alerts, acknowledged or not.
    verdict: HealthVerdict,
    /// The time at which all conditions were last evaluated; null before the first time since the start of the server.
    evaluated_at: Option<DateTime>,
    /// The number of open alerts.
    open_alerts: i32,
    /// Of these, the ones that are not acknowledged.
    unacknowledged_alerts: i32,
    /// The number of requests of the last hour that the gateway forwarded.
    recent_requests: BigInt,
    /// Of these, the ones that failed.
    recent_failed: BigInt,
    /// Whether at least a third of them failed, however few there are.
    is_failing: bool,
}

/// Accounts in use, by whether there is evidence that they work.
#[derive(SimpleObject)]
struct AccountCounts {
    /// The number of enabled accounts.
    enabled: i32,
    /// Of these, the ones that no request has used and no health check has passed.
    unverified: i32,
}

#[ComplexObject]
impl Health {
    /// The enabled accounts.
    #[graphql(complexity = "QUERY + child_complexity")]
    async fn accounts(&self, ctx: &Context<'_>) -> Result<AccountCounts> {
        let counts = count_accounts(ctx.service::<ProviderAccounts>()).await?;
        Ok(AccountCounts {
            enabled: int(counts.enabled),
            unverified: int(counts.unverified),
        })
    }
}

#[derive(Debug, Default)]
pub(crate) struct HealthQuery;

#[Object(guard = "Declared")]
impl HealthQuery {
    /// Whether anything is wrong. The query `alerts` has the details.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "child_complexity + QUERY + SUM"
    )]
    async fn health(&self, ctx: &Context<'_>) -> Result<Health> {
        let alerts = ctx.service::<Alerts>();
        let health = alerts.health(ctx.service::<Usage>()).await?;
        Ok(Health {
            verdict: health.verdict.into(),
            evaluated_at: health.evaluated_at.map(Into::into),
            open_alerts: int(health.open),
            unacknowledged_alerts: int(health.unacknowledged),
            recent_requests: BigInt(health.recent.requests),
            recent_failed: BigInt(health.recent.failed),
            is_failing: health.recent.fail_often(),
        })
    }
}
