//! The rows of usage: the sums by hour or day of each user, key, provider, account and model, as the clocks of a
//! place cut hours and days.

use std::ops::Range;

use chrono::DateTime;
use chrono_tz::Tz;
use entity::usage_rollup::{Column, Entity as UsageRollup, Period};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, Condition, EntityTrait as _, ExprTrait as _,
    FromQueryResult, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select, sea_query::Expr,
};
use uuid::Uuid;

use super::{
    PAGE, Rows,
    cell::ExportCell,
    names::{ExportNames, Ids},
};
use crate::{
    db::Database,
    domain::{
        Result,
        calendar::{self, CalendarUnit},
        usage::{
            Span, UsageFilter,
            cover::{cover, start_of},
        },
    },
};

/// What tells rows of one hour or day apart, in the order of the export.
const KEY: [Column; 5] = [
    Column::UserId,
    Column::ApiKeyId,
    Column::Provider,
    Column::AccountId,
    Column::Model,
];
const SUMS: [Column; 13] = [
    Column::Requests,
    Column::Failed,
    Column::Rejected,
    Column::InputTokens,
    Column::CacheReadTokens,
    Column::CacheWriteTokens,
    Column::OutputTokens,
    Column::ReasoningTokens,
    Column::Cost,
    Column::Unpriced,
    Column::Unknown,
    Column::Estimated,
    Column::Duration,
];
const MICROS: i64 = 1_000_000;

/// What a row is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    Hour,
    Day,
}

/// Which sums are wanted.
#[derive(Clone, Debug)]
pub struct UsageExport {
    /// Rounded outward to whole hours or days.
    pub span: Span,
    pub filter: UsageFilter,
    pub every: Every,
    /// Whose clocks cut hours and days.
    pub zone: Tz,
}

impl Every {
    fn unit(self) -> CalendarUnit {
        match self {
            Self::Hour => CalendarUnit::Hour,
            Self::Day => CalendarUnit::Day,
        }
    }

    fn period(self) -> Period {
        match self {
            Self::Hour => Period::Hour,
            Self::Day => Period::Day,
        }
    }
}

/// The sums of one hour or day.
#[derive(Clone, Debug, FromQueryResult)]
struct Sum {
    user_id: Uuid,
    api_key_id: Uuid,
    provider: String,
    account_id: Uuid,
    model: String,
    requests: i64,
    failed: i64,
    rejected: i64,
    input_tokens: i64,
    cache_read_tokens: i64,
    cache_write_tokens: i64,
    output_tokens: i64,
    reasoning_tokens: i64,
    cost: i64,
    unpriced: i64,
    unknown: i64,
    estimated: i64,
    duration: i64,
}

/// A place among the sums.
#[derive(Debug)]
pub(super) struct UsageRows {
    db: Database,
    export: UsageExport,
    /// The hour or day that is read, in seconds since 1970; none before the next one is found.
    current: Option<Range<i64>>,
    /// From when on nothing was read yet.
    next: i64,
    /// Until before when.
    end: i64,
    /// Of the current hour or day.
    last: Option<Sum>,
}

impl UsageRows {
    pub(super) fn new(db: Database, export: UsageExport) -> Self {
        let Span { from, to } = export.span;
        let next = calendar::span_around(export.every.unit(), export.zone, from).start;
        Self {
            db,
            current: None,
            next,
            end: to.timestamp() + i64::from(to.timestamp_subsec_nanos() > 0),
            last: None,
            export,
        }
    }

    /// The next hour or day that may have sums; none when there is no more. Stretches without any are not
    /// looked at hour by hour.
    async fn advance(&mut self) -> Result<Option<Range<i64>>> {
        if self.next >= self.end {
            return Ok(None);
        }
        let period = self.export.every.period();
        let first: Option<Option<i64>> = UsageRollup::find()
            .select_only()
            .column_as(Expr::col(Column::StartsAt).min(), "first")
            .filter(Column::Period.eq(period))
            .filter(Column::StartsAt.gte(start_of(period, self.next)))
            .filter(Column::StartsAt.lt(self.end))
            .into_tuple()
            .one(self.db.reader())
            .await?;
        // What is found may begin earlier: hours and days of UTC lie across those of other zones.
        let found = first.flatten().map(|first| Ord::max(first, self.next));
        let Some(at) = found.and_then(|at| DateTime::from_timestamp(at, 0)) else {
            return Ok(None);
        };
        let bucket = calendar::span_around(self.export.every.unit(), self.export.zone, at);
        self.next = bucket.end;
        self.last = None;
        Ok(Some(bucket))
    }

