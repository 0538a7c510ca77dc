//! Requests over time: how many, and how many of them failed.
//!
//! Where the filter allows, the sums of usage are read, which takes as long for ten million requests as for ten.
//! Otherwise the requests themselves are counted, up to a maximum.

mod range;

use chrono::{DateTime, TimeDelta, Utc};
use entity::request::{Column, Outcome};
use sea_orm::{
    ColumnTrait as _, FromQueryResult, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    QueryTrait as _,
    sea_query::{Alias, Expr, Query, SelectStatement},
};

use self::range::{QUARTER, buckets, divide, first_start, interval, moment};
use super::{RequestFilter, RequestLog};
use crate::domain::{
    Result,
    tokens::Tokens,
    usage::{Span, Sums, Usage, UsageFilter},
};

/// The range without a start.
const DEFAULT_RANGE: TimeDelta = TimeDelta::hours(24);
/// Counted one by one at most, the newest first.
const MAX_COUNTED: u64 = 200_000;
const MICROS: i64 = 1_000_000;
const UNPRICED: &str = "CAST(SUM(CASE WHEN cost_assumed OR cost IS NULL AND COALESCE(input_tokens, 0) + COALESCE(cache_read_tokens, 0) \
     + COALESCE(cache_write_tokens, 0) + COALESCE(output_tokens, 0) + COALESCE(reasoning_tokens, 0) > 0 \
     THEN 1 ELSE 0 END) AS bigint)";

/// The range and the interval as they were asked for.
#[derive(Clone, Copy, Debug)]
pub struct HistogramRange {
    /// In seconds; `None` chooses one.
    pub interval: Option<i64>,
    pub now: DateTime<Utc>,
}

/// Requests of a filter over time.
#[derive(Clone, Debug)]
pub struct RequestHistogram {
    pub span: Span,
    /// In seconds.
    pub interval: i64,
    /// In order and without gaps. The first begins and the last ends with the range.
    pub buckets: Vec<HistogramBucket>,
    pub totals: Sums,
    /// False if only the newest requests were counted.
    pub is_complete: bool,
}

/// A part of the range.
#[derive(Clone, Copy, Debug)]
pub struct HistogramBucket {
    pub span: Span,
    pub sums: Sums,
}

impl RequestLog {
    /// The requests of a filter over its range; without a start, over the 24 hours before its end.
    pub async fn histogram(
        &self,
        usage: &Usage,
        filter: &RequestFilter,
        range: HistogramRange,
    ) -> Result<RequestHistogram> {
        let to = filter.to.unwrap_or(range.now);
        let from = filter.from.unwrap_or_else(|| {
            let from = (to - DEFAULT_RANGE).timestamp();
            moment(from - from.rem_euclid(QUARTER))
        });
        let span = Span::new(from, to)?;
        let interval = interval(span, range.interval)?;
        let mut histogram = RequestHistogram {
            span,
            interval,
            buckets: buckets(span, interval),
            totals: Sums::default(),
            is_complete: true,
        };
        match filter.of_usage().filter(|_| interval % QUARTER == 0) {
            Some(of_usage) => {
                let (whole, edges) = divide(span, range.now);
                if let Some(whole) = whole {
                    add_sums(usage, &of_usage, whole, &mut histogram).await?;
                }
                for edge in edges {
                    self.count(filter, edge, &mut histogram).await?;
                }
            }
            None => self.count(filter, span, &mut histogram).await?,
        }
        for bucket in &histogram.buckets {
            histogram.totals.add(&bucket.sums, 1);
        }
        Ok(histogram)
    }

    /// Adds the requests of a part of the range, counted one by one.
    async fn count(
        &self,
        filter: &RequestFilter,
        span: Span,
        histogram: &mut RequestHistogram,
    ) -> Result<()> {
        let start = first_start(histogram.span, histogram.interval);
        let query = counts(filter, span, (start, histogram.interval));
        let reader = self.db.reader();
        let statement = reader.get_database_backend().build(&query);
        let rows = Counted::find_by_statement(statement).all(reader).await?;
        let mut counted = 0;
        for row in rows {
            counted += row.total;
            let at = usize::try_from(row.bucket).unwrap_or_default();
            if let Some(bucket) = histogram.buckets.get_mut(at) {
                bucket.sums.add(&row.sums(), 1);
            }
        }
        histogram.is_complete &= u64::try_from(counted).unwrap_or_default() < MAX_COUNTED;
        Ok(())
    }
}

