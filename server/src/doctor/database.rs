//! The database: whether it answers, who has it, whether we understand it and can open what it sealed.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use secrecy::ExposeSecret as _;

use super::Check;
use crate::{
    config::StorageConfig,
    db::{Database, LockHolder, Standing},
    domain::server_secrets::{KeyStanding, examine_key},
};

const DATABASE: &str = "database";
const SCHEMA: &str = "schema";
const KEY: &str = "encryption key";

/// What could be had of it.
#[derive(Debug)]
pub(super) struct Data {
    database: Option<Database>,
    pub(super) holder: LockHolder,
    /// What time it is there; none for a file of this machine.
    pub(super) now: Option<DateTime<Utc>>,
}

impl Data {
    pub(super) async fn examine(storage: &StorageConfig) -> (Self, Vec<Check>) {
        let url = storage.database_url.expose_secret();
        let mut data = Self {
            database: None,
            holder: LockHolder::Nobody,
            now: None,
        };
        let database = match Database::peek(url).await {
            Ok(Some(database)) => database,
            Ok(None) => {
                let seen = "there is none yet; the server makes it at its first start";
                return (data, vec![Check::ok(DATABASE, seen)]);
            }
            Err(error) => {
                let remedy = "check DATABASE_URL, that the database runs, and who owns its file";
                let check = Check::problem(DATABASE, format!("{error:#}"), remedy);
                return (data, vec![check]);
            }
        };
        data.holder = database.holder(url).await.unwrap_or(LockHolder::Unknown);
        data.now = now(&database).await;
        let mut findings = vec![answers(&database).await];
        let (check, is_understood) = schema(&database).await;
        findings.push(check);
        if is_understood {
            findings.push(key(storage, &database).await);
        }
        data.database = Some(database);
        (data, findings)
    }

    pub(super) async fn close(self) {
        if let Some(database) = self.database {
            // Nothing was written that could be lost.
            let _ = database.close().await;
        }
    }
}

async fn answers(database: &Database) -> Check {
    let is_postgres = database.reader().get_database_backend() == DbBackend::Postgres;
    let kind = if is_postgres { "PostgreSQL" } else { "SQLite" };
    match database.ping().await {
        Ok(()) => Check::ok(DATABASE, format!("{kind} answers")),
        Err(error) => Check::problem(
            DATABASE,
            format!("{kind} does not answer: {error}"),
            "restart it, and look into its log",
        ),
    }
}

/// How the schema is, and whether its tables can be read.
async fn schema(database: &Database) -> (Check, bool) {
    match database.standing().await {
        Ok(Standing::Current) => (Check::ok(SCHEMA, "it is the one of this version"), true),
        Ok(Standing::Unused) => {
            let seen = "no server has used this database yet";
            (Check::ok(SCHEMA, seen), false)
        }
        Ok(Standing::Older(missing)) => {
            let seen = format!("it is of an older version and lacks {missing} steps");
            let remedy = "make a backup; the next start brings it up to date, and older versions refuse it then";
            (Check::warning(SCHEMA, seen, remedy), false)
        }
        Ok(Standing::Newer(step)) => {
            let seen = format!("a newer version of the server has used it (step {step})");
            let remedy = "run that version, or restore a backup from before the upgrade";
            (Check::problem(SCHEMA, seen, remedy), false)
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
        Ok(KeyStanding::Unneeded) => Check::ok(KEY, "nothing is sealed yet"),
        Ok(KeyStanding::Fits) if own => Check::warning(
            KEY,
            "the key lies in the data directory, beside what it seals",
            "keep ENCRYPTION_KEY elsewhere: move the content of encryption.key into the environment, or at \
             least copy it to another place",
        ),
        Ok(KeyStanding::Fits) => Check::ok(KEY, "it opens what the database has sealed"),
        Err(error) => {
            let remedy =
                "start with the key that the database was sealed with, or restore a backup";
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
