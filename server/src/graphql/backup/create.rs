//! Creating, downloading and deleting backups.

use async_graphql::{Context, ID, Object, SimpleObject};
use futures_util::{FutureExt as _, future};

use super::list::Backup;
use crate::{
    domain::{Error, backups::Backups, downloads::Offer},
    graphql::{
        export::download::{self, Download},
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        types::scalar::BigInt,
    },
};

/// The result of `createBackup`.
#[derive(SimpleObject)]
struct CreateBackupPayload {
    /// The backup.
    backup: Backup,
    /// The number of database rows in the backup.
    rows: BigInt,
}

/// The result of `downloadBackup`.
#[derive(SimpleObject)]
struct DownloadBackupPayload {
    /// The file to download.
    download: Download,
}

/// The result of `deleteBackup`.
#[derive(SimpleObject)]
struct DeleteBackupPayload {
    /// The deleted backup's name.
    name: String,
}

#[derive(Debug, Default)]
pub(crate) struct BackupMutation;

#[Object(guard = "Declared")]
impl BackupMutation {
    /// Create a backup, encrypted with `BACKUP_PASSPHRASE`, and verify it by restoring it into a scratch
    /// database.
    #[graphql(directive = requires_role::apply(Role::Owner))]
    async fn create_backup(&self, ctx: &Context<'_>) -> Result<CreateBackupPayload> {
        let backups = ctx.service::<Backups>();
        let made = Box::pin(backups.create(&ctx.audit())).await?;
        let files = backups.list().await?;
        let file = files.into_iter().find(|file| file.name == made.name);
        Ok(CreateBackupPayload {
            backup: Backup::from(file.ok_or(Error::NotFound { what: "backup" })?),
            rows: made.rows.into(),
        })
    }

    /// Offer an encrypted backup for download.
    #[graphql(directive = requires_role::apply(Role::Owner))]
    async fn download_backup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name.")] name: ID,
    ) -> Result<DownloadBackupPayload> {
        let backups = ctx.service::<Backups>();
        // Open it now, so that an unknown name is rejected immediately.
        let content = backups.read(&ctx.audit(), &name).await?;
        let file = Offer {
            file_name: name.to_string(),
            media_type: "application/octet-stream",
            role: Role::Owner.into(),
            open: Box::new(move || future::ready(Ok(content)).boxed()),
        };
        Ok(DownloadBackupPayload {
            download: download::offer(ctx, file)?,
        })
    }

    /// Delete a backup.
    #[graphql(directive = requires_role::apply(Role::Owner))]
    async fn delete_backup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name.")] name: ID,
    ) -> Result<DeleteBackupPayload> {
        ctx.service::<Backups>().delete(&ctx.audit(), &name).await?;
        Ok(DeleteBackupPayload {
            name: name.to_string(),
        })
    }
}
