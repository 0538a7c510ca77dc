//! The rows of a usage export: the sums of each user, key, provider, account and model in each hour or day of a time
//! zone.

use std::ops::Range;

use calendar::CalendarUnit;
use chrono::DateTime;
use chrono_tz::Tz;
use entity::usage_rollup::{Column, Entity as UsageRollup, Period};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, Condition, DbErr, EntityTrait as _, ExprTrait as _,
    FromQueryResult, QueryFilter as _, QueryOrder as _, QueryResult, QuerySelect as _, Select,
    sea_query::{Alias, Expr},
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
        periods::{cover, start_of},
        usage::{SUMS, Span, Sums, UsageFilter},
    },
};

/// The key of a row within an hour or day, in the order of the export.
const KEY: [Column; 5] = [
    Column::UserId,
    Column::ApiKeyId,
    Column::Provider,
    Column::AccountId,
    Column::Model,
];
const MICROS: i64 = 1_000_000;

/// The time range of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    Hour,
    Day,
}

#[derive(Clone, Debug)]
pub struct UsageExport {
    /// Rounded outward to whole hours or days.
    pub span: Span,
    pub filter: UsageFilter,
    pub every: Every,
    /// The time zone of hours and days.
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

/// The sums of one row of the export.
#[derive(Clone, Debug)]
struct Row {
    user_id: Uuid,
    api_key_id: Uuid,
    provider: String,
    account_id: Uuid,
    model: String,
    sums: Sums,
}

impl FromQueryResult for Row {
    fn from_query_result(row: &QueryResult, prefix: &str) -> std::result::Result<Self, DbErr> {
        Ok(Self {
            user_id: row.try_get(prefix, "user_id")?,
            api_key_id: row.try_get(prefix, "api_key_id")?,
            provider: row.try_get(prefix, "provider")?,
            account_id: row.try_get(prefix, "account_id")?,
            model: row.try_get(prefix, "model")?,
            sums: Sums::read(row)?,
        })
    }
}

/// A cursor over the sums.
#[derive(Debug)]
pub(super) struct UsageRows {
    db: Database,
    export: UsageExport,
    /// The hour or day being read, in seconds since 1970; `None` before the next one is found.
    current: Option<Range<i64>>,
    /// The end of what was read.
    next: i64,
    /// The end of the export, exclusive.
    end: i64,
    /// The last row read of the current hour or day.
    last: Option<Row>,
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

    /// The next hour or day that may have sums; `None` at the end. Skips long ranges without usage.
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
        // The sum may start earlier: periods are in UTC and overlap two hours or days of other zones.
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
        // Skip sums of zero, which remain where a provider was unknown at first.
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
            let sum = Expr::col(Alias::new(column)).sum().cast_as("bigint");
            query.column_as(sum, column)
        })
    }

    /// The next rows with their hours or days: at least a page, or less at the end.
    async fn read(&mut self) -> Result<Vec<(Range<i64>, Row)>> {
        let mut page = Vec::new();
        while (page.len() as u64) < PAGE {
            if self.current.is_none() {
                self.current = self.advance().await?;
            }
            let Some(bucket) = self.current.clone() else {
                break;
            };
            let query = self.select(&bucket).limit(PAGE).into_model::<Row>();
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

/// The rows after this one.
fn after(last: &Row) -> Expr {
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
        "assumed",
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
            ..Ids::default()
        };
        let names = ExportNames::of(ids, self.db.reader()).await?;
        let rows = page.into_iter();
        Ok(rows
            .map(|(bucket, row)| cells(row, &bucket, &names))
            .collect())
    }
}

fn cells(row: Row, bucket: &Range<i64>, names: &ExportNames) -> Vec<ExportCell> {
    let account = Some(row.account_id);
    let sums = row.sums;
    let tokens = sums.tokens;
    let total = tokens.total();
    // Empty where all requests are without token counts.
    let is_known = sums.unknown < sums.requests || sums.requests == 0 || total != 0;
    let known = |count| ExportCell::number(is_known.then_some(count));
    let without_price = sums.unpriced.saturating_sub(sums.assumed);
    let without_cost = sums.unknown.saturating_add(without_price);
    let is_priced = without_cost < sums.requests || sums.requests == 0 || sums.cost != 0;
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
        ExportCell::Number(sums.requests),
        ExportCell::Number(sums.failed),
        ExportCell::Number(sums.rejected),
    ];
    let counts = [
        tokens.input,
        tokens.cache_read,
        tokens.cache_write,
        tokens.output,
        tokens.reasoning,
    ];
    cells.extend(counts.map(known));
    let average = sums.average_duration();
    cells.extend([
        known(total),
        ExportCell::money(is_priced.then_some(sums.cost)),
        ExportCell::Number(sums.unpriced),
        ExportCell::Number(sums.assumed),
        ExportCell::Number(sums.unknown),
        ExportCell::Number(sums.estimated),
        ExportCell::number(average.map(|micros| micros / 1000)),
    ]);
    cells
}