    fn select(&self, bucket: &Range<i64>) -> Select<UsageRollup> {
        let runs = cover(bucket.start, bucket.end);
        let runs = runs.iter().fold(Condition::any(), |any, run| {
            any.add(
                Condition::all()
                    .add(Column::Period.eq(run.period))
                    .add(Column::StartsAt.gte(run.from))
                    .add(Column::StartsAt.lt(run.to)),
            )
        });
        let filter = &self.export.filter;
        let provider = filter.provider.map(|kind| kind.to_value());
        let wanted = Condition::all()
            .add(runs)
            .add_option(filter.user_id.map(|id| Column::UserId.eq(id)))
            .add_option(filter.api_key_id.map(|id| Column::ApiKeyId.eq(id)))
            .add_option(filter.account_id.map(|id| Column::AccountId.eq(id)))
            .add_option(filter.model.as_ref().map(|name| Column::Model.eq(name)))
            .add_option(provider.map(|kind| Column::Provider.eq(kind)))
            .add_option(self.last.as_ref().map(after));
        // What was unknown for a while leaves sums of zero behind.
        let anything = Condition::any()
            .add(Expr::col(Column::Requests).sum().ne(0))
            .add(Expr::col(Column::Rejected).sum().ne(0));
        let query = UsageRollup::find()
            .select_only()
            .filter(wanted)
            .having(anything);
        let query = KEY.into_iter().fold(query, |query, column| {
            query.column(column).group_by(column).order_by_asc(column)
        });
        SUMS.into_iter().fold(query, |query, column| {
            // PostgreSQL adds 64-bit integers up to decimals.
            let sum = Expr::col(column).sum().cast_as("bigint");
            query.column_as(sum, column)
        })
    }

    /// The next sums with their hours or days, at least a page where there is one.
    async fn read(&mut self) -> Result<Vec<(Range<i64>, Sum)>> {
        let mut page = Vec::new();
        while (page.len() as u64) < PAGE {
            if self.current.is_none() {
                self.current = self.advance().await?;
            }
            let Some(bucket) = self.current.clone() else {
                break;
            };
            let query = self.select(&bucket).limit(PAGE).into_model::<Sum>();
            let sums = query.all(self.db.reader()).await?;
            if (sums.len() as u64) < PAGE {
                self.current = None;
            }
            self.last = sums.last().cloned();
            page.extend(sums.into_iter().map(|sum| (bucket.clone(), sum)));
        }
        Ok(page)
    }
}

/// The rows that come after this one.
fn after(last: &Sum) -> Expr {
    let key = KEY.map(Expr::col);
    let values = [
        Expr::val(last.user_id),
        Expr::val(last.api_key_id),
        Expr::val(last.provider.as_str()),
        Expr::val(last.account_id),
        Expr::val(last.model.as_str()),
    ];
    Expr::tuple(key).gt(Expr::tuple(values))
}

impl Rows for UsageRows {
    const COLUMNS: &'static [&'static str] = &[
        "from",
        "to",
        "user_id",
        "user",
        "api_key_id",
        "api_key",
        "provider",
        "account_id",
        "account",
        "model",
        "requests",
        "failed",
        "rejected",
        "input_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "output_tokens",
        "reasoning_tokens",
        "total_tokens",
        "cost_usd",
        "unpriced",
        "unknown",
        "estimated",
        "average_duration_ms",
    ];

    async fn next(&mut self) -> Result<Vec<Vec<ExportCell>>> {
        let page = self.read().await?;
        let ids = Ids {
            users: page.iter().map(|(_, row)| row.user_id).collect(),
            api_keys: page.iter().map(|(_, row)| row.api_key_id).collect(),
            accounts: page.iter().map(|(_, row)| row.account_id).collect(),
        };
        let names = ExportNames::of(ids, self.db.reader()).await?;
        let rows = page.into_iter();
        Ok(rows
            .map(|(bucket, row)| cells(row, &bucket, &names))
            .collect())
    }
}

fn cells(row: Sum, bucket: &Range<i64>, names: &ExportNames) -> Vec<ExportCell> {
    let account = Some(row.account_id);
    let buckets = [
        row.input_tokens,
        row.cache_read_tokens,
        row.cache_write_tokens,
        row.output_tokens,
        row.reasoning_tokens,
    ];
    let total = buckets.into_iter().fold(0, i64::saturating_add);
    // Sums of which no part is known.
    let is_told = row.unknown < row.requests || row.requests == 0 || total != 0;
    let told = |count| ExportCell::number(is_told.then_some(count));
    let without_cost = row.unknown.saturating_add(row.unpriced);
    let is_priced = without_cost < row.requests || row.requests == 0 || row.cost != 0;
    let moment = |seconds: i64| ExportCell::Moment(seconds.saturating_mul(MICROS));
    let mut cells = vec![
        moment(bucket.start),
        moment(bucket.end),
        ExportCell::id(Some(row.user_id)),
        names.user(row.user_id),
        ExportCell::id(Some(row.api_key_id)),
        names.api_key(row.api_key_id),
        ExportCell::text(Some(row.provider.to_uppercase())),
        ExportCell::id(account),
        names.account(account),
        ExportCell::text(Some(row.model)),
        ExportCell::Number(row.requests),
        ExportCell::Number(row.failed),
        ExportCell::Number(row.rejected),
    ];
    cells.extend(buckets.map(told));
    let average = row.duration.checked_div(row.requests);
    cells.extend([
        told(total),
        ExportCell::money(is_priced.then_some(row.cost)),
        ExportCell::Number(row.unpriced),
        ExportCell::Number(row.unknown),
        ExportCell::Number(row.estimated),
        ExportCell::number(average.map(|micros| micros / 1000)),
    ]);
    cells
}
