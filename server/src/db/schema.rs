//! Migrating, and refusing a database that a newer server has migrated further.

use std::collections::HashSet;

use anyhow::{Context as _, bail};
use migration::{Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};

/// Runs the steps that are missing. Use a pool of one connection: `SQLite` caches the schema per
/// connection.
pub(super) async fn migrate(connection: &DatabaseConnection) -> anyhow::Result<()> {
    let applied = Migrator::get_migration_models(connection)
        .await
        .context("cannot read which migrations the database has")?;
    refuse_newer(&applied.into_iter().map(|step| step.version).collect())?;
    Migrator::up(connection, None)
        .await
        .context("cannot bring the database's schema up to date")
}

/// Insists that no step is missing, without writing.
pub(super) async fn check(connection: &DatabaseConnection) -> anyhow::Result<()> {
    let table = Statement::from_string(
        connection.get_database_backend(),
        "SELECT version FROM seaql_migrations",
    );
    let rows = connection.query_all_raw(table).await.context(
        "this database was never used by this server; check DATABASE_URL, or start the server once",
    )?;
    let applied: Result<HashSet<String>, _> =
        rows.iter().map(|row| row.try_get("", "version")).collect();
    let applied = applied?;
    refuse_newer(&applied)?;
    let files = Migrator::get_migration_files();
    let missing = files.iter().find(|step| !applied.contains(step.name()));
    if let Some(missing) = missing {
        bail!(
            "the database was used by an older version of this server (it lacks the step {}); start \
             this version once, or use the command of that one",
            missing.name()
        );
    }
    Ok(())
}

/// Insists that all steps are known.
fn refuse_newer(applied: &HashSet<String>) -> anyhow::Result<()> {
    let known: HashSet<String> = Migrator::get_migration_files()
        .iter()
        .map(|migration| migration.name().to_owned())
        .collect();
    if let Some(newer) = applied.difference(&known).next() {
        bail!(
            "the database was used by a newer version of this server (it has the step {newer}); \
             run that version, or restore a backup made before the upgrade"
        );
    }
    Ok(())
}
