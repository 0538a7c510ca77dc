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

/// The columns that are added up to all tokens.
const TOKEN_COLUMNS: [&str; 5] = [
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
];

/// Whether a group has any usage.
pub(super) const ANY_SUM: &str = "SUM(sums.requests) <> 0 OR SUM(sums.rejected) <> 0";

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
        let rows = sql.all(connection).await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    fn write(&self, sql: &mut Sql) {
        write_runs(sql, self.spans);
        sql.text.push_str(" SELECT run.span");
        if let Some(column) = self.column() {
            let _ = write!(sql.text, ", sums.{column} AS subject");
        }
        let table = match self.source {
            SumSource::Slice(..) => "usage_slice",
            SumSource::Cube(_) => "usage_rollup",
        };
        write_sums(sql, table);
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
        let subjects = self.subjects.iter().map(|subject| match self.source {
            SumSource::Slice(..) => subject.as_str().into(),
            SumSource::Cube(_) => division.by.value(subject),
        });
        sql.one_of(column, subjects.collect());
    }

    fn write_order(&self, sql: &mut Sql) {
        let (Some(column), Some(division)) = (self.column(), self.division) else {
            return;
        };
        let order = order_by(division.order, |column| format!("SUM(sums.{column})"));
        // Skip sums of zero, which remain where a provider was unknown at first.
        let _ = write!(
            sql.text,
            ", sums.{column} HAVING {ANY_SUM} ORDER BY {order}, sums.{column}"
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
            (Some(division), SumSource::Cube(_)) => read_subject(row, "subject", division.by)?,
            (Some(_), _) => row.try_get("", "subject")?,
        };
        Ok(UsageSums {
            span: usize::try_from(span).unwrap_or_default(),
            subject,
            sums: Sums::read(row)?,
        })
    }
}

/// A subject in a column of the cube.
pub(super) fn read_subject(row: &QueryResult, column: &str, by: By) -> Result<String, DbErr> {
    if !by.is_id() {
        return row.try_get("", column);
    }
    let id: Uuid = row.try_get("", column)?;
    // An unknown account is nil in the cube.
    Ok(if id.is_nil() {
        String::new()
    } else {
        id.to_string()
    })
}

/// The order of groups, largest first, from their cost and tokens.
pub(super) fn order_by(order: UsageOrder, sum: impl Fn(&str) -> String) -> String {
    let tokens = TOKEN_COLUMNS.map(&sum).join(" + ");
    let first = match order {
        UsageOrder::Cost => sum("cost"),
        UsageOrder::Tokens => tokens.clone(),
        UsageOrder::Requests => sum("requests"),
    };
    format!("{first} DESC, {tokens} DESC, {} DESC", sum("requests"))
}

/// The sums of a table over the runs.
pub(super) fn write_sums(sql: &mut Sql, table: &str) {
    for column in COLUMNS {
        // PostgreSQL adds 64-bit integers up to decimals.
        let _ = write!(sql.text, ", CAST(SUM(sums.{column}) AS bigint) AS {column}");
    }
    // In this order: SQLite then looks each run up in the index.
    let _ = write!(
        sql.text,
        " FROM run CROSS JOIN {table} AS sums WHERE sums.period = run.period \
         AND sums.starts_at >= run.begins_at AND sums.starts_at < run.ends_at"
    );
}

/// The table of the runs of periods, each with the index of its range; padded with empty runs to a power of two.
pub(super) fn write_runs(sql: &mut Sql, spans: &[Span]) {
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
    sql.text
        .push_str("WITH run (span, period, begins_at, ends_at) AS (VALUES ");
    for (at, run) in runs.into_iter().enumerate() {
        sql.text.push_str(if at == 0 { "(" } else { ", (" });
        for (part, number) in run.into_iter().enumerate() {
            sql.text.push_str(if part == 0 { "" } else { ", " });
            sql.bind(number.into());
        }
        sql.text.push(')');
    }
    sql.text.push(')');
}

#[derive(Debug, Default)]
pub(super) struct Sql {
    pub(super) text: String,
    values: Vec<Value>,
}

impl Sql {
    pub(super) fn bind(&mut self, value: Value) {
        self.values.push(value);
        // Both databases understand this form.
        let _ = write!(self.text, "${}", self.values.len());
    }

    pub(super) fn condition(&mut self, column: &str, value: Value) {
        let _ = write!(self.text, " AND sums.{column} = ");
        self.bind(value);
    }

    /// Padded with the last value, so that the database prepares few statements.
    pub(super) fn one_of(&mut self, column: &str, mut values: Vec<Value>) {
        let Some(last) = values.last().cloned() else {
            return;
        };
        values.resize(values.len().next_power_of_two(), last);
        let _ = write!(self.text, " AND sums.{column} IN (");
        for (at, value) in values.into_iter().enumerate() {
            self.text.push_str(if at == 0 { "" } else { ", " });
            self.bind(value);
        }
        self.text.push(')');
    }

    pub(super) async fn all(
        self,
        connection: &impl ConnectionTrait,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let backend = connection.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, self.text, self.values);
        connection.query_all_raw(statement).await
    }
}
