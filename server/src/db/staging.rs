//! A staging database, filled by a restore: to verify a backup, or to replace the database atomically.

mod file;
mod schema_swap;

use std::path::Path;

use anyhow::{Context as _, bail};
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, Statement};

use self::{file::DraftFile, schema_swap::DraftSchema};
use super::{
    lock::InstanceLock,
    schema::{self, steps_known},
    sqlite,
};

/// A staging database. Removed on drop, unless it is swapped in.
#[derive(Debug)]
pub struct StagingDatabase {
    connection: DatabaseConnection,
    place: Place,
    _lock: Option<InstanceLock>,
}

#[derive(Debug)]
enum Place {
    File(DraftFile),
    Schema(DraftSchema),
}

impl StagingDatabase {
    /// A temporary file in this directory, with the schema after these migrations.
    pub async fn scratch(directory: &Path, steps: &[String]) -> anyhow::Result<Self> {
        let file = DraftFile::create(directory.join(".scratch.db"))?;
        let connection = file.connect().await?;
        Self::begin(connection, Place::File(file), None, steps).await
    }

    /// A staging database beside the one of a stopped server, which it will replace.
    pub async fn replacing(url: &str, data_dir: &Path, steps: &[String]) -> anyhow::Result<Self> {
        if url.starts_with("sqlite:") {
            let wanted = sqlite::file_of(url)?;
            sqlite::create_private_dir(data_dir)?;
            let lock = InstanceLock::file(&wanted)?;
            let file = DraftFile::create(file::beside(&wanted, ".restoring"))?;
            let connection = file.connect().await?;
            return Self::begin(connection, Place::File(file), Some(lock), steps).await;
        }
        let lock = super::postgres::lock(url).await?;
        let (schema, connection) = DraftSchema::create(url).await?;
        Self::begin(connection, Place::Schema(schema), Some(lock), steps).await
    }

    async fn begin(
        connection: DatabaseConnection,
        place: Place,
        lock: Option<InstanceLock>,
        steps: &[String],
    ) -> anyhow::Result<Self> {
        let staging = Self {
            connection,
            place,
            _lock: lock,
        };
        if !steps_known().starts_with(steps) {
            bail!("its schema is from an unpublished version");
        }
        schema::take_steps(&staging.connection, steps.len()).await?;
        Ok(staging)
    }

    /// The connection for filling it.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// Migrates the schema and checks the integrity.
    pub async fn complete(&self) -> anyhow::Result<()> {
        schema::migrate(&self.connection).await?;
        if self.connection.get_database_backend() != DbBackend::Sqlite {
            // PostgreSQL checked the constraints of every row on insert.
            return Ok(());
        }
        let query = |sql: &str| Statement::from_string(DbBackend::Sqlite, sql);
        let check = query("PRAGMA integrity_check(1)");
        let answer = self.connection.query_one_raw(check).await?;
        let said = answer.map(|row| row.try_get_by_index::<String>(0));
        let said = said.transpose()?.unwrap_or_default();
        if said != "ok" {
            bail!("the restored database is damaged: {said}");
        }
        let check = query("PRAGMA foreign_key_check");
        if let Some(row) = self.connection.query_one_raw(check).await? {
            let table: String = row.try_get_by_index(0)?;
            bail!("the restored database is damaged: {table} has rows with missing references");
        }
        Ok(())
    }

    /// Replaces the database atomically. Returns where the former one is kept, if there was one.
    pub async fn swap_in(self, url: &str, kept: &str) -> anyhow::Result<Option<String>> {
        self.connection
            .close_by_ref()
            .await
            .context("cannot close the restored database")?;
        match self.place {
            Place::File(file) => file.swap_in(url, kept).await,
            Place::Schema(schema) => schema.swap_in(kept).await,
        }
    }

    /// Removes it.
    pub async fn abandon(self) -> anyhow::Result<()> {
        self.connection.close_by_ref().await?;
        match self.place {
            Place::File(file) => drop(file),
            Place::Schema(schema) => schema.abandon().await?,
        }
        Ok(())
    }
}
