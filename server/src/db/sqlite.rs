//! `SQLite`: write-ahead log, one writer, several readers.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, bail};
use sea_orm::{
    ConnectOptions, DatabaseConnection, DbErr,
    sqlx::{
        Connection as _, SqliteConnection,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};

use super::{
    Database,
    lock::{InstanceLock, lock_path},
    ownership::Ownership,
    private::keep_private,
    schema,
};

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const READERS: u32 = 4;

pub(super) async fn open(url: &str, data_dir: &Path) -> anyhow::Result<Database> {
    let file = file_of(url)?;
    create_private_dir(data_dir)?;
    if let Some(directory) = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        create_private_dir(directory)?;
    }
    let lock = InstanceLock::file(&file)?;
    for path in files_of(&file) {
        keep_private(&path);
    }
    let fail = || format!("cannot open the database {}", file.display());
    let writer = connect(url, 1, Access::Write).await.with_context(fail)?;
    schema::migrate(&writer).await?;
    let ownership = Ownership::begin(&writer, rand::random()).await?;
    let reader = connect(url, READERS, Access::Read)
        .await
        .with_context(fail)?;
    Ok(Database {
        reader,
        writer,
        lock: Some(Arc::new(lock)),
        ownership: Some(Arc::new(ownership)),
    })
}

/// Opens a file that no other process uses.
pub(super) async fn connect_alone(file: &Path) -> anyhow::Result<DatabaseConnection> {
    let url = format!("sqlite://{}", file.display());
    let connection = connect(&url, 1, Access::Write).await;
    connection.with_context(|| format!("cannot open {}", file.display()))
}

/// Opens without the lock: the write-ahead log allows readers beside the writer.
pub(super) async fn open_read_only(url: &str) -> anyhow::Result<Database> {
    let Some(database) = open_any_version(url).await? else {
        bail!(
            "database {} not found; check DATA_DIR and DATABASE_URL",
            file_of(url)?.display()
        );
    };
    schema::check(&database.reader).await?;
    Ok(database)
}

/// The same, with any schema version; none when there is no file.
pub(super) async fn open_any_version(url: &str) -> anyhow::Result<Option<Database>> {
    let file = file_of(url)?;
    if !file.exists() {
        return Ok(None);
    }
    let reader = connect(url, 1, Access::Read)
        .await
        .with_context(|| format!("cannot open the database {}", file.display()))?;
    Ok(Some(Database {
        writer: reader.clone(),
        reader,
        lock: None,
        ownership: None,
    }))
}

#[derive(Clone, Copy)]
enum Access {
    Read,
    Write,
}

async fn connect(url: &str, connections: u32, access: Access) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| tune(sqlite, access))
        .map_sqlx_sqlite_before_acquire(|connection, _| {
            Box::pin(async move { Ok(is_between_transactions(connection)) })
        });
    sea_orm::Database::connect(options).await
}

/// Whether the connection can be reused. A failed commit, for example on a full disk, has ended the transaction, but
/// the driver still assumes one and would never commit later writes.
fn is_between_transactions(connection: &SqliteConnection) -> bool {
    !connection.is_in_transaction()
}

fn tune(sqlite: SqliteConnectOptions, access: Access) -> SqliteConnectOptions {
    let sqlite = sqlite
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // Committed requests survive a power cut; commits are grouped, so that requests share the sync.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .pragma("temp_store", "memory")
        .pragma("cache_size", "-4000");
    match access {
        Access::Read => sqlite.pragma("query_only", "on"),
        Access::Write => sqlite,
    }
}

pub(super) fn file_of(url: &str) -> anyhow::Result<PathBuf> {
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let path = path.split('?').next().unwrap_or_default();
    if path.is_empty() || path.contains(":memory:") {
        bail!("DATABASE_URL: a database in memory would lose all data; use a file");
    }
    Ok(PathBuf::from(path))
}

/// The database, SQLite's files beside it, and the lock.
fn files_of(database: &Path) -> Vec<PathBuf> {
    let beside = ["-wal", "-shm", "-journal"].map(|ending| {
        let mut name = database.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    });
    let mut files = vec![database.to_owned(), lock_path(database)];
    files.extend(beside);
    files
}

pub(super) fn create_private_dir(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;

    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("cannot create the directory {}", path.display()))
}
