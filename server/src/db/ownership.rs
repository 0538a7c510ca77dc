//! The ownership of a database. A lock keeps two servers from owning it; on PostgreSQL the lock can be lost with its
//! connection, so each transaction also requires the owner's row in `replica`, which the next owner deletes.

use entity::replica::{self, Entity as Replica};
use migration::SchemaManager;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    EntityTrait as _, QueryFilter as _, QuerySelect as _, TransactionTrait as _,
};
use tokio_util::sync::CancellationToken;

/// Another server has taken over the database; or it may have, while this one could not reach the database.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("another server has taken over this database, or may have")]
pub struct TakenOverError;

/// The right of one run of a server to write.
#[derive(Debug)]
pub(super) struct Ownership {
    pub(super) incarnation: i64,
    lost: CancellationToken,
}

impl Ownership {
    /// Ends the ownership of every earlier server, before the schema is migrated. The caller holds the lock. Waits for
    /// transactions of earlier servers: later ones of theirs are refused.
    pub(super) async fn end_earlier(writer: &DatabaseConnection) -> Result<(), DbErr> {
        if SchemaManager::new(writer).has_table("replica").await? {
            Replica::delete_many().exec(writer).await?;
        }
        Ok(())
    }

    /// Begins an ownership and ends every earlier one. The caller holds the lock.
    pub(super) async fn begin(
        writer: &DatabaseConnection,
        incarnation: i64,
    ) -> Result<Self, DbErr> {
        let transaction = writer.begin().await?;
        Replica::delete_many().exec(&transaction).await?;
        let row = replica::ActiveModel {
            incarnation: Set(incarnation),
            version: Set(env!("CARGO_PKG_VERSION").to_owned()),
        };
        Replica::insert(row)
            .exec_without_returning(&transaction)
            .await?;
        transaction.commit().await?;
        Ok(Self {
            incarnation,
            lost: CancellationToken::new(),
        })
    }

    /// Fails if another server has taken over. Otherwise none can until the transaction ends.
    pub(super) async fn require(&self, transaction: &DatabaseTransaction) -> Result<(), DbErr> {
        let row = Replica::find()
            .select_only()
            .column(replica::Column::Incarnation)
            .filter(replica::Column::Incarnation.eq(self.incarnation))
            .lock_shared()
            .into_tuple::<i64>()
            .one(transaction)
            .await?;
        if row.is_some() {
            return Ok(());
        }
        self.lose();
        Err(DbErr::Custom(TakenOverError.to_string()))
    }

    /// Whether the ownership can be lost: the kernel does not take a file's lock away.
    pub(super) fn can_be_lost(backend: DbBackend) -> bool {
        backend == DbBackend::Postgres
    }

    pub(super) fn lose(&self) {
        self.lost.cancel();
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost.is_cancelled()
    }

    pub(super) async fn lost(&self) {
        self.lost.cancelled().await;
    }
}
