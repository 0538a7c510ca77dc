//! Usage before a quota was set, so that a new quota counts the whole of its window.
//!
//! It is read from the sums of quarter-hours, hours and days where possible, and from the requests otherwise: in
//! windows with shorter slices, before the first whole quarter-hour, and for the number of requests, because the
//! sums include requests that generate nothing.

use std::{collections::BTreeMap, fmt::Write as _};

use chrono::{DateTime, Utc};
use entity::{
    provider_account::ProviderKind,
    quota::{self, Metric},
    request::{Outcome, Protocol},
    usage_rollup::Period,
};
use limits::QuotaWindow;
use sea_orm::{ActiveEnum as _, ConnectionTrait, FromQueryResult, Statement, Value};

use crate::domain::{
    Result,
    ledger::read_window,
    model_name::{NameRule, routed_as},
    models,
    periods::{Run, cover, seconds, start_of},
};

const MICROS: i64 = 1_000_000;
const DAY: i64 = seconds(Period::Day);
/// All tokens of a row of either table.
const TOKENS: &str =
    "input_tokens + cache_read_tokens + cache_write_tokens + output_tokens + reasoning_tokens";

/// The usage of one model at one provider in a time range.
#[derive(Debug, FromQueryResult)]
struct Cell {
    model: String,
    /// Empty while unknown.
    provider: String,
    /// The last second of the range, since 1970.
    ends_at: i64,
    requests: i64,
    tokens: i64,
    cost: i64,
}

/// Which requests and sums are read.
#[derive(Debug)]
struct Plan {
    /// In microseconds since 1970.
    from: i64,
    /// Requests are read until before this time, in microseconds since 1970.
    rows_until: i64,
    /// Sums are read from then on.
    runs: Vec<Run>,
    /// The precision, in seconds.
    slice: i64,
}

