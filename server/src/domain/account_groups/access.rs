//! Keeps the snapshot of account groups equal to the committed rows.

use std::sync::Arc;

use arc_swap::ArcSwap;
use entity::{
    account_access::{self, AccessSubjectKind, Entity as AccountAccessRow},
    account_group::{self, Entity as AccountGroupRow},
    account_group_member::Entity as AccountGroupMember,
    user::{self, Entity as User},
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QuerySelect as _, QueryTrait as _,
};
use tokio::sync::{Mutex, OwnedMutexGuard, watch};
use uuid::Uuid;

use super::snapshot::{AccessRows, AccessSnapshot, PermittedAccounts};
use crate::{db::Database, domain::Result};

/// The accounts that callers may use. Reading takes no lock; a change replaces the snapshot. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AccountAccess {
    db: Database,
    snapshot: Arc<ArcSwap<AccessSnapshot>>,
    changes: Arc<watch::Sender<u64>>,
    /// Held from the start of a transaction that changes the rows until the snapshot has them.
    changing: Arc<Mutex<()>>,
}

impl AccountAccess {
    pub async fn load(db: Database) -> Result<Self> {
        let snapshot = AccessSnapshot::new(rows(db.writer()).await?);
        Ok(Self {
            db,
            snapshot: Arc::new(ArcSwap::from_pointee(snapshot)),
            changes: Arc::new(watch::Sender::new(0)),
            changing: Arc::default(),
        })
    }

    /// The accounts that a caller may use.
    pub fn permitted(&self, user_id: Uuid, api_key_id: Uuid) -> PermittedAccounts {
        self.snapshot.load().permitted(user_id, Some(api_key_id))
    }

    /// The state of all groups; for several questions that must agree.
    pub fn current(&self) -> Arc<AccessSnapshot> {
        self.snapshot.load_full()
    }

    /// Incremented after each change of the snapshot.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Waits for other changes. Call it before the transaction of the change begins.
    pub(in crate::domain) async fn turn(&self) -> AccessTurn {
        AccessTurn {
            _guard: Arc::clone(&self.changing).lock_owned().await,
            access: self.clone(),
        }
    }
}

/// The right to change the rows of account groups, one change at a time.
#[derive(Debug)]
pub(in crate::domain) struct AccessTurn {
    access: AccountAccess,
    _guard: OwnedMutexGuard<()>,
}

impl AccessTurn {
    /// Gives a key the groups of another key of its user.
    pub(in crate::domain) async fn inherit(
        &self,
        transaction: &DatabaseTransaction,
        from_key: Uuid,
        to_key: Uuid,
    ) -> Result<()> {
        let rows = AccountAccessRow::find()
            .filter(account_access::Column::SubjectKind.eq(AccessSubjectKind::ApiKey))
            .filter(account_access::Column::SubjectId.eq(from_key))
            .all(transaction)
            .await?;
        let copies: Vec<_> = rows
            .into_iter()
            .map(|row| access_row((AccessSubjectKind::ApiKey, to_key), row.account_group_id))
            .collect();
        if !copies.is_empty() {
            AccountAccessRow::insert_many(copies)
                .exec_without_returning(transaction)
                .await?;
        }
        Ok(())
    }

    /// Removes the rule of a group of users that is deleted.
    pub(in crate::domain) async fn forget_user_group(
        &self,
        transaction: &DatabaseTransaction,
        id: Uuid,
    ) -> Result<()> {
        AccountAccessRow::delete_many()
            .filter(account_access::Column::SubjectKind.eq(AccessSubjectKind::UserGroup))
            .filter(account_access::Column::SubjectId.eq(id))
            .exec(transaction)
            .await?;
        Ok(())
    }

    /// Commits the transaction and replaces the snapshot by the committed state. Everything that can fail happens before
    /// the commit, so that no committed restriction is missing in memory.
    pub(in crate::domain) async fn commit(self, transaction: DatabaseTransaction) -> Result<()> {
        let next = AccessSnapshot::new(rows(&transaction).await?);
        if let Err(error) = transaction.commit().await {
            // The outcome of the commit is unknown; reload memory from the database.
            match rows(self.access.db.writer()).await {
                Ok(rows) => self.publish(AccessSnapshot::new(rows)),
                Err(error) => {
                    tracing::error!(%error, "cannot reload the account groups; restart the server");
                }
            }
            return Err(error.into());
        }
        self.publish(next);
        Ok(())
    }

    fn publish(&self, next: AccessSnapshot) {
        self.access.snapshot.store(Arc::new(next));
        self.access.changes.send_modify(|edition| *edition += 1);
    }
}

/// A row that lets a subject use a group.
pub(super) fn access_row(
    (kind, id): (AccessSubjectKind, Uuid),
    group_id: Uuid,
) -> account_access::ActiveModel {
    use sea_orm::ActiveValue::Set;

    account_access::ActiveModel {
        subject_kind: Set(kind),
        subject_id: Set(id),
        account_group_id: Set(group_id),
    }
}

/// The rows as a connection sees them.
async fn rows(connection: &impl ConnectionTrait) -> Result<AccessRows> {
    let groups = AccountGroupRow::find().filter(account_group::Column::RemovedAt.is_null());
    let with_rule = AccountAccessRow::find()
        .select_only()
        .column(account_access::Column::SubjectId)
        .filter(account_access::Column::SubjectKind.eq(AccessSubjectKind::UserGroup));
    let users = User::find()
        .select_only()
        .columns([user::Column::Id, user::Column::UserGroupId])
        .filter(user::Column::UserGroupId.in_subquery(with_rule.into_query()))
        .into_tuple();
    Ok(AccessRows {
        groups: groups.all(connection).await?,
        members: AccountGroupMember::find().all(connection).await?,
        access: AccountAccessRow::find().all(connection).await?,
        users: users.all(connection).await?,
    })
}
