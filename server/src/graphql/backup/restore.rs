//! Restoring a backup at the next start. It replaces everything, owners and the audit too, so it is for owners.

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::admin::Role;

use crate::{
    domain::backups::{self, Backups},
    graphql::resolver::{context::ContextExt as _, error::Result, guard::AtLeast},
};

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

#[derive(Debug, Default)]
pub(crate) struct RestoreQuery;

#[Object]
impl RestoreQuery {
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

#[derive(Debug, Default)]
pub(crate) struct RestoreMutation;

#[Object]
impl RestoreMutation {
    /// Restore a backup at the next start, in place of everything that is in the database by then. It is
    /// restored into a scratch database now, to see whether it can be. The former database is kept beside it.
    #[graphql(guard = "AtLeast(Role::Owner)")]
    async fn restore_backup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is called.")] name: ID,
    ) -> Result<RestoreBackupPayload> {
        let staging = ctx.service::<Backups>().stage_restore(&name);
        Ok(RestoreBackupPayload {
            staged_restore: Box::pin(staging).await?.into(),
        })
    }

    /// Take back what `restoreBackup` asked for.
    #[graphql(guard = "AtLeast(Role::Owner)")]
    #[expect(
        clippy::unused_async,
        reason = "resolvers are; this is a note in a file"
    )]
    async fn cancel_restore(&self, ctx: &Context<'_>) -> Result<CancelRestorePayload> {
        ctx.service::<Backups>().cancel_restore()?;
        Ok(CancelRestorePayload {
            staged_restore: None,
        })
    }
}
