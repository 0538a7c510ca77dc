//! Reads sums. The time ranges are a table within the query, so that the statement depends on their number alone
//! and the database prepares few statements.

use std::fmt::Write as _;

use entity::usage_rollup::Period;
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, Value};
use uuid::Uuid;

use super::{
    filter::{By, SumSource},
    span::Span,
    sums::{COLUMNS, Sums},
};
use crate::domain::periods::cover;

/// All token buckets together.
const TOKENS: &str = "SUM(sums.input_tokens + sums.cache_read_tokens + sums.cache_write_tokens \
     + sums.output_tokens + sums.reasoning_tokens)";

/// The order of slices, the greatest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UsageOrder {
    /// By cost, then by tokens.
    #[default]
    Cost,
    Tokens,
    Requests,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Division {
    pub(super) by: By,
    pub(super) order: UsageOrder,
    pub(super) most: Option<u64>,
}

#[derive(Clone, Debug)]
pub(super) struct UsageQuery<'a> {
    pub(super) source: SumSource,
    /// The ranges, each of which is summed up separately.
    pub(super) spans: &'a [Span],
    pub(super) division: Option<Division>,
    /// Empty for all subjects.
    pub(super) subjects: &'a [String],
}

/// The sums of one range and one subject.
#[derive(Clone, Debug)]
pub(super) struct UsageSums {
    /// The index of the range.
    pub(super) span: usize,
    /// Empty without a division, and while unknown.
    pub(super) subject: String,
    pub(super) sums: Sums,
}

impl UsageQuery<'_> {
    /// Ranges and subjects without usage have no result.
    pub(super) async fn run(
        self,
        connection: &impl ConnectionTrait,
    ) -> Result<Vec<UsageSums>, DbErr> {
        let mut sql = Sql::default();
        self.write(&mut sql);
        let backend = connection.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql.text, sql.values);
        let rows = connection.query_all_raw(statement).await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    fn write(&self, sql: &mut Sql) {
        sql.text
            .push_str("WITH run (span, period, begins_at, ends_at) AS (VALUES ");
        write_runs(sql, self.spans);
        sql.text.push_str(") SELECT run.span");
        if let Some(column) = self.column() {
            let _ = write!(sql.text, ", sums.{column} AS subject");
        }
        for column in COLUMNS {
            // PostgreSQL adds 64-bit integers up to decimals.
            let _ = write!(sql.text, ", CAST(SUM(sums.{column}) AS bigint) AS {column}");
        }
        // In this order: SQLite then looks each run up in the index.
        let table = match self.source {
            SumSource::Slice(..) => "usage_slice",
            SumSource::Cube(_) => "usage_rollup",
        };
        let _ = write!(
            sql.text,
            " FROM run CROSS JOIN {table} AS sums WHERE sums.period = run.period \
             AND sums.starts_at >= run.begins_at AND sums.starts_at < run.ends_at"
        );
        self.write_conditions(sql);
        sql.text.push_str(" GROUP BY run.span");
        self.write_order(sql);
    }

    fn write_conditions(&self, sql: &mut Sql) {
        match &self.source {
            SumSource::Slice(dimension, subject) => {
                sql.condition("dimension", Value::SmallInt(Some(*dimension as i16)));
                if let Some(subject) = subject {
                    sql.condition("subject", subject.as_str().into());
                }
            }
            SumSource::Cube(conditions) => {
                for (by, value) in conditions {
                    sql.condition(by.column(), value.clone());
                }
            }
        }
        let (Some(column), Some(division)) = (self.column(), self.division) else {
            return;
        };
        if self.subjects.is_empty() {
            return;
        }
        let _ = write!(sql.text, " AND sums.{column} IN (");
        // Padded with the last one, so that the database prepares few statements.
        let count = self.subjects.len().next_power_of_two();
        let padding = self.subjects.last().into_iter().cycle();
        for (at, subject) in self.subjects.iter().chain(padding).take(count).enumerate() {
            sql.text.push_str(if at == 0 { "" } else { ", " });
            sql.bind(match self.source {
                SumSource::Slice(..) => subject.as_str().into(),
                SumSource::Cube(_) => division.by.value(subject),
            });
        }
        sql.text.push(')');
    }

    fn write_order(&self, sql: &mut Sql) {
        let (Some(column), Some(division)) = (self.column(), self.division) else {
            return;
        };
        let order = match division.order {
            UsageOrder::Cost => "SUM(sums.cost)",
            UsageOrder::Tokens => TOKENS,
            UsageOrder::Requests => "SUM(sums.requests)",
        };
        // Skip sums of zero, which remain where a provider was unknown at first.
        let _ = write!(
            sql.text,
            ", sums.{column} HAVING SUM(sums.requests) <> 0 OR SUM(sums.rejected) <> 0 \
             ORDER BY {order} DESC, {TOKENS} DESC, SUM(sums.requests) DESC, sums.{column}"
        );
        if let Some(most) = division.most {
            sql.text.push_str(" LIMIT ");
            sql.bind(i64::try_from(most).unwrap_or(i64::MAX).into());
        }
    }

    /// The column that is grouped by.
    fn column(&self) -> Option<&'static str> {
        let by = self.division?.by;
        Some(match self.source {
            SumSource::Slice(..) => "subject",
            SumSource::Cube(_) => by.column(),
        })
    }

    fn read(&self, row: &QueryResult) -> Result<UsageSums, DbErr> {
        let span: i64 = row.try_get("", "span")?;
        let subject = match (self.division, &self.source) {
            (None, _) => String::new(),
            (Some(division), SumSource::Cube(_)) if division.by.is_id() => {
                let id: Uuid = row.try_get("", "subject")?;
                // An unknown account is nil in the cube.
                if id.is_nil() {
                    String::new()
                } else {
                    id.to_string()
                }
            }
            (Some(_), _) => row.try_get("", "subject")?,
        };
        Ok(UsageSums {
            span: usize::try_from(span).unwrap_or_default(),
            subject,
            sums: Sums::read(row)?,
        })
    }
}

/// The runs of periods, each with the index of its range; padded with empty runs to a power of two.
fn write_runs(sql: &mut Sql, spans: &[Span]) {
    let mut runs = Vec::new();
    for (number, span) in (0_i64..).zip(spans) {
        let nearly_a_second = chrono::TimeDelta::nanoseconds(999_999_999);
        let covered = cover(
            span.from.timestamp(),
            (span.to + nearly_a_second).timestamp(),
        );
        runs.extend(
            covered
                .iter()
                .map(|run| [number, i64::from(run.period as i16), run.from, run.to]),
        );
    }
    runs.resize(
        runs.len().next_power_of_two(),
        [0, i64::from(Period::Day as i16), 0, 0],
    );
    for (at, run) in runs.into_iter().enumerate() {
        sql.text.push_str(if at == 0 { "(" } else { ", (" });
        for (part, number) in run.into_iter().enumerate() {
            sql.text.push_str(if part == 0 { "" } else { ", " });
            sql.bind(number.into());
        }
        sql.text.push(')');
    }
}

#[derive(Debug, Default)]
struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    fn bind(&mut self, value: Value) {
        self.values.push(value);
        // Both databases understand this form.
        let _ = write!(self.text, "${}", self.values.len());
    }

    fn condition(&mut self, column: &str, value: Value) {
        let _ = write!(self.text, " AND sums.{column} = ");
        self.bind(value);
    }
}
