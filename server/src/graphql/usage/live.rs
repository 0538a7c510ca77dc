//! Usage as it happens.

use async_graphql::{Context, SimpleObject, Subscription};
use entity::admin::Role;
use futures_util::{Stream, StreamExt as _};

use super::{input::UsageFilter, report::UsageTotals};
use crate::{
    domain::{Error, calendar, requests::RequestLog, usage},
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::{ResolverError, Result},
            guard::AtLeast,
        },
        types::scalar::DateTime,
    },
};

/// What was just used.
#[derive(SimpleObject)]
struct UsageTick {
    /// When it was counted.
    at: DateTime,
    /// What was settled since the last tick; nothing in the first one.
    since_last: UsageTotals,
    /// What came since midnight.
    today: UsageTotals,
}

/// The usage's part of what can be followed.
#[derive(Debug, Default)]
pub(crate) struct UsageSubscription;

#[Subscription]
impl UsageSubscription {
    /// What is used, at once and then regularly, also when nothing was. Whoever reads slowly gets fewer
    /// ticks, and nothing is missing in them.
    #[graphql(guard = "AtLeast(Role::Viewer)")]
    async fn usage_ticked(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 5, desc = "Seconds between two ticks, 1 to 3600.")]
        interval_seconds: i32,
        #[graphql(desc = "Whose; everybody's when left out.")] filter: Option<UsageFilter>,
        #[graphql(
            default = "UTC",
            desc = "By the clocks of which place today begins: an IANA name."
        )]
        timezone: String,
    ) -> Result<impl Stream<Item = Result<UsageTick>> + use<>> {
        let filter = filter.unwrap_or_default().read()?;
        let zone = calendar::time_zone(&timezone).map_err(Error::from)?;
        let ticks = ctx.service::<usage::Usage>().follow(
            ctx.service::<RequestLog>(),
            filter,
            (interval_seconds, zone),
        );
        Ok(ticks.await?.map(|tick| {
            let tick = tick.map_err(ResolverError::from)?;
            Ok(UsageTick {
                at: tick.at.into(),
                since_last: UsageTotals(tick.since_last),
                today: UsageTotals(tick.today),
            })
        }))
    }
}
