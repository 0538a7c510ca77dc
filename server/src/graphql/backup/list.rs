//! The backups in the data directory.

use async_graphql::{Context, Object, SimpleObject};

use crate::{
    domain::{
        Error,
        backups::{BackupFile, Backups},
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::CHECKSUMS,
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        types::scalar::{BigInt, DateTime},
    },
};

/// A backup in the data directory. It was verified by a restore when it was created.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct Backup {
    /// The name.
    name: String,
    /// The time of creation.
    created_at: DateTime,
    /// The size, in bytes.
    size: BigInt,
    /// The version of the server that created it; null if the description beside the file is missing or unreadable.
    version: Option<String>,
    /// Why the backup cannot be restored, such as damage or a newer version; null if no reason is known. Without a
    /// description beside the file, damage is found when the backup is verified.
    problem: Option<String>,
}

impl From<BackupFile> for Backup {
    fn from(file: BackupFile) -> Self {
        let (version, problem) = match file.label {
            Ok(label) => (label.map(|label| label.version), None),
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

#[Object(guard = "Declared")]
impl BackupQuery {
    /// The backups in the data directory, newest first. The checksum of each is verified.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "10 * child_complexity + CHECKSUMS"
    )]
    async fn backups(&self, ctx: &Context<'_>) -> Result<Vec<Backup>> {
        let backups = ctx.service::<Backups>().list().await?;
        Ok(backups.into_iter().map(Backup::from).collect())
    }

    /// The time of creation of the newest backup, read from its file name; null if there is none.
    #[graphql(directive = requires_role::apply(Role::Viewer))]
    #[expect(
        clippy::unused_async,
        reason = "resolvers are; the names are in one directory"
    )]
    async fn last_backup_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        let times = ctx.service::<Backups>().times().map_err(Error::from)?;
        Ok(times.into_iter().max().map(Into::into))
    }
}
