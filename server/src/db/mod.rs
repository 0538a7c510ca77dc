//! Opens the database, SQLite or PostgreSQL: locks it for one server and migrates its schema.

mod batch;
mod lock;
mod ownership;
mod postgres;
mod private;
mod schema;
mod session_lock;
mod sqlite;
mod staging;

use std::{
    future,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use sea_orm::{
    AccessMode, ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    IsolationLevel, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait as _,
};
use secrecy::SecretString;

pub use self::{
    batch::BatchTransaction,
    lock::{DatabaseInUseError, LockHolder},
    ownership::TakenOverError,
    private::keep_private,
    schema::{SchemaVersion, steps, steps_known},
    staging::StagingDatabase,
};
use self::{lock::InstanceLock, ownership::Ownership};
use crate::crypto::vault::EncryptionKey;

/// Where data is stored and with which keys its secrets are encrypted.
#[derive(Debug)]
pub struct StorageConfig {
    pub data_dir: PathBuf,
    /// A `sqlite:` or `postgres:` URL. May contain a password.
    pub database_url: SecretString,
    /// `None` uses the key file in the data directory, which the first start creates.
    pub encryption_key: Option<EncryptionKey>,
    /// Earlier keys, which still decrypt what was encrypted with them.
    pub previous_keys: Vec<EncryptionKey>,
}

/// An open database. `SQLite` allows one writer at a time, so writes share one connection and queue there instead of
/// failing with "database is locked".
#[derive(Clone, Debug)]
pub struct Database {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    /// None when opened read-only.
    lock: Option<Arc<InstanceLock>>,
    /// None when opened read-only.
    ownership: Option<Arc<Ownership>>,
}

/// The file of an `SQLite` database; none for PostgreSQL.
pub fn file_of(url: &str) -> Option<PathBuf> {
    let is_file = url.starts_with("sqlite:");
    is_file.then(|| sqlite::file_of(url).ok()).flatten()
}

impl Database {
    /// Locks the database for this process and migrates its schema.
    pub async fn open(url: &str, data_dir: &Path) -> anyhow::Result<Self> {
        if url.starts_with("sqlite:") {
            sqlite::open(url, data_dir).await
        } else {
            postgres::open(url).await
        }
    }

    /// Waits until no server runs on this PostgreSQL database. Another one can start before the caller opens it.
    pub async fn until_free(url: &str) {
        session_lock::until_free(url).await;
    }

    /// Opens the database read-only, also beside a running server. Writes fail.
    pub async fn open_read_only(url: &str) -> anyhow::Result<Self> {
        if url.starts_with("sqlite:") {
            sqlite::open_read_only(url).await
        } else {
            postgres::open_read_only(url).await
        }
    }

    /// Like [`Self::open_read_only`], but with any schema version; none when the database does not exist.
    pub async fn open_any_version(url: &str) -> anyhow::Result<Option<Self>> {
        if url.starts_with("sqlite:") {
            sqlite::open_any_version(url).await
        } else {
            postgres::open_any_version(url).await.map(Some)
        }
    }

    /// Compares its schema with the one of this server.
    pub async fn schema_version(&self) -> anyhow::Result<SchemaVersion> {
        schema::version(&self.reader).await
    }

    /// The process that has locked the database, without trying the lock.
    pub async fn holder(&self, url: &str) -> anyhow::Result<LockHolder> {
        if url.starts_with("sqlite:") {
            Ok(lock::holder_of_file(&sqlite::file_of(url)?))
        } else {
            lock::holder_of_session(&self.reader).await
        }
    }

    /// The number of this run of the server, which no other run has; 0 when opened read-only.
    pub fn incarnation(&self) -> i64 {
        let ownership = self.ownership.as_ref();
        ownership.map_or(0, |ownership| ownership.incarnation)
    }

    /// Watches that this server owns the database, and regains a lock whose connection is lost. Returns when another
    /// server has taken over, from when transactions fail, or may have because there is a standby.
    pub async fn until_taken_over(&self, has_standby: bool) -> TakenOverError {
        let (Some(lock), Some(ownership)) = (&self.lock, &self.ownership) else {
            return future::pending().await;
        };
        let InstanceLock::Session(lock) = lock.as_ref() else {
            return future::pending().await;
        };
        tokio::select! {
            () = lock.keep(has_standby) => ownership.lose(),
            () = ownership.lost() => {}
        }
        TakenOverError
    }

    /// Fails if another server has taken over.
    pub fn check_owned(&self) -> Result<(), TakenOverError> {
        match &self.ownership {
            Some(ownership) if ownership.is_lost() => Err(TakenOverError),
            _ => Ok(()),
        }
    }

    /// For queries.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// For single statements that change something.
    pub fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Starts a transaction for several statements. Fails if another server has taken over.
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            // A deferred transaction that reads first cannot become a writer under load.
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.writer.begin_with_options(options).await?;
        if let Some(ownership) = &self.ownership
            && Ownership::can_be_lost(self.writer.get_database_backend())
        {
            ownership.require(&transaction).await?;
        }
        Ok(transaction)
    }

    /// Starts a transaction that inserts many rows.
    pub async fn begin_batch(&self) -> Result<BatchTransaction, DbErr> {
        if self.writer.get_database_backend() == DbBackend::Sqlite {
            BatchTransaction::on_sqlite(self.writer.get_sqlite_connection_pool()).await
        } else {
            Ok(BatchTransaction::on_other(self.begin().await?))
        }
    }

    /// Starts a transaction whose queries see one snapshot, while others write.
    pub async fn snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        let is_postgres = self.reader.get_database_backend() == DbBackend::Postgres;
        let options = TransactionOptions {
            isolation_level: is_postgres.then_some(IsolationLevel::RepeatableRead),
            access_mode: is_postgres.then_some(AccessMode::ReadOnly),
            ..TransactionOptions::default()
        };
        self.reader.begin_with_options(options).await
    }

    /// Checks the connection.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.reader.ping().await
    }

    /// The size in bytes.
    pub async fn size(&self) -> Result<i64, DbErr> {
        let backend = self.reader.get_database_backend();
        let query = if backend == DbBackend::Postgres {
            "SELECT pg_database_size(current_database()) AS size"
        } else {
            "SELECT page_count * page_size AS size FROM pragma_page_count(), pragma_page_size()"
        };
        let query = Statement::from_string(backend, query);
        let answer = self.reader.query_one_raw(query).await?;
        answer.map_or(Ok(0), |row| row.try_get("", "size"))
    }

    /// Closes every connection, so that SQLite removes its write-ahead log.
    pub async fn close(self) -> anyhow::Result<()> {
        self.reader
            .close_by_ref()
            .await
            .context("cannot close the database")?;
        self.writer
            .close_by_ref()
            .await
            .context("cannot close the database")
    }
}

/// Lets one transaction at a time continue, of all that call this with the same key, until it ends. `SQLite` has one
/// writer at a time anyway.
pub async fn in_turn(transaction: &DatabaseTransaction, key: i64) -> Result<(), DbErr> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        let lock = format!("SELECT pg_advisory_xact_lock({key})");
        transaction.execute_unprepared(&lock).await?;
    }
    Ok(())
}
