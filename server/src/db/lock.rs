//! One server per database: limits and usage are kept in the memory of one process.

use std::{
    fs::{File, TryLockError},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, Statement};

use super::session_lock::{ADVISORY_KEY, SessionLock};

/// Another server has locked this database.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseInUseError {
    #[error(
        "another server is running on {}; stop it first, or give this one a DATA_DIR of its own",
        database.display()
    )]
    File { database: PathBuf },
    #[error(
        "another server is running on this database; stop it first, or use another DATABASE_URL"
    )]
    Session,
}

/// The process that has locked a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockHolder {
    None,
    /// A running server, with its process id if it is known.
    Server(Option<i32>),
    /// The system does not report locks.
    Unknown,
}

/// Held as long as the server runs; the operating system or `PostgreSQL` releases it with the process.
#[derive(Debug)]
pub(super) enum InstanceLock {
    File { _file: File },
    Session(Box<SessionLock>),
}

impl InstanceLock {
    /// Locks a file beside an SQLite database.
    pub(super) fn file(database: &Path) -> anyhow::Result<Self> {
        let path = lock_path(database);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self::File { _file: file }),
            Err(TryLockError::WouldBlock) => Err(DatabaseInUseError::File {
                database: database.to_owned(),
            }
            .into()),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }
}

/// Reads the kernel's list of locks: trying the lock could make a server that is just starting fail.
pub(super) fn holder_of_file(database: &Path) -> LockHolder {
    let Ok(lock) = lock_path(database).metadata() else {
        return LockHolder::None;
    };
    let Ok(locks) = procfs::locks() else {
        return LockHolder::Unknown;
    };
    let held = locks.iter().find(|held| held.inode == lock.ino());
    held.map_or(LockHolder::None, |held| {
        LockHolder::Server(held.pid.filter(|pid| *pid > 0))
    })
}

/// Reads `PostgreSQL`'s list of locks.
pub(super) async fn holder_of_session(
    connection: &DatabaseConnection,
) -> anyhow::Result<LockHolder> {
    const HELD: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
         AND (classid::bigint << 32) + objid::bigint = $1";
    let query = Statement::from_sql_and_values(DbBackend::Postgres, HELD, [ADVISORY_KEY.into()]);
    let row = connection.query_one_raw(query).await?;
    let held: i64 = row.context("no count")?.try_get_by_index(0)?;
    Ok(if held > 0 {
        LockHolder::Server(None)
    } else {
        LockHolder::None
    })
}

pub(super) fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}
