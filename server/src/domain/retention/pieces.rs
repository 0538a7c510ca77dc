//! Rows in the order of their time, taken away piece by piece. The start of a period stands in a key or
//! an index of each of these tables, right after what a stretch is about.

use entity::{usage_rollup::Period, usage_slice::Dimension};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, Iterable as _, QueryResult, Statement, Value,
};
use tokio::time::sleep;
use uuid::Uuid;

use super::{PAUSE, PIECE};
use crate::db::Database;

/// Rows of one table that begin from a moment until before another, in seconds since 1970.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    table: &'static str,
    /// What else they have in common, with `$3` for the value.
    condition: String,
    value: Option<Value>,
    from: i64,
    to: i64,
}

impl Stretch {
    /// The sums by everything, and those by one thing at a time.
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

    /// What was used of a quota.
    pub(super) fn of_quota(id: Uuid, from: i64, to: i64) -> Self {
        Self {
            table: "quota_bucket",
            condition: "quota_id = $3".to_owned(),
            value: Some(id.into()),
            from,
            to,
        }
    }

    /// With a condition more.
    pub(super) fn that_are(mut self, condition: &str) -> Self {
        self.condition = format!("{} AND {condition}", self.condition);
        self
    }

    /// The first piece of it, which has few rows, and the rest.
    pub(super) async fn split(self, db: &Database) -> Result<Option<(Self, Self)>, DbErr> {
        let reader = db.reader();
        let first = self.start(reader, 0).await?;
        let Some(first) = first else {
            return Ok(None);
        };
        let next = self.start(reader, PIECE).await?.unwrap_or(self.to);
        // One moment can have more rows than a piece.
        let next = next.max(first + 1);
        let piece = Self {
            from: first,
            to: next,
            ..self.clone()
        };
        let rest = Self { from: next, ..self };
        Ok(Some((piece, rest)))
    }

    /// Deletes all of it with pauses. Returns how many rows there were.
    pub(super) async fn delete(self, db: &Database) -> Result<u64, DbErr> {
        let (mut rest, mut deleted) = (self, 0);
        while let Some((piece, after)) = rest.split(db).await? {
            let rows = piece.delete_at_once(db).await?;
            deleted += rows;
            rest = after;
            if rows >= PIECE {
                sleep(PAUSE).await;
            }
        }
        Ok(deleted)
    }

    /// Deletes all of it in one transaction.
    pub(super) async fn delete_at_once(&self, db: &Database) -> Result<u64, DbErr> {
        let statement = self.statement("DELETE", "", db.writer());
        Ok(db.writer().execute_raw(statement).await?.rows_affected())
    }

    /// Whether there is any row.
    pub(super) async fn is_inhabited(&self, db: &Database) -> Result<bool, DbErr> {
        let statement = self.statement("SELECT starts_at", "LIMIT 1", db.reader());
        Ok(db.reader().query_one_raw(statement).await?.is_some())
    }

    /// When the row begins that has so many before it.
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
