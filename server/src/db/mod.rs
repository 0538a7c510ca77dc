//! Opening the database, SQLite or PostgreSQL: one server at a time, schema brought up to date.

mod lock;
mod postgres;
mod private;
mod schema;
mod sqlite;
mod staging;
mod storage;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use sea_orm::{
    AccessMode, ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    IsolationLevel, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait as _,
};

use self::lock::InstanceLock;
pub use self::{
    lock::{DatabaseInUseError, LockHolder},
    private::keep_private,
    schema::{Standing, steps, steps_known},
    staging::StagingDatabase,
    storage::StorageConfig,
};

/// The open database. `SQLite` has one writer at a time, so writing has a connection of its own and
/// waits in line there rather than failing with "database is locked".
#[derive(Clone, Debug)]
pub struct Database {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    /// None for those who only look.
    _lock: Option<Arc<InstanceLock>>,
}

/// The file of an `SQLite` database; none for one that is elsewhere.
pub fn file_of(url: &str) -> Option<PathBuf> {
    let is_file = url.starts_with("sqlite:");
    is_file.then(|| sqlite::file_of(url).ok()).flatten()
}

impl Database {
    /// Opens the database for this process alone and brings its schema up to date.
    pub async fn open(url: &str, data_dir: &Path) -> anyhow::Result<Self> {
        if url.starts_with("sqlite:") {
            sqlite::open(url, data_dir).await
        } else {
            postgres::open(url).await
        }
    }

    /// Opens the database to read in it, also beside a running server. What writes fails.
    pub async fn look(url: &str) -> anyhow::Result<Self> {
        if url.starts_with("sqlite:") {
            sqlite::look(url).await
        } else {
            postgres::look(url).await
        }
    }

    /// Like [`Self::look`], but whatever the schema is; none when there is no database yet.
    pub async fn peek(url: &str) -> anyhow::Result<Option<Self>> {
        if url.starts_with("sqlite:") {
            sqlite::peek(url).await
        } else {
            postgres::peek(url).await.map(Some)
        }
    }

    /// How its schema stands to the one that this server knows.
    pub async fn standing(&self) -> anyhow::Result<Standing> {
        schema::standing(&self.reader).await
    }

    /// The process that has the database to itself, as far as it can be told without taking its place.
    pub async fn holder(&self, url: &str) -> anyhow::Result<LockHolder> {
        if url.starts_with("sqlite:") {
            Ok(lock::holder_of_file(&sqlite::file_of(url)?))
        } else {
            lock::holder_of_session(&self.reader).await
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

    /// For several statements that belong together.
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            // A deferred transaction that reads first cannot become a writer under load.
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.writer.begin_with_options(options).await
    }

    /// For many queries that must see one state of everything, while others write.
    pub async fn snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        let is_postgres = self.reader.get_database_backend() == DbBackend::Postgres;
        let options = TransactionOptions {
            isolation_level: is_postgres.then_some(IsolationLevel::RepeatableRead),
            access_mode: is_postgres.then_some(AccessMode::ReadOnly),
            ..TransactionOptions::default()
        };
        self.reader.begin_with_options(options).await
    }

    /// Whether a query is answered.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.reader.ping().await
    }

    /// How large it is, in bytes.
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

    /// Closes every connection, so that an SQLite file is left without a journal.
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
