//! Migrating, and refusing a database that a newer server has migrated further.

use std::collections::HashSet;

use anyhow::{Context as _, bail};
use migration::{Migrator, MigratorTrait as _, SchemaManager};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

/// How a database's schema stands to the one that this server knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No server ever used it.
    Unused,
    /// It lacks so many steps.
    Older(usize),
    Current,
    /// A newer server has taken this step.
    Newer(String),
}

/// Compares the steps taken with those known, without writing.
pub(super) async fn standing(connection: &DatabaseConnection) -> anyhow::Result<Standing> {
    let manager = SchemaManager::new(connection);
    if !manager.has_table("seaql_migrations").await? {
        return Ok(Standing::Unused);
    }
    let (taken, known) = (steps(connection).await?, steps_known());
    if let Some(newer) = taken.iter().find(|step| !known.contains(step)) {
        return Ok(Standing::Newer(newer.clone()));
    }
    Ok(match known.len() - taken.len() {
        0 => Standing::Current,
        missing => Standing::Older(missing),
    })
}

/// Runs the steps that are missing. Use a pool of one connection: `SQLite` caches the schema per
/// connection.
pub(super) async fn migrate(connection: &DatabaseConnection) -> anyhow::Result<()> {
    let applied = Migrator::get_migration_models(connection)
        .await
        .context("cannot read which migrations the database has")?;
    let applied: HashSet<String> = applied.into_iter().map(|step| step.version).collect();
    refuse_newer(&applied)?;
    Migrator::up(connection, None)
        .await
        .context("cannot bring the database's schema up to date")?;
    let migrations = steps_known().len() - applied.len();
    if migrations > 0 {
        tracing::info!(migrations, "the database's schema is up to date");
    }
    Ok(())
}

/// Insists that no step is missing, without writing.
pub(super) async fn check(connection: &DatabaseConnection) -> anyhow::Result<()> {
    let applied: HashSet<String> = steps(connection).await?.into_iter().collect();
    refuse_newer(&applied)?;
    let known = steps_known();
    if let Some(missing) = known.iter().find(|step| !applied.contains(*step)) {
        bail!(
            "the database was used by an older version of this server (it lacks the step {missing}); \
             start this version once, or use the command of that one"
        );
    }
    Ok(())
}

/// The steps that a database has taken, oldest first.
pub async fn steps(connection: &impl ConnectionTrait) -> anyhow::Result<Vec<String>> {
    let query = Statement::from_string(
        connection.get_database_backend(),
        "SELECT version FROM seaql_migrations ORDER BY version",
    );
    let rows = connection.query_all_raw(query).await.context(
        "this database was never used by this server; check DATABASE_URL, or start the server once",
    )?;
    let steps = rows.iter().map(|row| row.try_get("", "version"));
    Ok(steps.collect::<Result<_, _>>()?)
}

/// The steps that this server knows, oldest first.
pub fn steps_known() -> Vec<String> {
    let files = Migrator::get_migration_files();
    files.iter().map(|step| step.name().to_owned()).collect()
}

/// Takes the first so many steps.
pub(super) async fn take_steps(
    connection: &DatabaseConnection,
    count: usize,
) -> anyhow::Result<()> {
    let count = u32::try_from(count).context("too many steps")?;
    Migrator::up(connection, Some(count))
        .await
        .context("cannot make the tables")
}

/// Insists that all steps are known.
fn refuse_newer(applied: &HashSet<String>) -> anyhow::Result<()> {
    let known: HashSet<String> = steps_known().into_iter().collect();
    if let Some(newer) = applied.difference(&known).next() {
        bail!(
            "the database was used by a newer version of this server (it has the step {newer}); \
             run that version, or restore a backup made before the upgrade"
        );
    }
    Ok(())
}
