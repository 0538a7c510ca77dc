//! Usage: totals, what they are made of, and how they went over time.

use async_graphql::{Context, Object, SimpleObject};
use chrono_tz::Tz;
use entity::admin;

use super::{
    input::{UsageBucket, UsageDimension, UsageFilter, UsageOrder, UsageRange},
    slice::UsageSlice,
};
use crate::{
    domain::{
        Error,
        calendar::{self, CalendarUnit},
        usage::{self, By, Ranking, Span, Sums},
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{one, ranked, sums},
            error::Result,
            guard::AtLeast,
        },
        types::{
            scalar::{BigInt, DateTime, Usd, int},
            tokens::Tokens,
        },
    },
};

/// For how many points a series counts: it has more, and each is small.
const POINTS: usize = 20;

/// Somebody's usage in a stretch of time.
#[derive(Clone, Debug)]
pub(crate) struct Usage {
    span: Span,
    zone: Tz,
    filter: usage::UsageFilter,
}

impl Usage {
    /// What is asked about.
    pub(crate) async fn read(
        ctx: &Context<'_>,
        range: Option<UsageRange>,
        filter: usage::UsageFilter,
        timezone: &str,
    ) -> Result<Self> {
        let zone = calendar::time_zone(timezone).map_err(Error::from)?;
        let range = range.unwrap_or_default();
        let span = range.read(ctx.service::<usage::Usage>(), zone).await?;
        Ok(Self { span, zone, filter })
    }
}

/// Usage in a stretch of time.
#[Object]
impl Usage {
    /// From this moment.
    async fn from(&self) -> DateTime {
        self.span.from.into()
    }

    /// Until before this moment.
    async fn to(&self) -> DateTime {
        self.span.to.into()
    }

    /// By the clocks of which place days are counted.
    async fn timezone(&self) -> &str {
        self.zone.name()
    }

    /// The sums over all of it; its ends are rounded outward to the quarter of an hour.
    #[graphql(complexity = "sums(1, child_complexity)")]
    async fn totals(&self, ctx: &Context<'_>) -> Result<UsageTotals> {
        let totals = ctx
            .service::<usage::Usage>()
            .totals(self.span, &self.filter);
        Ok(UsageTotals(totals.await?))
    }

    /// What it is made of, the greatest part first.
    #[graphql(complexity = "ranked(first, child_complexity)")]
    async fn breakdown(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "By what it is divided.")] by: UsageDimension,
        #[graphql(default = 50, desc = "How many parts, at most 200.")] first: i32,
        #[graphql(
            desc = "By what the parts are ordered.",
            default_with = "UsageOrder::Cost"
        )]
        order_by: UsageOrder,
    ) -> Result<Vec<UsageSlice>> {
        let ranking = ranking(ctx, by, first, order_by)?;
        let usage = ctx.service::<usage::Usage>();
        let slices = usage.breakdown(self.span, &self.filter, ranking).await?;
        Ok(UsageSlice::all(ranking.by, slices))
    }

    /// One point for each hour, day, week or month, also where nothing was used. The first and the last
    /// are cut where the range is.
    #[graphql(complexity = "sums(POINTS, child_complexity)")]
    #[expect(
        clippy::too_many_arguments,
        reason = "two are to draw, three to divide"
    )]
    async fn series(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What a point is over.")] bucket: UsageBucket,
        #[graphql(desc = "By what points are divided; not at all when left out.")] by: Option<
            UsageDimension,
        >,
        #[graphql(
            default = 10,
            desc = "How many parts of the whole, at most 20; fewer for more than 375 points."
        )]
        first: i32,
        #[graphql(
            desc = "By what the parts are ordered.",
            default_with = "UsageOrder::Cost"
        )]
        order_by: UsageOrder,
    ) -> Result<Vec<UsagePoint>> {
        let ranking = by.map(|by| ranking(ctx, by, first, order_by)).transpose()?;
        let range = (self.span, CalendarUnit::from(bucket), self.zone);
        let usage = ctx.service::<usage::Usage>();
        let points = usage.series(range, &self.filter, ranking).await?;
        let point = |point: usage::Point| UsagePoint {
            from: point.span.from.into(),
            to: point.span.to.into(),
            totals: UsageTotals(point.sums),
            slices: ranking.map_or_else(Vec::new, |ranking| {
                UsageSlice::all(ranking.by, point.slices)
            }),
        };
        Ok(points.into_iter().map(point).collect())
    }
}

