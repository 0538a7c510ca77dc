//! Migrating, and refusing a database that a newer server has migrated further.

use std::collections::HashSet;

use anyhow::{Context as _, bail};
use migration::{Migrator, MigratorTrait as _};
use sea_orm::DatabaseConnection;

/// Runs the steps that are missing. Use a pool of one connection: `SQLite` caches the schema per
/// connection.
pub(super) async fn migrate(connection: &DatabaseConnection) -> anyhow::Result<()> {
    applied(connection).await?;
    Migrator::up(connection, None)
        .await
        .context("cannot bring the database's schema up to date")
}

/// Insists that no step is missing.
pub(super) async fn check(connection: &DatabaseConnection) -> anyhow::Result<()> {
    let applied = applied(connection).await?;
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

/// The steps that the database has; all must be known.
async fn applied(connection: &DatabaseConnection) -> anyhow::Result<HashSet<String>> {
    let applied = Migrator::get_migration_models(connection)
        .await
        .context("cannot read which migrations the database has")?;
    let known: HashSet<String> = Migrator::get_migration_files()
        .iter()
        .map(|migration| migration.name().to_owned())
        .collect();
    let applied: HashSet<_> = applied.into_iter().map(|step| step.version).collect();
    if let Some(newer) = applied.difference(&known).next() {
        bail!(
            "the database was used by a newer version of this server (it has the step {newer}); \
             run that version, or restore a backup made before the upgrade"
        );
    }
    Ok(applied)
}
