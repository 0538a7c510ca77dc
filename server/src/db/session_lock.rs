//! The lock of a PostgreSQL database: an advisory lock of one connection, which is watched. A connection that was lost is
//! replaced, unless another server has the lock by then.

use std::time::Duration;

use anyhow::Context as _;
use sea_orm::sqlx::{
    Connection as _, Executor as _, PgConnection, postgres::PgConnectOptions, query_scalar,
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{
    sync::Mutex,
    time::{sleep, timeout},
};

use super::lock::DatabaseInUseError;

/// An arbitrary number that other programs are unlikely to lock ("`ProxyPal`" in ASCII).
pub(super) const ADVISORY_KEY: i64 = 0x5072_6f78_7950_616c;

/// How often the owner checks its lock.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);
const QUERY_TIMEOUT: Duration = Duration::from_secs(3);
const RETRY_INTERVAL: Duration = Duration::from_millis(200);
/// A server that is cut off from PostgreSQL ends its engine before a standby starts its own: PostgreSQL notices the lost
/// connection after the time of [`KEEPALIVES`], and the standby waits for [`FREE_FOR`] then.
const MAX_OUTAGE: Duration = Duration::from_secs(4);
/// How often a waiting server looks, and for how long the lock must be free before it takes it: after a restart of
/// PostgreSQL, the owner regains its lock within this time.
const WAIT_INTERVAL: Duration = Duration::from_millis(500);
const FREE_FOR: Duration = Duration::from_secs(3);

/// The sessions that hold the lock.
const LOCKS: &str = "pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 \
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
     AND (classid::bigint << 32) + objid::bigint = $1";
/// PostgreSQL notices within some seconds that the machine of a client is gone. Ignored for Unix sockets.
const KEEPALIVES: &str = "SET tcp_keepalives_idle = 3; SET tcp_keepalives_interval = 1; \
     SET tcp_keepalives_count = 3";

/// Names the connections of servers in `pg_stat_activity`, followed by the incarnation.
const CONNECTION_NAME: &str = "proxypal-server";

/// The lock, held by one connection.
#[derive(Debug)]
pub(super) struct SessionLock {
    url: SecretString,
    incarnation: i64,
    connection: Mutex<PgConnection>,
}

/// How an attempt to regain the lock ended.
enum Regained {
    Lock(PgConnection),
    TakenOver,
}

/// The name of a server's connections.
pub(super) fn connection_name(incarnation: i64) -> String {
    format!("{CONNECTION_NAME} {incarnation:016x}")
}

/// The name of the connection that holds a server's lock.
fn lock_name(incarnation: i64) -> String {
    format!("{} lock", connection_name(incarnation))
}

impl SessionLock {
    /// Takes the lock; fails while a server has it.
    pub(super) async fn take(url: &str, incarnation: i64) -> anyhow::Result<Self> {
        let mut connection = connect(url, &lock_name(incarnation)).await.context(
            "cannot connect to the database; check DATABASE_URL and that PostgreSQL runs",
        )?;
        if !try_lock(&mut connection).await? {
            return Err(DatabaseInUseError::Session.into());
        }
        Ok(Self {
            url: url.into(),
            incarnation,
            connection: Mutex::new(connection),
        })
    }

    /// Ends the connections of earlier servers: one whose machine is gone may have left a transaction open.
    pub(super) async fn end_earlier_servers(&self) -> anyhow::Result<()> {
        let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE datname = current_database() AND usename = current_user \
             AND application_name LIKE $1 AND application_name NOT LIKE $2";
        let mut connection = self.connection.lock().await;
        query_scalar::<_, i64>(end)
            .bind(format!("{CONNECTION_NAME} %"))
            .bind(format!("{}%", connection_name(self.incarnation)))
            .fetch_one(&mut *connection)
            .await
            .context("cannot end the connections of an earlier server")?;
        Ok(())
    }

    /// Watches the lock and regains it when its connection is lost. Returns when another server has taken over, or when it
    /// may have: when the lock was not regained for [`MAX_OUTAGE`] and there is a standby.
    pub(super) async fn keep(&self, has_standby: bool) {
        let mut connection = self.connection.lock().await;
        loop {
            sleep(CHECK_INTERVAL).await;
            let held = timeout(QUERY_TIMEOUT, holds_lock(&mut connection)).await;
            let problem = match held {
                Ok(Ok(true)) => continue,
                Ok(Ok(false)) => "its session does not hold it any more".to_owned(),
                Ok(Err(error)) => error.to_string(),
                Err(_) => "PostgreSQL does not respond".to_owned(),
            };
            tracing::warn!(problem, "the lock of the database is lost; regaining it");
            let regained = if has_standby {
                timeout(MAX_OUTAGE, self.regain()).await
            } else {
                Ok(self.regain().await)
            };
            match regained {
                Ok(Regained::Lock(new)) => *connection = new,
                Ok(Regained::TakenOver) | Err(_) => return,
            }
            tracing::info!("regained the lock of the database");
        }
    }

    /// Retries while PostgreSQL is unavailable.
    async fn regain(&self) -> Regained {
        loop {
            match timeout(QUERY_TIMEOUT, self.try_regain()).await {
                Ok(Ok(Some(regained))) => return regained,
                Ok(Ok(None)) | Err(_) => {}
                Ok(Err(error)) => tracing::debug!(%error, "cannot regain the lock of the database"),
            }
            sleep(RETRY_INTERVAL).await;
        }
    }

    /// `None` if it must be tried again.
    async fn try_regain(&self) -> anyhow::Result<Option<Regained>> {
        let name = lock_name(self.incarnation);
        let mut connection = connect(self.url.expose_secret(), &name).await?;
        if !try_lock(&mut connection).await? {
            // PostgreSQL may not have noticed yet that the earlier connection is gone.
            let ended = end_own_sessions(&mut connection, &name).await?;
            return Ok((ended == 0).then_some(Regained::TakenOver));
        }
        // Another server may have taken over and ended meanwhile.
        let owned = "SELECT count(*) FROM replica WHERE incarnation = $1";
        let rows: i64 = query_scalar(owned)
            .bind(self.incarnation)
            .fetch_one(&mut connection)
            .await?;
        Ok(Some(if rows > 0 {
            Regained::Lock(connection)
        } else {
            Regained::TakenOver
        }))
    }
}

/// Waits until no server has the lock; once one had it, until none has had it for [`FREE_FOR`].
pub(super) async fn until_free(url: &str) {
    let (mut connection, mut free_for) = (None, None);
    let mut is_announced = false;
    loop {
        match timeout(QUERY_TIMEOUT, is_locked(url, &mut connection)).await {
            Ok(Ok(true)) => {
                if !is_announced {
                    tracing::info!(
                        "another server runs on this database; on standby until it ends"
                    );
                }
                is_announced = true;
                free_for = Some(Duration::ZERO);
            }
            Ok(Ok(false)) => match &mut free_for {
                Some(time) if *time < FREE_FOR => *time += WAIT_INTERVAL,
                Some(_) | None => return,
            },
            Ok(Err(_)) | Err(_) => {
                if connection.take().is_some() || free_for.is_none() {
                    tracing::warn!("the standby cannot reach the database; it keeps trying");
                }
                free_for = Some(Duration::ZERO);
            }
        }
        sleep(WAIT_INTERVAL).await;
    }
}

async fn is_locked(url: &str, connection: &mut Option<PgConnection>) -> anyhow::Result<bool> {
    let connection = match connection {
        Some(connection) => connection,
        // Not a name by which an owner's connections are ended.
        None => connection.insert(connect(url, "proxypal-standby").await?),
    };
    let locks: i64 = query_scalar(sea_orm::sqlx::AssertSqlSafe(format!(
        "SELECT count(*) FROM {LOCKS}"
    )))
    .bind(ADVISORY_KEY)
    .fetch_one(connection)
    .await?;
    Ok(locks > 0)
}

async fn connect(url: &str, name: &str) -> anyhow::Result<PgConnection> {
    let options: PgConnectOptions = url.parse()?;
    let mut connection = PgConnection::connect_with(&options.application_name(name)).await?;
    connection.execute(KEEPALIVES).await?;
    Ok(connection)
}

async fn try_lock(connection: &mut PgConnection) -> anyhow::Result<bool> {
    query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(ADVISORY_KEY)
        .fetch_one(connection)
        .await
        .context("cannot lock the database")
}

/// Whether this session holds the lock. It does not behind a pooler that gives sessions to others.
async fn holds_lock(connection: &mut PgConnection) -> anyhow::Result<bool> {
    let locks: i64 = query_scalar(sea_orm::sqlx::AssertSqlSafe(format!(
        "SELECT count(*) FROM {LOCKS} AND pid = pg_backend_pid()"
    )))
    .bind(ADVISORY_KEY)
    .fetch_one(connection)
    .await?;
    Ok(locks > 0)
}

/// Ends the other sessions of this name. Returns how many there were.
async fn end_own_sessions(connection: &mut PgConnection, name: &str) -> anyhow::Result<i64> {
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid()";
    Ok(query_scalar(end).bind(name).fetch_one(connection).await?)
}
