//! A database with ninety days of generated usage, written by SQL within minutes.
//!
//! Fifty users with two keys each work in sessions: for an hour with one key, two models and one
//! account of each provider, as the engine prefers the account that it used before. Every key is used
//! every day, so that both databases have the same days to add up; some users work more than others.

use anyhow::ensure;
use chrono::{DateTime, TimeDelta, Utc};
use proxypal_server::db::Database;
use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, Statement};
use tempfile::TempDir;
use uuid::Uuid;

const DAYS: i64 = 90;
/// Two of each of fifty users.
const KEYS: i64 = 100;
const DAY: i64 = 86_400;
/// Durability is not needed here.
const IN_A_HURRY: &str = "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; \
     PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -400000; PRAGMA temp_store = MEMORY;";
const SUMS: &str = "requests, failed, rejected, input_tokens, cache_read_tokens, cache_write_tokens, \
     output_tokens, reasoning_tokens, cost, unpriced, unknown, estimated, duration";
const SUMS_OF_SUMS: &str = "SUM(requests), SUM(failed), SUM(rejected), SUM(input_tokens), \
     SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(output_tokens), SUM(reasoning_tokens), \
     SUM(cost), SUM(unpriced), SUM(unknown), SUM(estimated), SUM(duration)";
const SUMS_OF_REQUESTS: &str = "COUNT(*), SUM(outcome = 'upstream_error'), 0, SUM(input_tokens), \
     SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(output_tokens), SUM(reasoning_tokens), \
     SUM(cost), 0, 0, 0, SUM(duration)";

/// The current time of the generated databases: the end of the ninety days, just before noon.
pub(crate) fn end() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_600) + TimeDelta::minutes(719)
}

/// A user of average activity.
pub(crate) fn user() -> Uuid {
    Uuid::from_bytes(*b"user000000000010")
}

/// The size of a database.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) requests: i64,
    /// Bytes of the requests and their indexes.
    pub(crate) bytes: i64,
    /// Number of rows of sums.
    pub(crate) sums: i64,
    /// Bytes of the sums and their indexes.
    pub(crate) bytes_of_sums: i64,
}

/// A generated database, deleted on drop.
#[derive(Debug)]
pub(crate) struct Filled {
    pub(crate) home: TempDir,
    pub(crate) size: Size,
}

impl Filled {
    pub(crate) async fn with(requests: i64) -> anyhow::Result<Self> {
        eprintln!("filling in {requests} requests");
        let home = TempDir::new_in(env!("CARGO_TARGET_TMPDIR"))?;
        let url = url(&home);
        // Creates the schema.
        let db = Database::open(&url, home.path()).await?;
        db.close().await?;
        let size = fill(&url, requests).await?;
        Ok(Self { home, size })
    }

    pub(crate) fn url(&self) -> String {
        url(&self.home)
    }
}

fn url(home: &TempDir) -> String {
    format!("sqlite://{}", home.path().join("usage.db").display())
}

async fn fill(url: &str, requests: i64) -> anyhow::Result<Size> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let connection = sea_orm::Database::connect(options).await?;
    connection.execute_unprepared(IN_A_HURRY).await?;
    let empty = bytes(&connection).await?;
    for day in 0..DAYS {
        let share = |day| requests * day / DAYS;
        let sql = insert_requests(share(day) + 1, share(day + 1), requests);
        connection.execute_unprepared(&sql).await?;
    }
    let with_requests = bytes(&connection).await?;
    eprintln!("adding them up");
    add_up(&connection, requests).await?;
    let full = bytes(&connection).await?;
    let sums = "(SELECT COUNT(*) FROM usage_rollup) + (SELECT COUNT(*) FROM usage_slice)";
    let sums = number(&connection, sums).await?;
    connection.close().await?;
    Ok(Size {
        requests,
        bytes: with_requests - empty,
        sums,
        bytes_of_sums: full - with_requests,
    })
}

/// The requests of these days; requests are spread evenly over the days.
fn insert_requests(first: i64, last: i64, of: i64) -> String {
    let micros = DAYS * DAY * 1_000_000 / of;
    let start = end().timestamp_micros() - micros * of;
    format!(
        "WITH RECURSIVE number (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM number WHERE n < {last}),
         draw AS (SELECT n, {start} + n * {micros} AS at, n * 2654435761 % 4294967296 AS r FROM number),
         person AS (SELECT *, at / 3600000000 AS hour, n < {first} + {KEYS} AS is_greeting,
             IIF(n < {first} + {KEYS}, (n - {first}) / 2, MIN(r % 50, r / 50 % 50)) AS user FROM draw),
         session AS (SELECT *, 2 * user + IIF(is_greeting, n - {first}, hour + user) % 2 AS key,
             (7 * user + 3 * hour + r / 2500 % 2) % 10 AS model FROM person)
         INSERT INTO request (id, sequence, user_id, api_key_id, started_at, duration, time_to_first_byte,
             endpoint, protocol, model, served_model, provider, account_id, streamed, http_status, outcome,
             usage_source, reconciliation, input_tokens, cache_read_tokens, cache_write_tokens,
             output_tokens, reasoning_tokens, client_ip, user_agent, cost)
         SELECT CAST(printf('request-%08d', n) AS BLOB), n, CAST(printf('user%012d', user) AS BLOB),
             CAST(printf('key%013d', key) AS BLOB), at, 900000 + r % 5000000, 200000 + r % 700000,
             'POST /v1/chat/completions', 'openai_chat', 'model-' || model, 'model-' || model,
             CASE model % 4 WHEN 0 THEN 'claude' WHEN 1 THEN 'chatgpt' WHEN 2 THEN 'gemini' ELSE 'xai' END,
             CAST(printf('account%09d', model % 4 * 5 + (user + hour) % 5) AS BLOB), 1, 200,
             CASE r % 50 WHEN 0 THEN 'upstream_error' ELSE 'completed' END, 'wire',
             CASE r % 100 WHEN 0 THEN 'wire_only' WHEN 1 THEN 'mismatched' ELSE 'matched' END,
             r % 3000, r % 9000, 0, r % 700, r % 90, '203.0.113.' || (user + 1), 'tool/1.0',
             (r % 3000) * 3000
         FROM session"
    )
}

