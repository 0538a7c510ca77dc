//! The backups in the data directory.

use async_graphql::{Context, Object, SimpleObject};
use entity::admin::Role;

use crate::{
    domain::backups::{BackupFile, Backups},
    graphql::{
        resolver::{context::ContextExt as _, cost::CHECKSUMS, error::Result, guard::AtLeast},
        types::scalar::{BigInt, DateTime},
    },
};

/// A backup that lies in the data directory. It was restored once when it was made.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct Backup {
    /// What it is called.
    name: String,
    /// When it was made.
    created_at: DateTime,
    /// Its size in bytes.
    size: BigInt,
    /// The version of the server that made it; null when it cannot be read.
    version: Option<String>,
    /// Why it is of no use: damaged, say, or made by a newer server; null when all is well.
    problem: Option<String>,
}

impl From<BackupFile> for Backup {
    fn from(file: BackupFile) -> Self {
        let (version, problem) = match file.label {
            Ok(label) => (Some(label.version), None),
            Err(problem) => (None, Some(problem)),
        };
        Self {
            name: file.name,
            created_at: file.created_at.into(),
            size: file.size.into(),
            version,
            problem,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct BackupQuery;

#[Object]
impl BackupQuery {
    /// The backups in the data directory, the latest first. Each one's checksum is looked at.
    #[graphql(
        guard = "AtLeast(Role::Viewer)",
        complexity = "10 * child_complexity + CHECKSUMS"
    )]
    async fn backups(&self, ctx: &Context<'_>) -> Result<Vec<Backup>> {
        let backups = ctx.service::<Backups>().list().await?;
        Ok(backups.into_iter().map(Backup::from).collect())
    }
}
