//! The addresses that keys were used from lately, of the requests that are kept.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait as _, Statement, Value};
use uuid::Uuid;

use super::RequestLog;
use crate::domain::Result;

/// Addresses of one key.
const ADDRESSES: usize = 5;
/// Requests of one key that are looked at, the latest, so that a busy key takes no longer.
const REQUESTS: i64 = 100;

/// An address that a key was used from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentAddress {
    pub address: String,
    /// The start of the last request from there.
    pub last_seen_at: DateTime<Utc>,
}

/// When a key was used from an address, in Unix microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressUse {
    pub api_key_id: Uuid,
    pub address: String,
    pub first_at: i64,
    pub last_at: i64,
}

/// Requests whose addresses are compared, the latest, so that a busy server takes no longer.
const COMPARED: i64 = 20_000;

impl RequestLog {
    /// The uses of all keys since a time, by address, of the latest 20,000 requests.
    pub async fn uses_by_address(&self, since: DateTime<Utc>) -> Result<Vec<AddressUse>> {
        let connection = self.db.reader();
        let values = [Value::from(since.timestamp_micros()), Value::from(COMPARED)];
        let backend = connection.get_database_backend();
        let sql = "SELECT api_key_id, client_ip, MIN(started_at) AS first_at, MAX(started_at) AS last_at \
             FROM (SELECT api_key_id, client_ip, started_at FROM request \
             WHERE started_at >= $1 AND client_ip IS NOT NULL ORDER BY started_at DESC LIMIT $2) AS latest \
             GROUP BY api_key_id, client_ip";
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let rows = connection.query_all_raw(statement).await?.into_iter();
        let uses = rows.map(|row| {
            Ok(AddressUse {
                api_key_id: row.try_get("", "api_key_id")?,
                address: row.try_get("", "client_ip")?,
                first_at: row.try_get("", "first_at")?,
                last_at: row.try_get("", "last_at")?,
            })
        });
        uses.collect()
    }

    /// Up to five addresses of each key, the latest first.
    pub async fn addresses_of_keys(
        &self,
        ids: &[Uuid],
    ) -> Result<HashMap<Uuid, Vec<RecentAddress>>> {
        let mut found: HashMap<Uuid, Vec<RecentAddress>> = HashMap::new();
        let Some(last) = ids.last() else {
            return Ok(found);
        };
        let connection = self.db.reader();
        // Padded with the last one, so that the database prepares few statements.
        let count = ids.len().next_power_of_two();
        let ids = ids.iter().chain(std::iter::repeat(last)).take(count);
        let ids = ids.map(|id| Value::from(*id));
        let values = std::iter::once(Value::from(REQUESTS - 1)).chain(ids);
        let backend = connection.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql(count), values);
        for row in connection.query_all_raw(statement).await? {
            let addresses = found.entry(row.try_get("", "api_key_id")?).or_default();
            let last_seen_at = DateTime::from_timestamp_micros(row.try_get("", "last_seen_at")?);
            if addresses.len() < ADDRESSES {
                addresses.push(RecentAddress {
                    address: row.try_get("", "client_ip")?,
                    last_seen_at: last_seen_at.unwrap_or_default(),
                });
            }
        }
        Ok(found)
    }
}

/// In this order SQLite looks each key up in the index of its requests.
fn sql(keys: usize) -> String {
    let ids: Vec<String> = (2..keys + 2).map(|number| format!("${number}")).collect();
    format!(
        "SELECT api_key.id AS api_key_id, request.client_ip, MAX(request.started_at) AS last_seen_at \
         FROM api_key CROSS JOIN request \
         WHERE api_key.id IN ({}) AND request.api_key_id = api_key.id \
         AND request.sequence >= COALESCE((SELECT latest.sequence FROM request AS latest \
         WHERE latest.api_key_id = api_key.id ORDER BY latest.sequence DESC LIMIT 1 OFFSET $1), 0) \
         AND request.client_ip IS NOT NULL \
         GROUP BY api_key.id, request.client_ip ORDER BY last_seen_at DESC, request.client_ip",
        ids.join(", ")
    )
}