/// The requests of a bucket with the same outcome.
#[derive(Debug, FromQueryResult)]
struct Counted {
    bucket: i64,
    outcome: Outcome,
    total: i64,
    input_tokens: i64,
    cache_read_tokens: i64,
    cache_write_tokens: i64,
    output_tokens: i64,
    reasoning_tokens: i64,
    cost: i64,
    unpriced: i64,
}

impl Counted {
    fn sums(&self) -> Sums {
        if self.outcome == Outcome::Rejected {
            return Sums {
                rejected: self.total,
                ..Sums::default()
            };
        }
        let is_failure = matches!(self.outcome, Outcome::UpstreamError | Outcome::Interrupted);
        Sums {
            requests: self.total,
            failed: if is_failure { self.total } else { 0 },
            tokens: Tokens {
                input: self.input_tokens,
                cache_read: self.cache_read_tokens,
                cache_write: self.cache_write_tokens,
                cache_write_1h: 0,
                output: self.output_tokens,
                reasoning: self.reasoning_tokens,
                ..Tokens::default()
            },
            cost: self.cost,
            unpriced: self.unpriced,
            ..Sums::default()
        }
    }
}

/// Adds the sums of usage of a part of the range that consists of whole quarters of an hour.
async fn add_sums(
    usage: &Usage,
    filter: &UsageFilter,
    whole: Span,
    histogram: &mut RequestHistogram,
) -> Result<()> {
    let within = |span: Span| Span {
        from: span.from.max(whole.from),
        to: span.to.min(whole.to),
    };
    let buckets = histogram.buckets.iter_mut();
    let mut buckets: Vec<_> = buckets
        .filter(|one| within(one.span).from < within(one.span).to)
        .collect();
    let spans: Vec<_> = buckets.iter().map(|one| within(one.span)).collect();
    let sums = usage.sums(&spans, filter).await?;
    for (bucket, sums) in buckets.iter_mut().zip(sums) {
        bucket.sums.add(&sums, 1);
    }
    Ok(())
}

/// Counts requests by bucket and outcome.
fn counts(filter: &RequestFilter, span: Span, (start, interval): (i64, i64)) -> SelectStatement {
    let amounts = [
        Column::InputTokens,
        Column::CacheReadTokens,
        Column::CacheWriteTokens,
        Column::OutputTokens,
        Column::ReasoningTokens,
        Column::Cost,
    ];
    // Literals: an expression with parameters cannot be grouped by in PostgreSQL.
    let bucket = format!("(started_at - {}) / {}", start * MICROS, interval * MICROS);
    let mut rows = filter
        .select()
        .filter(Column::StartedAt.gte(span.from.timestamp_micros()))
        .filter(Column::StartedAt.lt(span.to.timestamp_micros()))
        .select_only()
        .expr_as(Expr::cust(bucket), "bucket")
        .column(Column::Outcome)
        .column(Column::CostAssumed);
    for amount in amounts {
        rows = rows.column(amount);
    }
    let rows = rows.order_by_desc(Column::StartedAt).limit(MAX_COUNTED);
    let column = |name: &str, expression: String| (Expr::cust(expression), Alias::new(name));
    let mut query = Query::select();
    query
        .columns([Alias::new("bucket"), Alias::new("outcome")])
        .from_subquery(rows.into_query(), Alias::new("counted"))
        .group_by_columns([Alias::new("bucket"), Alias::new("outcome")]);
    let (total, name) = column("total", "COUNT(*)".to_owned());
    query.expr_as(total, name);
    for amount in amounts {
        let name = sea_orm::IdenStatic::as_str(&amount);
        // PostgreSQL adds 64-bit integers up to decimals.
        let (sum, name) = column(name, format!("CAST(COALESCE(SUM({name}), 0) AS bigint)"));
        query.expr_as(sum, name);
    }
    let (unpriced, name) = column("unpriced", UNPRICED.to_owned());
    query.expr_as(unpriced, name);
    query
}
