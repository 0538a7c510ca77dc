//! Backups: make, list, fetch, and restore at the next start.

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::admin::Role;
use futures_util::{FutureExt as _, future};

use crate::{
    domain::{
        Error,
        backups::{self, BackupFile, Backups},
        downloads::Offer,
    },
    graphql::{
        export::files::{self, Download},
        resolver::{context::ContextExt as _, cost::CHECKSUMS, error::Result, guard::AtLeast},
        types::scalar::{BigInt, DateTime},
    },
};

/// A backup that lies in the data directory. It was restored once when it was made.
#[derive(Debug)]
struct Backup(BackupFile);

/// A backup that lies in the data directory. It was restored once when it was made.
#[Object]
impl Backup {
    /// What it is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// Its size in bytes.
    async fn size(&self) -> BigInt {
        self.0.size.into()
    }

    /// The version of the server that made it; null when it cannot be read.
    async fn version(&self) -> Option<&str> {
        let label = self.0.label.as_ref().ok();
        label.map(|label| label.version.as_str())
    }

    /// Why it is of no use: damaged, say, or made by a newer server; null when all is well.
    async fn problem(&self) -> Option<&str> {
        self.0.label.as_ref().err().map(String::as_str)
    }
}

/// A restore that the next start does, or that the last one could not do.
#[derive(SimpleObject)]
struct StagedRestore {
    /// Which backup.
    name: String,
    /// Why it could not be restored; null while it waits for the next start.
    failure: Option<String>,
}

impl From<backups::Staged> for StagedRestore {
    fn from(staged: backups::Staged) -> Self {
        let backups::Staged { name, failure } = staged;
        Self { name, failure }
    }
}

/// A backup was made.
#[derive(SimpleObject)]
struct CreateBackupPayload {
    /// The backup.
    backup: Backup,
    /// How many rows it holds.
    rows: BigInt,
}

/// A backup waits to be fetched.
#[derive(SimpleObject)]
struct DownloadBackupPayload {
    /// The file.
    download: Download,
}

/// A backup will be restored.
#[derive(SimpleObject)]
struct RestoreBackupPayload {
    /// What the next start does.
    staged_restore: StagedRestore,
}

/// No backup will be restored.
#[derive(SimpleObject)]
struct CancelRestorePayload {
    /// Null.
    staged_restore: Option<StagedRestore>,
}

/// A backup was deleted.
#[derive(SimpleObject)]
struct DeleteBackupPayload {
    /// What it was called.
    name: String,
}

/// The backups' part of the queries.
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
        Ok(backups.into_iter().map(Backup).collect())
    }

    /// What the next start restores, or what the last one could not; null when nothing is asked for.
    #[graphql(guard = "AtLeast(Role::Viewer)")]
    #[expect(
        clippy::unused_async,
        reason = "resolvers are; this is a note in a file"
    )]
    async fn staged_restore(&self, ctx: &Context<'_>) -> Result<Option<StagedRestore>> {
        let staged = ctx.service::<Backups>().staged_restore()?;
        Ok(staged.map(Into::into))
    }
}

/// The backups' part of the changes. Whoever restores a backup changes everything there is, owners and the
/// audit too: that is for owners.
#[derive(Debug, Default)]
pub(crate) struct BackupMutation;

#[Object]
impl BackupMutation {
    /// Make a backup now, sealed with `BACKUP_PASSPHRASE`, and restore it once into a scratch database.
    #[graphql(guard = "AtLeast(Role::Owner)")]
    async fn create_backup(&self, ctx: &Context<'_>) -> Result<CreateBackupPayload> {
        let backups = ctx.service::<Backups>();
        let made = Box::pin(backups.create(&ctx.audit())).await?;
        let files = backups.list().await?;
        let file = files.into_iter().find(|file| file.name == made.name);
        Ok(CreateBackupPayload {
            backup: Backup(file.ok_or(Error::NotFound { what: "backup" })?),
            rows: made.rows.into(),
        })
    }

    /// Fetch a backup, sealed as it is.
    #[graphql(guard = "AtLeast(Role::Owner)")]
    async fn download_backup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is called.")] name: ID,
    ) -> Result<DownloadBackupPayload> {
        let backups = ctx.service::<Backups>();
        // Now, so that a name of nothing is refused at once.
        let content = backups.read(&ctx.audit(), &name).await?;
        let file = Offer {
            file_name: name.to_string(),
            media_type: "application/octet-stream",
            role: Role::Owner,
            open: Box::new(move || future::ready(Ok(content)).boxed()),
        };
        Ok(DownloadBackupPayload {
            download: files::offer(ctx, file)?,
        })
    }

    /// Restore a backup at the next start, in place of everything that is in the database by then. It is
    /// restored into a scratch database now, to see whether it can be. The former database is kept beside it.
    #[graphql(guard = "AtLeast(Role::Owner)")]
    async fn restore_backup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is called.")] name: ID,
    ) -> Result<RestoreBackupPayload> {
        let audit = ctx.audit();
        let staging = ctx.service::<Backups>().stage_restore(&audit, &name);
        Ok(RestoreBackupPayload {
            staged_restore: Box::pin(staging).await?.into(),
        })
    }

    /// Take back what `restoreBackup` asked for.
    #[graphql(guard = "AtLeast(Role::Owner)")]
    async fn cancel_restore(&self, ctx: &Context<'_>) -> Result<CancelRestorePayload> {
        ctx.service::<Backups>()
            .cancel_restore(&ctx.audit())
            .await?;
        Ok(CancelRestorePayload {
            staged_restore: None,
        })
    }

    /// Delete a backup.
    #[graphql(guard = "AtLeast(Role::Owner)")]
    async fn delete_backup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is called.")] name: ID,
    ) -> Result<DeleteBackupPayload> {
        ctx.service::<Backups>().delete(&ctx.audit(), &name).await?;
        Ok(DeleteBackupPayload {
            name: name.to_string(),
        })
    }
}