/// Accounts are the administrators' business.
fn ranking(
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

/// The sums over some requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UsageTotals(pub(crate) Sums);

/// The sums over some requests.
#[Object]
impl UsageTotals {
    /// Forwarded to the engine.
    async fn requests(&self) -> BigInt {
        BigInt(self.0.requests)
    }

    /// Of these, those that the engine, the provider or the server did not finish.
    async fn failed(&self) -> BigInt {
        BigInt(self.0.failed)
    }

    /// Refused by the gateway; not among `requests`.
    async fn rejected(&self) -> BigInt {
        BigInt(self.0.rejected)
    }

    /// What was used, as far as it is known.
    async fn tokens(&self) -> Tokens {
        Tokens(self.0.tokens)
    }

    /// What that cost, as far as there are prices.
    async fn cost(&self) -> Usd {
        Usd(self.0.cost)
    }

    /// Requests that used tokens of a model without a price.
    async fn unpriced(&self) -> BigInt {
        BigInt(self.0.unpriced)
    }

    /// Requests whose tokens nobody told.
    async fn unknown(&self) -> BigInt {
        BigInt(self.0.unknown)
    }

    /// Requests whose tokens are estimated.
    async fn estimated(&self) -> BigInt {
        BigInt(self.0.estimated)
    }

    /// How long a request took on average, in milliseconds; null without requests.
    async fn average_duration_ms(&self) -> Option<i32> {
        self.0.average_duration().map(|micros| int(micros / 1000))
    }
}

/// A point of a series.
#[derive(SimpleObject)]
pub(crate) struct UsagePoint {
    /// From this moment.
    from: DateTime,
    /// Until before this moment.
    to: DateTime,
    /// The sums.
    totals: UsageTotals,
    /// The parts that are the greatest over the whole series, in that order, without those of which
    /// nothing was used here; empty when nothing is divided.
    #[graphql(complexity = "10 * child_complexity")]
    slices: Vec<UsageSlice>,
}

/// How many requests the two sources of usage, the answer as it passed and the engine, agree on.
#[derive(SimpleObject)]
struct UsageReconciliation {
    /// Both say the same.
    matched: BigInt,
    /// They differ.
    mismatched: BigInt,
    /// Only the answer told; the engine has not reported yet, or never will.
    wire_only: BigInt,
    /// Only the engine told.
    engine_only: BigInt,
    /// Neither told, or a part of it is estimated.
    unknown: BigInt,
}

/// The usage's part of the queries.
#[derive(Debug, Default)]
pub(crate) struct UsageQuery;

#[Object]
impl UsageQuery {
    /// What was used.
    #[graphql(
        guard = "AtLeast(admin::Role::Viewer)",
        complexity = "one(child_complexity)"
    )]
    async fn usage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "When; this month when left out.")] range: Option<UsageRange>,
        #[graphql(desc = "Whose; everybody's when left out.")] filter: Option<UsageFilter>,
        #[graphql(
            default = "UTC",
            desc = "By the clocks of which place days are counted: an IANA name."
        )]
        timezone: String,
    ) -> Result<Usage> {
        Usage::read(ctx, range, filter.unwrap_or_default().read()?, &timezone).await
    }

    /// How the two sources of usage compare.
    #[graphql(
        guard = "AtLeast(admin::Role::Viewer)",
        complexity = "sums(1, child_complexity)"
    )]
    async fn usage_reconciliation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "When; this month when left out.")] range: Option<UsageRange>,
        #[graphql(
            default = "UTC",
            desc = "By the clocks of which place days are counted: an IANA name."
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
