//! Checks the database: connection, lock holder, schema version and encryption key.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use secrecy::ExposeSecret as _;

use super::Check;
use crate::{
    config::StorageConfig,
    db::{Database, LockHolder, SchemaVersion},
    domain::server_secrets::{KeyStatus, examine_key},
};

const DATABASE: &str = "database";
const SCHEMA: &str = "schema";
const KEY: &str = "encryption key";

/// The database as far as it could be opened.
#[derive(Debug)]
pub(super) struct Data {
    database: Option<Database>,
    pub(super) holder: LockHolder,
    /// The clock of the database server; none for SQLite.
    pub(super) now: Option<DateTime<Utc>>,
}

impl Data {
    pub(super) async fn examine(storage: &StorageConfig) -> (Self, Vec<Check>) {
        let url = storage.database_url.expose_secret();
        let mut data = Self {
            database: None,
            holder: LockHolder::None,
            now: None,
        };
        let database = match Database::open_any_version(url).await {
            Ok(Some(database)) => database,
            Ok(None) => {
                let observed = "does not exist yet; the server creates it at its first start";
                return (data, vec![Check::ok(DATABASE, observed)]);
            }
            Err(error) => {
                let remedy =
                    "check DATABASE_URL, that the database runs, and the owner of its file";
                let check = Check::problem(DATABASE, format!("{error:#}"), remedy);
                return (data, vec![check]);
            }
        };
        data.holder = database.holder(url).await.unwrap_or(LockHolder::Unknown);
        data.now = now(&database).await;
        let mut checks = vec![connection(&database).await];
        let (check, is_understood) = schema(&database).await;
        checks.push(check);
        if is_understood {
            checks.push(key(storage, &database).await);
        }
        data.database = Some(database);
        (data, checks)
    }

    pub(super) async fn close(self) {
        if let Some(database) = self.database {
            // Read-only: nothing can be lost.
            let _ = database.close().await;
        }
    }
}

async fn connection(database: &Database) -> Check {
    let is_postgres = database.reader().get_database_backend() == DbBackend::Postgres;
    let kind = if is_postgres { "PostgreSQL" } else { "SQLite" };
    match database.ping().await {
        Ok(()) => Check::ok(DATABASE, format!("{kind} answers")),
        Err(error) => Check::problem(
            DATABASE,
            format!("{kind} does not answer: {error}"),
            "restart it, and check its log",
        ),
    }
}

/// Compares the schema with the one of this version; the flag is whether its tables can be read.
async fn schema(database: &Database) -> (Check, bool) {
    match database.schema_version().await {
        Ok(SchemaVersion::Current) => (Check::ok(SCHEMA, "matches this version"), true),
        Ok(SchemaVersion::Unused) => {
            let observed = "empty: no server has used this database yet";
            (Check::ok(SCHEMA, observed), false)
        }
        Ok(SchemaVersion::Older(missing)) => {
            let observed = format!("from an older version; {missing} migrations are missing");
            let remedy =
                "make a backup; the next start migrates it, and older versions then refuse it";
            (Check::warning(SCHEMA, observed, remedy), false)
        }
        Ok(SchemaVersion::Newer(step)) => {
            let observed = format!("migrated by a newer version of the server (migration {step})");
            let remedy = "run that version, or restore a backup from before the upgrade";
            (Check::problem(SCHEMA, observed, remedy), false)
        }
        Err(error) => {
            let remedy =
                "restore a backup, or check that DATABASE_URL names a database of this server";
            (Check::problem(SCHEMA, format!("{error:#}"), remedy), false)
        }
    }
}

async fn key(storage: &StorageConfig, database: &Database) -> Check {
    let own = storage.encryption_key.is_none();
    match examine_key(storage, database).await {
        Ok(KeyStatus::Unneeded) => Check::ok(KEY, "nothing is encrypted yet"),
        Ok(KeyStatus::Fits) if own => Check::warning(
            KEY,
            "the key is stored in the data directory, beside the data that it encrypts",
            "store ENCRYPTION_KEY elsewhere: move the content of encryption.key into the environment, or at \
             least keep a copy of it",
        ),
        Ok(KeyStatus::Fits) => Check::ok(KEY, "decrypts the secrets in the database"),
        Err(error) => {
            let remedy = "start with the key that encrypted the database, or restore a backup";
            Check::problem(KEY, format!("{error:#}"), remedy)
        }
    }
}

async fn now(database: &Database) -> Option<DateTime<Utc>> {
    let reader = database.reader();
    if reader.get_database_backend() != DbBackend::Postgres {
        return None;
    }
    let query = Statement::from_string(DbBackend::Postgres, "SELECT clock_timestamp()");
    let row = reader.query_one_raw(query).await.ok()??;
    row.try_get_by_index(0).ok()
}
