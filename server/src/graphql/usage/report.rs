//! Usage: totals, breakdowns, and series over time.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use calendar::CalendarUnit;
use chrono_tz::Tz;

use super::{
    forecast::UsageForecast,
    group::Groups,
    input::{UsageBucket, UsageDimension, UsageFilter, UsageOrder, UsageRange},
    latency::UsageLatency,
    slice::UsageSlice,
    totals::UsageTotals,
};
use crate::{
    domain::{
        Error,
        usage::{self, By, Ranking, Span},
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{SAMPLE, one, ranked, sums},
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        types::scalar::{BigInt, DateTime},
    },
};

/// The number of points that a series is charged for: it has more, and each is small.
const POINTS: usize = 20;

/// Usage in a time range.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Usage {
    #[graphql(skip)]
    span: Span,
    #[graphql(skip)]
    zone: Tz,
    #[graphql(skip)]
    filter: usage::UsageFilter,
    /// The start, inclusive.
    from: DateTime,
    /// The end, exclusive.
    to: DateTime,
    /// The IANA time zone in which days are counted.
    timezone: &'static str,
}

impl Usage {
    /// Resolves the range and the time zone.
    pub(crate) async fn read(
        ctx: &Context<'_>,
        range: Option<UsageRange>,
        filter: usage::UsageFilter,
        timezone: &str,
    ) -> Result<Self> {
        let zone = calendar::time_zone(timezone).map_err(Error::from)?;
        let range = range.unwrap_or_default();
        let span = range.read(ctx.service::<usage::Usage>(), zone).await?;
        Ok(Self {
            from: span.from.into(),
            to: span.to.into(),
            timezone: zone.name(),
            span,
            zone,
            filter,
        })
    }
}

#[ComplexObject]
impl Usage {
    /// The totals of the range, whose ends are extended to full quarters of an hour.
    #[graphql(complexity = "sums(1, child_complexity)")]
    async fn totals(&self, ctx: &Context<'_>) -> Result<UsageTotals> {
        let totals = ctx
            .service::<usage::Usage>()
            .totals(self.span, &self.filter);
        Ok(UsageTotals::from(totals.await?))
    }

    /// The totals of the range of equal length that ends where this one starts. While this range has not ended,
    /// only of the part that corresponds to the elapsed time, so that both compare.
    #[graphql(complexity = "sums(1, child_complexity)")]
    async fn previous(&self, ctx: &Context<'_>) -> Result<UsagePrevious> {
        let usage = ctx.service::<usage::Usage>();
        let span = usage.previous(self.span);
        let sums = if span.from < span.to {
            usage.totals(span, &self.filter).await?
        } else {
            usage::Sums::default()
        };
        Ok(UsagePrevious {
            from: span.from.into(),
            to: span.to.into(),
            totals: UsageTotals::from(sums),
        })
    }

    /// The cost of the current calendar month, whatever the range is, with its forecast and its budget.
    #[graphql(complexity = "sums(2, child_complexity)")]
    async fn forecast(&self, ctx: &Context<'_>) -> Result<UsageForecast> {
        UsageForecast::read(ctx, self.zone, &self.filter).await
    }

    /// How long requests took. It is read from the request log and slower than totals.
    #[graphql(complexity = "sums(1, child_complexity) + SAMPLE")]
    async fn latency(&self, ctx: &Context<'_>) -> Result<UsageLatency> {
        let usage = ctx.service::<usage::Usage>();
        let latencies = usage.latency(self.span, &self.filter, None).await?;
        let latency = latencies.into_values().next().unwrap_or_default();
        Ok(UsageLatency::from(latency))
    }

