//! Live updates of usage.

use async_graphql::{Context, SimpleObject, Subscription};
use futures_util::{Stream, StreamExt as _};

use super::{input::UsageFilter, totals::UsageTotals};
use crate::{
    domain::{Error, requests::RequestLog, usage},
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::{ResolverError, Result},
            guard::Declared,
            role::{Role, requires_role},
        },
        types::scalar::DateTime,
    },
};

/// A periodic update of usage.
#[derive(SimpleObject)]
struct UsageTick {
    /// The time of the update.
    at: DateTime,
    /// The usage settled since the previous update; empty in the first one.
    since_last: UsageTotals,
    /// The usage since midnight of the time zone.
    today: UsageTotals,
}

#[derive(Debug, Default)]
pub(crate) struct UsageSubscription;

#[Subscription(guard = "Declared")]
impl UsageSubscription {
    /// Usage now and then at each interval, also without new usage. A slow reader receives fewer updates,
    /// whose sums are complete.
    #[graphql(directive = requires_role::apply(Role::Viewer))]
    async fn usage_ticked(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 5, desc = "The seconds between two updates: 1 to 3600.")]
        interval_seconds: i32,
        #[graphql(desc = "A filter; the usage of all users when omitted.")] filter: Option<
            UsageFilter,
        >,
        #[graphql(
            default = "UTC",
            desc = "The IANA time zone in which the day begins."
        )]
        timezone: String,
    ) -> Result<impl Stream<Item = Result<UsageTick>> + use<>> {
        let filter = filter.unwrap_or_default().read()?;
        let zone = calendar::time_zone(&timezone).map_err(Error::from)?;
        let ticks = ctx.service::<RequestLog>().follow_usage(
            ctx.service::<usage::Usage>(),
            filter,
            (interval_seconds, zone),
        );
        Ok(ticks.await?.map(|tick| {
            let tick = tick.map_err(ResolverError::from)?;
            Ok(UsageTick {
                at: tick.at.into(),
                since_last: UsageTotals::from(tick.since_last),
                today: UsageTotals::from(tick.today),
            })
        }))
    }
}
