//! One server per database: two would count the same requests differently.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use sea_orm::sqlx::{PgConnection, query_scalar};
use tokio::sync::Mutex;

/// Any number that other programs are unlikely to lock ("`ProxyPal`" in ASCII).
const ADVISORY_KEY: i64 = 0x5072_6f78_7950_616c;

/// A server runs on this database already.
#[derive(Debug, thiserror::Error)]
pub enum InUse {
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

/// Held as long as the server runs; the operating system or `PostgreSQL` releases it with the process.
#[derive(Debug)]
pub(super) enum InstanceLock {
    File {
        _file: File,
    },
    // A mutex makes the connection shareable; nobody uses it after the lock is taken.
    Session {
        _connection: Box<Mutex<PgConnection>>,
    },
}

impl InstanceLock {
    /// Locks a file beside an SQLite database.
    pub(super) fn file(database: &Path) -> anyhow::Result<Self> {
        let path = lock_path(database);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self::File { _file: file }),
            Err(TryLockError::WouldBlock) => Err(InUse::File {
                database: database.to_owned(),
            }
            .into()),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }

    /// Takes an advisory lock for as long as this connection lives.
    pub(super) async fn session(mut connection: PgConnection) -> anyhow::Result<Self> {
        let taken: bool = query_scalar("SELECT pg_try_advisory_lock($1)")
            .bind(ADVISORY_KEY)
            .fetch_one(&mut connection)
            .await
            .context("cannot lock the database")?;
        if !taken {
            return Err(InUse::Session.into());
        }
        Ok(Self::Session {
            _connection: Box::new(Mutex::new(connection)),
        })
    }
}

fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}
