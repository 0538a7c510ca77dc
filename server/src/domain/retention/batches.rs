//! Ranges of rows by start time, deleted in batches. In each of these tables, a key or an index contains the start
//! of the period right after the columns of the condition.

use entity::{usage_rollup::Period, usage_slice::Dimension};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, Iterable as _, QueryResult, Statement, Value,
};
use tokio::time::sleep;
use uuid::Uuid;

use super::{BATCH, PAUSE};
use crate::db::Database;

/// Rows of one table that start from `from` until before `to`, in seconds since 1970.
#[derive(Clone, Debug)]
pub(super) struct RowRange {
    table: &'static str,
    /// A further SQL condition, with `$3` for the value.
    condition: String,
    value: Option<Value>,
    from: i64,
    to: i64,
}

impl RowRange {
    /// The sums by all dimensions, and those by each single dimension.
    pub(super) fn of_sums(period: Period, from: i64, to: i64) -> impl Iterator<Item = Self> {
        let period = period as i16;
        let sums = move |table, condition| Self {
            table,
            condition,
            value: None,
            from,
            to,
        };
        let cube = sums("usage_rollup", format!("period = {period}"));
        let slices = Dimension::iter().map(move |dimension| {
            let dimension = dimension as i16;
            let condition = format!("dimension = {dimension} AND period = {period}");
            sums("usage_slice", condition)
        });
        std::iter::once(cube).chain(slices)
    }

    /// The usage of a quota.
    pub(super) fn of_quota(id: Uuid, from: i64, to: i64) -> Self {
        Self {
            table: "quota_bucket",
            condition: "quota_id = $3".to_owned(),
            value: Some(id.into()),
            from,
            to,
        }
    }

    /// Adds an SQL condition.
    pub(super) fn filtered(mut self, condition: &str) -> Self {
        self.condition = format!("{} AND {condition}", self.condition);
        self
    }

    /// The first batch, and the rest; `None` if there are no rows.
    pub(super) async fn split(self, db: &Database) -> Result<Option<(Self, Self)>, DbErr> {
        let reader = db.reader();
        let first = self.start(reader, 0).await?;
        let Some(first) = first else {
            return Ok(None);
        };
        let next = self.start(reader, BATCH).await?.unwrap_or(self.to);
        // Rows with the same start may be more than a batch.
        let next = next.max(first + 1);
        let batch = Self {
            from: first,
            to: next,
            ..self.clone()
        };
        let rest = Self { from: next, ..self };
        Ok(Some((batch, rest)))
    }

    /// Deletes the rows in batches, with pauses. Returns the number of rows.
    pub(super) async fn delete(self, db: &Database) -> Result<u64, DbErr> {
        let (mut rest, mut deleted) = (self, 0);
        while let Some((batch, after)) = rest.split(db).await? {
            let rows = batch.delete_batch(db).await?;
            deleted += rows;
            rest = after;
            if rows >= BATCH {
                sleep(PAUSE).await;
            }
        }
        Ok(deleted)
    }

    /// Deletes the rows in one statement. Returns the number of rows.
    pub(super) async fn delete_batch(&self, db: &Database) -> Result<u64, DbErr> {
        let statement = self.statement("DELETE", "", db.writer());
        Ok(db.writer().execute_raw(statement).await?.rows_affected())
    }

    pub(super) async fn has_rows(&self, db: &Database) -> Result<bool, DbErr> {
        let statement = self.statement("SELECT starts_at", "LIMIT 1", db.reader());
        Ok(db.reader().query_one_raw(statement).await?.is_some())
    }

    /// The start of the row at this offset.
    async fn start(&self, reader: &DatabaseConnection, before: u64) -> Result<Option<i64>, DbErr> {
        let order = format!("ORDER BY starts_at LIMIT 1 OFFSET {before}");
        let statement = self.statement("SELECT starts_at", &order, reader);
        let row = reader.query_one_raw(statement).await?;
        let read = |row: QueryResult| row.try_get("", "starts_at");
        row.map(read).transpose()
    }

    fn statement(&self, verb: &str, order: &str, on: &impl ConnectionTrait) -> Statement {
        let Self {
            table, condition, ..
        } = self;
        let sql = format!(
            "{verb} FROM {table} WHERE starts_at >= $1 AND starts_at < $2 AND {condition} {order}"
        );
        let values = [self.from.into(), self.to.into()].into_iter();
        let values = values.chain(self.value.clone());
        Statement::from_sql_and_values(on.get_database_backend(), sql, values)
    }
}
