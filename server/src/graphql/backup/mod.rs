//! Backups: list, create, download, restore.

mod create;
mod list;
mod restore;

use async_graphql::MergedObject;

use self::{
    create::BackupMutation,
    list::BackupQuery,
    restore::{RestoreMutation, RestoreQuery},
};

#[derive(Debug, Default, MergedObject)]
pub(super) struct BackupQueries(BackupQuery, RestoreQuery);

#[derive(Debug, Default, MergedObject)]
pub(super) struct BackupMutations(BackupMutation, RestoreMutation);
