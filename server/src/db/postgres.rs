//! `PostgreSQL`: one pool, and a connection that holds the lock.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use sea_orm::ConnectOptions;

use super::{
    Database,
    lock::InstanceLock,
    ownership::Ownership,
    schema,
    session_lock::{SessionLock, connection_name},
};

const CONNECTIONS: u32 = 10;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(8);

pub(super) async fn open(url: &str) -> anyhow::Result<Database> {
    let incarnation = rand::random();
    let lock = SessionLock::take(url, incarnation).await?;
    lock.end_earlier_servers().await?;
    let migrator = sea_orm::Database::connect(options(url, 1)).await?;
    Ownership::end_earlier(&migrator).await?;
    schema::migrate(&migrator).await?;
    migrator.close().await?;
    let mut options = options(url, CONNECTIONS);
    let name = connection_name(incarnation);
    options.map_sqlx_postgres_opts(move |postgres| postgres.application_name(&name));
    let pool = sea_orm::Database::connect(options).await?;
    let ownership = Ownership::begin(&pool, incarnation).await?;
    Ok(Database {
        reader: pool.clone(),
        writer: pool,
        lock: Some(Arc::new(InstanceLock::Session(Box::new(lock)))),
        ownership: Some(Arc::new(ownership)),
    })
}

/// Locks the database; fails while a server runs on it.
pub(super) async fn lock(url: &str) -> anyhow::Result<InstanceLock> {
    let lock = SessionLock::take(url, rand::random()).await?;
    Ok(InstanceLock::Session(Box::new(lock)))
}

/// Opens without the lock, read-only.
pub(super) async fn open_read_only(url: &str) -> anyhow::Result<Database> {
    let database = open_any_version(url).await?;
    schema::check(&database.reader).await?;
    Ok(database)
}

/// The same, with any schema version.
pub(super) async fn open_any_version(url: &str) -> anyhow::Result<Database> {
    let mut options = options(url, 1);
    options.map_sqlx_postgres_opts(|postgres| {
        postgres.options([("default_transaction_read_only", "on")])
    });
    let pool = sea_orm::Database::connect(options)
        .await
        .context("cannot connect to the database; check DATABASE_URL and that PostgreSQL runs")?;
    Ok(Database {
        reader: pool.clone(),
        writer: pool,
        lock: None,
        ownership: None,
    })
}

pub(super) fn options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_timeout(ACQUIRE_TIMEOUT)
        .sqlx_logging(false);
    options
}
