//! The rows of usage: the sums by hour or day of each user, key, provider, account and model.

use entity::usage_rollup::{self, Column, Entity as UsageRollup, Period};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, Condition, EntityTrait as _, ExprTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Select, sea_query::Expr,
};

use super::{
    PAGE, Rows,
    cell::Cell,
    names::{Ids, Names},
};
use crate::{
    db::Database,
    domain::{
        Result,
        usage::{Span, UsageFilter},
    },
};

/// What tells rows of one period apart, in the order of the export.
const KEY: [Column; 6] = [
    Column::StartsAt,
    Column::UserId,
    Column::ApiKeyId,
    Column::Provider,
    Column::AccountId,
    Column::Model,
];
const MICROS: i64 = 1_000_000;

/// What a row is over, by the clock of UTC.
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
}

impl Every {
    fn period(self) -> Period {
        match self {
            Self::Hour => Period::Hour,
            Self::Day => Period::Day,
        }
    }

    fn seconds(self) -> i64 {
        match self {
            Self::Hour => 60 * 60,
            Self::Day => 24 * 60 * 60,
        }
    }
}

/// A place among the sums.
#[derive(Debug)]
pub(super) struct UsageRows {
    db: Database,
    export: UsageExport,
    last: Option<usage_rollup::Model>,
    is_over: bool,
}

impl UsageRows {
    pub(super) fn new(db: Database, export: UsageExport) -> Self {
        Self {
            db,
            export,
            last: None,
            is_over: false,
        }
    }

    fn select(&self) -> Select<UsageRollup> {
        let UsageExport {
            span,
            filter,
            every,
        } = &self.export;
        let from = span.from.timestamp();
        let from = from - from.rem_euclid(every.seconds());
        let to = span.to.timestamp() + i64::from(span.to.timestamp_subsec_nanos() > 0);
        // What was unknown for a while leaves sums of zero behind.
        let anything = Condition::any()
            .add(Column::Requests.ne(0))
            .add(Column::Rejected.ne(0));
        let mut wanted = Condition::all()
            .add(Column::Period.eq(every.period()))
            .add(Column::StartsAt.gte(from))
            .add(Column::StartsAt.lt(to))
            .add(anything);
        wanted = wanted
            .add_option(filter.user_id.map(|id| Column::UserId.eq(id)))
            .add_option(filter.api_key_id.map(|id| Column::ApiKeyId.eq(id)))
            .add_option(filter.account_id.map(|id| Column::AccountId.eq(id)))
            .add_option(filter.model.as_ref().map(|name| Column::Model.eq(name)));
        let provider = filter.provider.map(|kind| kind.to_value());
        wanted = wanted.add_option(provider.map(|kind| Column::Provider.eq(kind)));
        if let Some(last) = &self.last {
            wanted = wanted.add(after(last));
        }
        let query = UsageRollup::find().filter(wanted);
        KEY.into_iter().fold(query, Select::order_by_asc)
    }

    async fn read(&mut self) -> Result<Vec<usage_rollup::Model>> {
        if self.is_over {
            return Ok(Vec::new());
        }
        let rows = self.select().limit(PAGE).all(self.db.reader()).await?;
        self.is_over = (rows.len() as u64) < PAGE;
        if let Some(last) = rows.last() {
            self.last = Some(last.clone());
        }
        Ok(rows)
    }
}

/// The rows that come after this one.
fn after(last: &usage_rollup::Model) -> Expr {
    let key = KEY.map(Expr::col);
    let values = [
        Expr::val(last.starts_at),
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

    async fn next(&mut self) -> Result<Vec<Vec<Cell>>> {
        let page = self.read().await?;
        let ids = Ids {
            users: page.iter().map(|row| row.user_id).collect(),
            api_keys: page.iter().map(|row| row.api_key_id).collect(),
            accounts: page.iter().map(|row| row.account_id).collect(),
        };
        let names = Names::of(ids, self.db.reader()).await?;
        let length = self.export.every.seconds();
        let rows = page.into_iter();
        Ok(rows.map(|row| cells(row, length, &names)).collect())
    }
}

fn cells(row: usage_rollup::Model, length: i64, names: &Names) -> Vec<Cell> {
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
    let told = |count| Cell::number(is_told.then_some(count));
    let without_cost = row.unknown.saturating_add(row.unpriced);
    let is_priced = without_cost < row.requests || row.requests == 0 || row.cost != 0;
    let moment = |seconds: i64| Cell::Moment(seconds.saturating_mul(MICROS));
    let mut cells = vec![
        moment(row.starts_at),
        moment(row.starts_at.saturating_add(length)),
        Cell::id(Some(row.user_id)),
        names.user(row.user_id),
        Cell::id(Some(row.api_key_id)),
        names.api_key(row.api_key_id),
        Cell::text(Some(row.provider.to_uppercase())),
        Cell::id(account),
        names.account(account),
        Cell::text(Some(row.model)),
        Cell::Number(row.requests),
        Cell::Number(row.failed),
        Cell::Number(row.rejected),
    ];
    cells.extend(buckets.map(told));
    let average = row.duration.checked_div(row.requests);
    cells.extend([
        told(total),
        Cell::money(is_priced.then_some(row.cost)),
        Cell::Number(row.unpriced),
        Cell::Number(row.unknown),
        Cell::Number(row.estimated),
        Cell::number(average.map(|micros| micros / 1000)),
    ]);
    cells
}
