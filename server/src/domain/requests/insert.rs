//! Bulk inserts of requests with cached statements.

mod sqlite;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use entity::request::{self, Entity as Request};
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, EntityTrait as _, IntoActiveModel as _, Iterable as _,
    ModelTrait as _, QueryTrait as _, Statement, Values,
};

use self::sqlite::RowBinder;
use crate::db::BatchTransaction;

/// Rows in one statement: with 40 columns each, below the parameter limits of both databases.
const MAX_ROWS: usize = 256;

/// Statements by number of rows.
#[derive(Debug, Default)]
pub(super) struct Inserts {
    statements: HashMap<usize, Arc<str>>,
    sqlite: RowBinder,
}

impl Inserts {
    pub(super) async fn insert(
        &mut self,
        transaction: &BatchTransaction,
        rows: &[request::Model],
    ) -> Result<(), DbErr> {
        for run in in_powers_of_two(rows) {
            let backend = transaction.get_database_backend();
            let sql = self.sql(backend, run);
            if let Some(transaction) = transaction.sqlite() {
                let arguments = self.sqlite.arguments(run)?;
                transaction.execute(sql, arguments).await?;
                continue;
            }
            let values = run
                .iter()
                .flat_map(|row| request::Column::iter().map(|column| row.get(column)));
            let statement = Statement {
                sql: sql.as_ref().to_owned(),
                values: Some(Values(values.collect())),
                db_backend: backend,
            };
            transaction.execute_raw(statement).await?;
        }
        Ok(())
    }

    fn sql(&mut self, backend: DbBackend, run: &[request::Model]) -> Arc<str> {
        let sql = self.statements.entry(run.len()).or_insert_with(|| {
            let rows = run.iter().cloned().map(request::Model::into_active_model);
            Request::insert_many(rows).build(backend).sql.into()
        });
        Arc::clone(sql)
    }
}

/// Splits rows into runs of 256, 128, … 1: nine statements, each of which the database prepares once.
fn in_powers_of_two(mut rows: &[request::Model]) -> impl Iterator<Item = &[request::Model]> {
    std::iter::from_fn(move || {
        let run = 1 << rows.len().min(MAX_ROWS).checked_ilog2()?;
        let (run, rest) = rows.split_at(run);
        rows = rest;
        Some(run)
    })
}