/// The finest sums from the requests of each day, all others from finer ones.
async fn add_up(connection: &DatabaseConnection, requests: i64) -> anyhow::Result<()> {
    for day in 0..DAYS {
        let share = |day| requests * day / DAYS;
        for sql in sums_of_requests(share(day) + 1, share(day + 1)) {
            connection.execute_unprepared(&sql).await?;
        }
    }
    for (period, seconds) in [(1, 3600), (2, DAY)] {
        for sql in longer_sums(period, seconds) {
            connection.execute_unprepared(&sql).await?;
        }
    }
    for (dimension, subject) in [
        (0, "''".to_owned()),
        (1, hyphenated("user_id")),
        (2, hyphenated("api_key_id")),
        (3, "provider".to_owned()),
        (4, hyphenated("account_id")),
        (5, "model".to_owned()),
    ] {
        let sql = format!(
            "INSERT INTO usage_slice (dimension, period, starts_at, subject, {SUMS})
             SELECT {dimension}, period, starts_at, {subject}, {SUMS_OF_SUMS} FROM usage_rollup
             GROUP BY period, starts_at, {subject}"
        );
        connection.execute_unprepared(&sql).await?;
    }
    let total = "(SELECT SUM(requests) FROM usage_slice WHERE dimension = 0 AND period = 2)";
    let reconciled = "(SELECT SUM(requests) FROM usage_slice WHERE dimension = 6 AND period = 1)";
    for sum in [total, reconciled] {
        let counted = number(connection, sum).await?;
        ensure!(counted == requests, "{counted} requests were added up");
    }
    Ok(())
}

/// A quarter of an hour may cross the boundary between two days' requests.
fn sums_of_requests(first: i64, last: i64) -> [String; 2] {
    let quarter = "started_at / 900000000 * 900";
    let of_the_day = format!("FROM request WHERE sequence BETWEEN {first} AND {last}");
    let adding = SUMS
        .split(", ")
        .map(|sum| format!("{sum} = {sum} + excluded.{sum}"))
        .collect::<Vec<_>>()
        .join(", ");
    let adding = format!("ON CONFLICT DO UPDATE SET {adding}");
    [
        format!(
            "INSERT INTO usage_rollup
                 (user_id, period, starts_at, api_key_id, provider, account_id, model, {SUMS})
             SELECT user_id, 0, {quarter}, api_key_id, provider, account_id, model, {SUMS_OF_REQUESTS}
             {of_the_day} GROUP BY user_id, {quarter}, api_key_id, provider, account_id, model {adding}"
        ),
        format!(
            "INSERT INTO usage_slice (dimension, period, starts_at, subject, {SUMS})
             SELECT 6, 0, {quarter}, reconciliation, {SUMS_OF_REQUESTS}
             {of_the_day} GROUP BY {quarter}, reconciliation {adding}"
        ),
    ]
}

fn longer_sums(period: i64, seconds: i64) -> [String; 2] {
    let start = format!("starts_at / {seconds} * {seconds}");
    let finer = period - 1;
    [
        format!(
            "INSERT INTO usage_rollup
                 (user_id, period, starts_at, api_key_id, provider, account_id, model, {SUMS})
             SELECT user_id, {period}, {start}, api_key_id, provider, account_id, model, {SUMS_OF_SUMS}
             FROM usage_rollup WHERE period = {finer}
             GROUP BY user_id, {start}, api_key_id, provider, account_id, model"
        ),
        format!(
            "INSERT INTO usage_slice (dimension, period, starts_at, subject, {SUMS})
             SELECT 6, {period}, {start}, subject, {SUMS_OF_SUMS} FROM usage_slice
             WHERE dimension = 6 AND period = {finer} GROUP BY {start}, subject"
        ),
    ]
}

/// An id in the format of the slices.
fn hyphenated(column: &str) -> String {
    let part = |from: u32, length: u32| format!("substr(lower(hex({column})), {from}, {length})");
    let parts = [
        part(1, 8),
        part(9, 4),
        part(13, 4),
        part(17, 4),
        part(21, 12),
    ];
    parts.join(" || '-' || ")
}

async fn bytes(connection: &DatabaseConnection) -> anyhow::Result<i64> {
    let pages = "(SELECT page_count FROM pragma_page_count)";
    let size = "(SELECT page_size FROM pragma_page_size)";
    number(connection, &format!("{pages} * {size}")).await
}

async fn number(connection: &DatabaseConnection, expression: &str) -> anyhow::Result<i64> {
    let sql = format!("SELECT {expression} AS number");
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| anyhow::anyhow!("no answer"))?;
    Ok(row.try_get("", "number")?)
}