/// The usage that a new quota counts, by the start of the bucket.
pub(super) async fn used(
    connection: &impl ConnectionTrait,
    quota: &quota::Model,
    reset_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<BTreeMap<i64, i64>> {
    let window = read_window(quota.window, quota.rolling_seconds, &quota.timezone)?;
    let plan = Plan::new(quota.metric, window, reset_at, now);
    let mut cells = requests(connection, quota, &plan).await?;
    for run in &plan.runs {
        cells.extend(sums(connection, quota, run).await?);
    }
    let mut used = BTreeMap::<i64, i64>::new();
    for cell in cells.iter().filter(|cell| cell.counts(quota)) {
        // At the end of the range: it counts a little too long rather than too short.
        let at = DateTime::from_timestamp(cell.ends_at, 0).unwrap_or(now);
        let sum = used.entry(window.bucket(at.min(now))).or_default();
        *sum = sum.saturating_add(cell.amount(quota.metric));
    }
    used.retain(|_, sum| *sum != 0);
    Ok(used)
}

impl Plan {
    fn new(
        metric: Metric,
        window: QuotaWindow,
        reset_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Self {
        let from = window.oldest(now).saturating_mul(MICROS);
        let from = from.max(reset_at.map_or(0, |reset| reset.timestamp_micros()));
        let slice = window.slice().unwrap_or(DAY);
        let rows_alone = Self {
            from,
            rows_until: i64::MAX,
            runs: Vec::new(),
            slice,
        };
        let Some(period) = period_within(slice).filter(|_| metric != Metric::Requests) else {
            return rows_alone;
        };
        // A calendar window is one bucket, so that any periods will do.
        let is_one = window.slice().is_none();
        let period = if is_one { Period::Quarter } else { period };
        let second = from.div_euclid(MICROS) + i64::from(from.rem_euclid(MICROS) > 0);
        let first = start_of(period, second + seconds(period) - 1);
        let to = now.timestamp().saturating_add(2 * DAY);
        let run = Run {
            period,
            from: first,
            to,
        };
        Self {
            rows_until: first.saturating_mul(MICROS),
            runs: if is_one { cover(first, to) } else { vec![run] },
            ..rows_alone
        }
    }
}

/// The longest period that fits into a slice.
fn period_within(slice: i64) -> Option<Period> {
    [Period::Day, Period::Hour, Period::Quarter]
        .into_iter()
        .find(|period| seconds(*period) <= slice)
}

async fn requests(
    connection: &impl ConnectionTrait,
    quota: &quota::Model,
    plan: &Plan,
) -> Result<Vec<Cell>> {
    if plan.from >= plan.rows_until {
        return Ok(Vec::new());
    }
    let (slice, last) = (plan.slice, plan.slice - 1);
    let mut sql = format!(
        "SELECT COALESCE(model, '') AS model, COALESCE(provider, '') AS provider, \
         started_at / {MICROS} / {slice} * {slice} + {last} AS ends_at, COUNT(*) AS requests, \
         CAST(COALESCE(SUM({TOKENS}), 0) AS bigint) AS tokens, \
         CAST(COALESCE(SUM(cost), 0) AS bigint) AS cost \
         FROM request WHERE started_at >= {} AND started_at < {} AND outcome <> '{}' AND protocol <> '{}'",
        plan.from,
        plan.rows_until,
        Outcome::Rejected.to_value(),
        Protocol::Other.to_value(),
    );
    let values = write_holder(&mut sql, quota);
    sql.push_str(" GROUP BY 1, 2, 3");
    find(connection, sql, values).await
}

async fn sums(
    connection: &impl ConnectionTrait,
    quota: &quota::Model,
    run: &Run,
) -> Result<Vec<Cell>> {
    let mut sql = format!(
        "SELECT model, provider, starts_at + {} AS ends_at, \
         CAST(SUM(requests) AS bigint) AS requests, CAST(SUM({TOKENS}) AS bigint) AS tokens, \
         CAST(SUM(cost) AS bigint) AS cost \
         FROM usage_rollup WHERE period = {} AND starts_at >= {} AND starts_at < {}",
        seconds(run.period) - 1,
        run.period as i16,
        run.from,
        run.to,
    );
    let values = write_holder(&mut sql, quota);
    sql.push_str(" GROUP BY 1, 2, 3");
    find(connection, sql, values).await
}

fn write_holder(sql: &mut String, quota: &quota::Model) -> Vec<Value> {
    let mut values = vec![quota.user_id.into()];
    // Both databases understand this form.
    sql.push_str(" AND user_id = $1");
    if let Some(key) = quota.api_key_id {
        values.push(key.into());
        let _ = write!(sql, " AND api_key_id = ${}", values.len());
    }
    values
}

async fn find(
    connection: &impl ConnectionTrait,
    sql: String,
    values: Vec<Value>,
) -> Result<Vec<Cell>> {
    let backend = connection.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, values);
    let rows = connection.query_all_raw(statement).await?;
    let cells = rows.iter().map(|row| Cell::from_query_result(row, ""));
    Ok(cells.collect::<std::result::Result<_, _>>()?)
}

impl Cell {
    /// Usage of an unknown provider counts, as it does when a request is stored.
    fn counts(&self, quota: &quota::Model) -> bool {
        let provider = ProviderKind::try_from_value(&self.provider).ok();
        let is_served = |wanted| provider.is_none_or(|served| served == wanted);
        quota.provider.is_none_or(is_served)
            && quota
                .model_pattern
                .as_ref()
                .is_none_or(|pattern| self.is_of(pattern))
    }

    /// The sums do not have the route, so cloaked names are resolved on every route.
    fn is_of(&self, pattern: &str) -> bool {
        !self.model.is_empty()
            && [NameRule::Plain, NameRule::Cloaked]
                .into_iter()
                .any(|names| models::fits(pattern, &routed_as(names, &self.model)))
    }

    fn amount(&self, metric: Metric) -> i64 {
        match metric {
            Metric::Tokens => self.tokens,
            Metric::Cost => self.cost,
            Metric::Requests => self.requests,
        }
    }
}