    /// The totals by a dimension, largest first.
    #[graphql(complexity = "ranked(first, child_complexity)")]
    async fn breakdown(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The dimension to group by.")] by: UsageDimension,
        #[graphql(default = 50, desc = "The number of groups to return: 1 to 200.")] first: i32,
        #[graphql(desc = "The order of the groups.", default_with = "UsageOrder::Cost")]
        order_by: UsageOrder,
        #[graphql(desc = "Only the groups with these keys, at most 200; all groups when omitted.")]
        keys: Option<Vec<String>>,
    ) -> Result<Vec<UsageSlice>> {
        let ranking = ranking(ctx, by, first, order_by)?;
        let usage = ctx.service::<usage::Usage>();
        if keys.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Vec::new());
        }
        let keys = keys.unwrap_or_default();
        let slices = usage.breakdown_of(self.span, &self.filter, ranking, &keys);
        let slices = slices.await?;
        let groups = Groups::new(ranking.by, self.span, &self.filter, &slices);
        Ok(UsageSlice::all(ranking.by, Some(&groups), slices))
    }

    /// One point for each hour, day, week or month, also without usage. The first and the last are clipped to
    /// the range.
    #[graphql(complexity = "sums(POINTS, child_complexity)")]
    async fn series(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The period of each point.")] bucket: UsageBucket,
        #[graphql(desc = "The dimension to group each point by; no groups when omitted.")]
        by: Option<UsageDimension>,
        #[graphql(
            default = 10,
            desc = "The number of groups: 1 to 20, and fewer for more than 375 points."
        )]
        first: i32,
        #[graphql(desc = "The order of the groups.", default_with = "UsageOrder::Cost")]
        order_by: UsageOrder,
    ) -> Result<Vec<UsagePoint>> {
        let ranking = by.map(|by| ranking(ctx, by, first, order_by)).transpose()?;
        let range = (self.span, CalendarUnit::from(bucket), self.zone);
        let usage = ctx.service::<usage::Usage>();
        let points = usage.series(range, &self.filter, ranking).await?;
        let point = |point: usage::Point| UsagePoint {
            from: point.span.from.into(),
            to: point.span.to.into(),
            totals: UsageTotals::from(point.sums),
            slices: ranking.map_or_else(Vec::new, |ranking| {
                UsageSlice::all(ranking.by, None, point.slices)
            }),
        };
        Ok(points.into_iter().map(point).collect())
    }
}

/// The totals of the range before.
#[derive(SimpleObject)]
struct UsagePrevious {
    /// The start, inclusive.
    from: DateTime,
    /// The end, exclusive.
    to: DateTime,
    /// The totals.
    totals: UsageTotals,
}

/// Only administrators may group by account.
pub(super) fn ranking(
    ctx: &Context<'_>,
    by: UsageDimension,
    first: i32,
    order: UsageOrder,
) -> Result<Ranking> {
    let by = By::from(by);
    if by == By::Account && !ctx.is_administrator() {
        return Err(Error::Forbidden.into());
    }
    Ok(Ranking {
        by,
        order: order.into(),
        first,
    })
}

/// A point of a series.
#[derive(SimpleObject)]
pub(crate) struct UsagePoint {
    /// The start, inclusive.
    from: DateTime,
    /// The end, exclusive.
    to: DateTime,
    /// The totals.
    totals: UsageTotals,
    /// The largest groups of the whole series, in that order, without those that have no usage at this point;
    /// empty if `by` is omitted.
    #[graphql(complexity = "10 * child_complexity")]
    slices: Vec<UsageSlice>,
}

/// How many requests the two sources of usage, the metered response and the engine's report, agree on.
#[derive(SimpleObject)]
struct UsageReconciliation {
    /// Both report the same usage.
    matched: BigInt,
    /// They report different usage.
    mismatched: BigInt,
    /// Only metered from the response; the engine has not reported it.
    wire_only: BigInt,
    /// Only reported by the engine.
    engine_only: BigInt,
    /// Reported by neither, or partly estimated.
    unknown: BigInt,
}

#[derive(Debug, Default)]
pub(crate) struct UsageQuery;

#[Object(guard = "Declared")]
impl UsageQuery {
    /// Usage in a time range.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "one(child_complexity)"
    )]
    async fn usage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The time range; the current month when omitted.")] range: Option<
            UsageRange,
        >,
        #[graphql(desc = "A filter; the usage of all users when omitted.")] filter: Option<
            UsageFilter,
        >,
        #[graphql(
            default = "UTC",
            desc = "The IANA time zone in which days are counted."
        )]
        timezone: String,
    ) -> Result<Usage> {
        Usage::read(ctx, range, filter.unwrap_or_default().read()?, &timezone).await
    }

    /// How the two sources of usage compare in a time range.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "sums(1, child_complexity)"
    )]
    async fn usage_reconciliation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The time range; the current month when omitted.")] range: Option<
            UsageRange,
        >,
        #[graphql(
            default = "UTC",
            desc = "The IANA time zone in which days are counted."
        )]
        timezone: String,
    ) -> Result<UsageReconciliation> {
        let usage = ctx.service::<usage::Usage>();
        let zone = calendar::time_zone(&timezone).map_err(Error::from)?;
        let span = range.unwrap_or_default().read(usage, zone).await?;
        let counts = usage.reconciliation(span).await?;
        Ok(UsageReconciliation {
            matched: BigInt(counts.matched),
            mismatched: BigInt(counts.mismatched),
            wire_only: BigInt(counts.wire_only),
            engine_only: BigInt(counts.engine_only),
            unknown: BigInt(counts.unknown),
        })
    }
}
