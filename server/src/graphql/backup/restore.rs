//! Restoring a backup at the next start. It replaces everything, owners and the audit too, so it is for owners.

use async_graphql::{Context, ID, Object, SimpleObject};

use crate::{
    domain::backups::{self, Backups},
    graphql::resolver::{
        context::ContextExt as _,
        error::Result,
        guard::Declared,
        role::{Role, requires_role},
    },
};

/// A restore that is pending until the next start, or that failed at the last one.
#[derive(SimpleObject)]
struct StagedRestore {
    /// The backup's name.
    name: String,
    /// Why the restore failed; null while it is pending.
    failure: Option<String>,
}

impl From<backups::Staged> for StagedRestore {
    fn from(staged: backups::Staged) -> Self {
        let backups::Staged { name, failure } = staged;
        Self { name, failure }
    }
}

/// The result of `restoreBackup`.
#[derive(SimpleObject)]
struct RestoreBackupPayload {
    /// The restore that is pending until the next start.
    staged_restore: StagedRestore,
}

/// The result of `cancelRestore`.
#[derive(SimpleObject)]
struct CancelRestorePayload {
    /// Always null.
    staged_restore: Option<StagedRestore>,
}

#[derive(Debug, Default)]
pub(crate) struct RestoreQuery;

#[Object(guard = "Declared")]
impl RestoreQuery {
    /// The restore that is pending until the next start, or that failed at the last one; null if there is
    /// none.
    #[graphql(directive = requires_role::apply(Role::Viewer))]
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

#[Object(guard = "Declared")]
impl RestoreMutation {
    /// Schedule a restore for the next start, which replaces the whole database as it is by then. The backup
    /// is verified now by restoring it into a scratch database. The former database is kept beside the new
    /// one.
    #[graphql(directive = requires_role::apply(Role::Owner))]
    async fn restore_backup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name.")] name: ID,
    ) -> Result<RestoreBackupPayload> {
        let audit = ctx.audit();
        let staging = ctx.service::<Backups>().stage_restore(&audit, &name);
        Ok(RestoreBackupPayload {
            staged_restore: Box::pin(staging).await?.into(),
        })
    }

    /// Cancel the pending restore.
    #[graphql(directive = requires_role::apply(Role::Owner))]
    async fn cancel_restore(&self, ctx: &Context<'_>) -> Result<CancelRestorePayload> {
        ctx.service::<Backups>()
            .cancel_restore(&ctx.audit())
            .await?;
        Ok(CancelRestorePayload {
            staged_restore: None,
        })
    }
}
