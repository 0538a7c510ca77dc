//! A staging database in a schema of PostgreSQL. One transaction moves the current tables to another schema, and its
//! own in their place.

use std::fmt::Write as _;

use anyhow::{Context as _, bail};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbBackend, Statement,
    TransactionTrait as _,
};

use crate::db::{
    postgres::options,
    schema::{steps, steps_known},
};

const SCHEMA: &str = "proxypal_restoring";

/// The schema; if it cannot be removed, the next restore removes it.
#[derive(Debug)]
pub(super) struct DraftSchema {
    url: String,
}

impl DraftSchema {
    /// Creates an empty schema, and a connection that uses only it. Removes the one of an earlier attempt.
    pub(super) async fn create(url: &str) -> anyhow::Result<(Self, DatabaseConnection)> {
        let connection = sea_orm::Database::connect(options(url, 1)).await?;
        refuse_downgrade(&connection).await?;
        let sql = format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}");
        connection.execute_unprepared(&sql).await.context(
            "cannot create a schema for the restore; grant CREATE to the database's user",
        )?;
        connection.close().await?;
        let mut options = options(url, 1);
        options.map_sqlx_postgres_opts(|postgres| postgres.options([("search_path", SCHEMA)]));
        let connection = sea_orm::Database::connect(options).await?;
        let url = url.to_owned();
        Ok((Self { url }, connection))
    }

    /// Swaps the tables in one transaction.
    pub(super) async fn swap_in(self, kept: &str) -> anyhow::Result<Option<String>> {
        let connection = sea_orm::Database::connect(options(&self.url, 1)).await?;
        let transaction = connection.begin().await?;
        let target = "SELECT quote_ident(current_schema()) AS name";
        let target = names(&transaction, target).await?;
        let target = target.first().context("the database has no schema")?;
        let tables = "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = ";
        let new = names(&transaction, &format!("{tables}'{SCHEMA}'")).await?;
        let old = names(&transaction, &format!("{tables}current_schema()")).await?;
        let kept = kept.replace('-', "_").to_lowercase();
        let mut sql = String::new();
        let was_there = old.iter().any(|table| new.contains(table));
        if was_there {
            write!(sql, "CREATE SCHEMA {kept}; ")?;
        }
        for table in &new {
            if old.contains(table) {
                write!(sql, "ALTER TABLE {target}.{table} SET SCHEMA {kept}; ")?;
            }
            write!(sql, "ALTER TABLE {SCHEMA}.{table} SET SCHEMA {target}; ")?;
        }
        // Without CASCADE: fails rather than dropping objects other than tables.
        write!(sql, "DROP SCHEMA {SCHEMA}")?;
        let fail = "cannot swap in the restored tables";
        transaction.execute_unprepared(&sql).await.context(fail)?;
        transaction.commit().await.context(fail)?;
        connection.close().await?;
        Ok(was_there.then(|| format!("the schema {kept}")))
    }

    pub(super) async fn abandon(self) -> anyhow::Result<()> {
        let connection = sea_orm::Database::connect(options(&self.url, 1)).await?;
        let sql = format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE");
        connection.execute_unprepared(&sql).await?;
        Ok(connection.close().await?)
    }
}

async fn names(transaction: &DatabaseTransaction, query: &str) -> anyhow::Result<Vec<String>> {
    let query = Statement::from_string(DbBackend::Postgres, query);
    let rows = transaction.query_all_raw(query).await?;
    let names = rows.iter().map(|row| row.try_get("", "name"));
    Ok(names.collect::<Result<_, _>>()?)
}

/// A newer version has tables that this one would not move, and a later upgrade would find them.
async fn refuse_downgrade(connection: &DatabaseConnection) -> anyhow::Result<()> {
    let known = steps_known();
    let Ok(steps) = steps(connection).await else {
        return Ok(());
    };
    if let Some(newer) = steps.iter().find(|step| !known.contains(step)) {
        bail!(
            "the database was used by a newer version of this server (migration {newer}); \
             create an empty database and restore into that one"
        );
    }
    Ok(())
}
