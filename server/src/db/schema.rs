//! Migrates the schema; refuses a database that a newer version has migrated.

use std::collections::HashSet;

use anyhow::{Context as _, bail};
use migration::{Migrator, MigratorTrait as _, SchemaManager};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

/// A database's schema, compared with the one of this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaVersion {
    /// No server has used it.
    Unused,
    /// This number of migrations is missing.
    Older(usize),
    Current,
    /// This migration is from a newer version.
    Newer(String),
}

/// Compares the applied migrations with the known ones. Read-only.
pub(super) async fn version(connection: &DatabaseConnection) -> anyhow::Result<SchemaVersion> {
    let manager = SchemaManager::new(connection);
    if !manager.has_table("seaql_migrations").await? {
        return Ok(SchemaVersion::Unused);
    }
    let (taken, known) = (steps(connection).await?, steps_known());
    if let Some(newer) = taken.iter().find(|step| !known.contains(step)) {
        return Ok(SchemaVersion::Newer(newer.clone()));
    }
    Ok(match known.len() - taken.len() {
        0 => SchemaVersion::Current,
        missing => SchemaVersion::Older(missing),
    })
}

/// Applies the missing migrations. Use a pool of one connection: `SQLite` caches the schema per
/// connection.
pub(super) async fn migrate(connection: &DatabaseConnection) -> anyhow::Result<()> {
    let applied = Migrator::get_migration_models(connection)
        .await
        .context("cannot read the applied migrations")?;
    let applied: HashSet<String> = applied.into_iter().map(|step| step.version).collect();
    refuse_newer(&applied)?;
    Migrator::up(connection, None)
        .await
        .context("cannot migrate the database's schema")?;
    let migrations = steps_known().len() - applied.len();
    if migrations > 0 {
        tracing::info!(migrations, "migrated the database's schema");
    }
    Ok(())
}

/// Fails unless all migrations are applied. Read-only.
pub(super) async fn check(connection: &DatabaseConnection) -> anyhow::Result<()> {
    let applied: HashSet<String> = steps(connection).await?.into_iter().collect();
    refuse_newer(&applied)?;
    let known = steps_known();
    if let Some(missing) = known.iter().find(|step| !applied.contains(*step)) {
        bail!(
            "the database was used by an older version of this server (migration {missing} is missing); \
             start this version once, or use the command of that one"
        );
    }
    Ok(())
}

/// The applied migrations, oldest first.
pub async fn steps(connection: &impl ConnectionTrait) -> anyhow::Result<Vec<String>> {
    let query = Statement::from_string(
        connection.get_database_backend(),
        "SELECT version FROM seaql_migrations ORDER BY version",
    );
    let rows = connection.query_all_raw(query).await.context(
        "no server has used this database yet; check DATABASE_URL, or start the server once",
    )?;
    let steps = rows.iter().map(|row| row.try_get("", "version"));
    Ok(steps.collect::<Result<_, _>>()?)
}

/// The migrations of this version, oldest first.
pub fn steps_known() -> Vec<String> {
    let files = Migrator::get_migration_files();
    files.iter().map(|step| step.name().to_owned()).collect()
}

/// Applies the first `count` migrations.
pub(super) async fn take_steps(
    connection: &DatabaseConnection,
    count: usize,
) -> anyhow::Result<()> {
    let count = u32::try_from(count).context("too many migrations")?;
    Migrator::up(connection, Some(count))
        .await
        .context("cannot create the tables")
}

/// Fails when a migration is unknown.
fn refuse_newer(applied: &HashSet<String>) -> anyhow::Result<()> {
    let known: HashSet<String> = steps_known().into_iter().collect();
    if let Some(newer) = applied.difference(&known).next() {
        bail!(
            "the database was used by a newer version of this server (migration {newer}); \
             run that version, or restore a backup made before the upgrade"
        );
    }
    Ok(())
}
