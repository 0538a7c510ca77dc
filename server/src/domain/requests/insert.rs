//! Bulk inserts of requests with cached statements.

use std::{collections::HashMap, sync::Arc};

use entity::request::{self, Entity as Request};
use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _, Iterable as _, ModelTrait as _,
    QueryTrait as _, Statement, Values,
};

/// Rows in one statement: with 40 columns each, below the parameter limits of both databases.
const MAX_ROWS: usize = 256;

/// Statements by number of rows.
#[derive(Debug, Default)]
pub(super) struct Inserts(HashMap<usize, Arc<str>>);

impl Inserts {
    pub(super) async fn insert(
        &mut self,
        connection: &impl ConnectionTrait,
        rows: &[request::Model],
    ) -> Result<(), DbErr> {
        for run in in_powers_of_two(rows) {
            let sql = self.sql(connection, run);
            let values = run
                .iter()
                .flat_map(|row| request::Column::iter().map(|column| row.get(column)));
            let statement = Statement {
                sql: sql.as_ref().to_owned(),
                values: Some(Values(values.collect())),
                db_backend: connection.get_database_backend(),
            };
            connection.execute_raw(statement).await?;
        }
        Ok(())
    }

    fn sql(&mut self, connection: &impl ConnectionTrait, run: &[request::Model]) -> Arc<str> {
        let sql = self.0.entry(run.len()).or_insert_with(|| {
            let rows = run.iter().cloned().map(request::Model::into_active_model);
            Request::insert_many(rows)
                .build(connection.get_database_backend())
                .sql
                .into()
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
