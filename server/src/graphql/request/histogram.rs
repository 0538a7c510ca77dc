//! Requests over time.

use async_graphql::{Context, Object, SimpleObject};
use uuid::Uuid;

use super::filter::RequestFilter;
use crate::{
    domain::{
        requests::{self, HistogramBucket, HistogramRange, RequestLog},
        usage::{Sums, Usage},
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::histogram,
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        types::scalar::{BigInt, DateTime, Usd, int},
    },
};

/// Requests in a part of a time range.
#[derive(Clone, Copy, Debug, SimpleObject)]
struct RequestHistogramBucket {
    /// The start, inclusive.
    from: DateTime,
    /// The end, exclusive.
    to: DateTime,
    /// All requests.
    total: BigInt,
    /// Of these, the ones that the engine, the provider or the server did not complete.
    failed: BigInt,
    /// Of all requests, the ones that the gateway rejected.
    rejected: BigInt,
}

/// Totals over the requests of a filter.
#[derive(Clone, Copy, Debug, SimpleObject)]
struct RequestTotals {
    /// All requests.
    total: BigInt,
    /// Of these, the ones that the engine, the provider or the server did not complete.
    failed: BigInt,
    /// Of all requests, the ones that the gateway rejected.
    rejected: BigInt,
    /// The tokens of all buckets, as far as known.
    tokens: BigInt,
    /// The cost, as far as prices exist or are assumed.
    cost: Usd,
    /// Requests that used tokens of a model without a price; the cost of some may be assumed.
    unpriced: BigInt,
}

/// The requests of a filter over time.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct RequestHistogram {
    /// The start of the range, inclusive.
    from: DateTime,
    /// The end of the range, exclusive.
    to: DateTime,
    /// The length of a bucket, in seconds. The first and the last may be shorter.
    interval_seconds: i32,
    /// The buckets in order, without gaps: at most 120.
    buckets: Vec<RequestHistogramBucket>,
    /// The totals over the range.
    totals: RequestTotals,
    /// Whether all requests of the range were counted. Filters by id, session, endpoint, outcome, error code, status,
    /// duration or a pattern of models count the newest 200,000.
    complete: bool,
}

impl From<HistogramBucket> for RequestHistogramBucket {
    fn from(bucket: HistogramBucket) -> Self {
        let Sums {
            requests,
            failed,
            rejected,
            ..
        } = bucket.sums;
        Self {
            from: bucket.span.from.into(),
            to: bucket.span.to.into(),
            total: BigInt(requests.saturating_add(rejected)),
            failed: BigInt(failed),
            rejected: BigInt(rejected),
        }
    }
}

impl From<requests::RequestHistogram> for RequestHistogram {
    fn from(histogram: requests::RequestHistogram) -> Self {
        let totals = histogram.totals;
        Self {
            from: histogram.span.from.into(),
            to: histogram.span.to.into(),
            interval_seconds: int(histogram.interval),
            buckets: histogram.buckets.into_iter().map(Into::into).collect(),
            totals: RequestTotals {
                total: BigInt(totals.requests.saturating_add(totals.rejected)),
                failed: BigInt(totals.failed),
                rejected: BigInt(totals.rejected),
                tokens: BigInt(totals.tokens.total()),
                cost: Usd(totals.cost),
                unpriced: BigInt(totals.unpriced),
            },
            complete: histogram.is_complete,
        }
    }
}

/// The requests of one user over time.
pub(crate) async fn of_user(
    ctx: &Context<'_>,
    user_id: Uuid,
    filter: Option<RequestFilter>,
    interval_seconds: Option<i32>,
) -> Result<RequestHistogram> {
    let filter = filter.unwrap_or_default().of_user(ctx, user_id)?;
    of_filter(ctx, &filter, interval_seconds).await
}

async fn of_filter(
    ctx: &Context<'_>,
    filter: &requests::RequestFilter,
    interval_seconds: Option<i32>,
) -> Result<RequestHistogram> {
    let usage = ctx.service::<Usage>();
    let range = HistogramRange {
        interval: interval_seconds.map(Into::into),
        now: usage.now(),
    };
    let requests = ctx.service::<RequestLog>();
    Ok(requests.histogram(usage, filter, range).await?.into())
}

#[derive(Debug, Default)]
pub(crate) struct RequestHistogramQuery;

#[Object(guard = "Declared")]
impl RequestHistogramQuery {
    /// The requests of all users over time.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "histogram(child_complexity)"
    )]
    async fn request_histogram(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "A filter. Without `from`, the range is the 24 hours before `to`; without `to`, it ends now."
        )]
        filter: Option<RequestFilter>,
        #[graphql(
            desc = "The length of a bucket in seconds: a multiple of 60. When omitted, the shortest usual one with at most 100 buckets."
        )]
        interval_seconds: Option<i32>,
    ) -> Result<RequestHistogram> {
        let filter = filter.unwrap_or_default().read()?;
        of_filter(ctx, &filter, interval_seconds).await
    }
}
