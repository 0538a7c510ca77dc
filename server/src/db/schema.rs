//! Migrating, and refusing a database that a newer server has migrated further.

use std::collections::HashSet;

use anyhow::{Context as _, bail};
use migration::{Migrator, MigratorTrait as _};
use sea_orm::DatabaseConnection;

/// Runs the steps that are missing. Use a pool of one connection: `SQLite` caches the schema per
/// connection.
pub(super) async fn migrate(connection: &DatabaseConnection) -> anyhow::Result<()> {
    let applied = Migrator::get_migration_models(connection)
        .await
        .context("cannot read which migrations the database has")?;
    let known: HashSet<String> = Migrator::get_migration_files()
        .iter()
        .map(|migration| migration.name().to_owned())
        .collect();
    if let Some(newer) = applied
        .iter()
        .find(|applied| !known.contains(&applied.version))
    {
        bail!(
            "the database was used by a newer version of this server (it has the step {}); \
             run that version, or restore a backup made before the upgrade",
            newer.version
        );
    }
    Migrator::up(connection, None)
        .await
        .context("cannot bring the database's schema up to date")
}
