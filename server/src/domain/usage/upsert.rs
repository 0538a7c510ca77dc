//! Bulk additions to sums with cached statements.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, EntityTrait, Iden as _, IntoActiveModel, Iterable as _,
    ModelTrait, PrimaryKeyToColumn, QueryTrait as _, Statement, Values,
    sea_query::{Expr, ExprTrait as _, OnConflict},
};

use super::sums;

/// Rows in one statement: with 20 columns each, below the parameter limits of both databases.
const MAX_ROWS: usize = 256;

/// Statements by table, database and number of rows.
type Texts = HashMap<(String, bool, usize), Arc<str>>;

static TEXTS: Mutex<Option<Texts>> = Mutex::new(None);

/// Inserts rows, or adds their sums to existing ones. No two rows may have the same key.
pub(super) async fn upsert<E>(
    connection: &impl ConnectionTrait,
    rows: &[E::Model],
) -> Result<(), DbErr>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E> + IntoActiveModel<E::ActiveModel> + Sync,
{
    let backend = connection.get_database_backend();
    let mut rest = rows;
    while let Some(exponent) = rest.len().min(MAX_ROWS).checked_ilog2() {
        let (run, after) = rest.split_at(1 << exponent);
        let values = run
            .iter()
            .flat_map(|row| E::Column::iter().map(|column| row.get(column)));
        let statement = Statement {
            sql: text::<E>(backend, run).as_ref().to_owned(),
            values: Some(Values(values.collect())),
            db_backend: backend,
        };
        connection.execute_raw(statement).await?;
        rest = after;
    }
    Ok(())
}

fn text<E>(backend: DbBackend, run: &[E::Model]) -> Arc<str>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let table = E::default().table_name().to_owned();
    let key = (table, backend == DbBackend::Sqlite, run.len());
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    let texts = texts.get_or_insert_default();
    Arc::clone(
        texts
            .entry(key)
            .or_insert_with(|| write::<E>(backend, run).into()),
    )
}

fn write<E>(backend: DbBackend, run: &[E::Model]) -> String
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let key = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column);
    let mut on_conflict = OnConflict::columns(key);
    for column in E::Column::iter().filter(|column| sums::COLUMNS.contains(&column.unquoted())) {
        let there = Expr::col((E::default(), column));
        on_conflict.value(column, there.add(Expr::col(("excluded", column))));
    }
    let rows = run.iter().cloned().map(IntoActiveModel::into_active_model);
    E::insert_many(rows)
        .on_conflict(on_conflict)
        .build(backend)
        .sql
}
