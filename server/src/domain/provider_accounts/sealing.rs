//! Changes of encrypted credentials, one at a time: of this server by a mutex, of all servers by the transaction. So a
//! secret that was read is written back before another server reads it, and no refreshed token is lost.

use std::ops::Deref;

use entity::provider_account;
use sea_orm::DatabaseTransaction;
use tokio::sync::MutexGuard;

use super::{ProviderAccounts, Result};
use crate::db::in_turn;

/// A number that no other lock uses ("seal" in ASCII).
const ADVISORY_KEY: i64 = 0x7365_616c;

/// A transaction in which no other server changes credentials. Rolled back when dropped.
pub(super) struct Sealing<'a> {
    transaction: DatabaseTransaction,
    /// A server waits with one connection at most, so that reads beside the transaction find a free one.
    _turn: MutexGuard<'a, ()>,
}

impl Deref for Sealing<'_> {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.transaction
    }
}

impl Sealing<'_> {
    pub(super) async fn commit(self) -> Result<()> {
        Ok(self.transaction.commit().await?)
    }
}

impl ProviderAccounts {
    pub(super) async fn begin_sealing(&self) -> Result<Sealing<'_>> {
        let turn = self.sealing.lock().await;
        Ok(Sealing {
            transaction: self.begin_in_turn().await?,
            _turn: turn,
        })
    }

    /// The transaction of a caller that holds `sealing` already.
    pub(super) async fn begin_in_turn(&self) -> Result<DatabaseTransaction> {
        let transaction = self.db.begin().await?;
        in_turn(&transaction, ADVISORY_KEY).await?;
        Ok(transaction)
    }
}

/// Whether the credentials and settings of an account are those that were read before.
pub(super) fn is_unchanged(
    read: &provider_account::Model,
    current: &provider_account::Model,
) -> bool {
    // Each encryption gives another value.
    read.sealed == current.sealed && read.version == current.version
}
