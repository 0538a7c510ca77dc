//! The recent requests through provider accounts: sums of usage, and the duration of the requests that are kept.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait as _, Statement, Value};
use uuid::Uuid;

use super::RequestLog;
use crate::domain::{
    Result,
    usage::{Percentiles, Span, Sums, Usage},
};

/// Requests of one account whose durations are read, the latest, so that a busy account takes no longer.
const REQUESTS_PER_ACCOUNT: usize = 500;
/// Requests of all accounts whose durations are read in one query.
const REQUESTS: usize = 50_000;

/// Sums are kept by quarters of an hour, and requests settle after their start.
const QUARTER: TimeDelta = TimeDelta::minutes(15);

/// The requests through one account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountTraffic {
    pub sums: Sums,
    /// Of the latest completed requests that are kept, in microseconds; `None` without any.
    pub p95_duration: Option<i64>,
}

impl RequestLog {
    /// The requests through each account since a time, with two queries for all accounts.
    pub async fn traffic_of_accounts(
        &self,
        usage: &Usage,
        ids: &[Uuid],
        since: DateTime<Utc>,
    ) -> Result<HashMap<Uuid, AccountTraffic>> {
        let mut traffic: HashMap<Uuid, AccountTraffic> = HashMap::new();
        let span = Span::new(since, usage.now().max(since) + QUARTER)?;
        for (id, sums) in usage.of_accounts(ids, span).await? {
            traffic.entry(id).or_default().sums = sums;
        }
        for (id, durations) in self.latest_durations(ids, since).await? {
            traffic.entry(id).or_default().p95_duration =
                Percentiles::of(durations).map(|percentiles| percentiles.p95);
        }
        Ok(traffic)
    }

    /// The durations of the latest completed requests of each account.
    async fn latest_durations(
        &self,
        ids: &[Uuid],
        since: DateTime<Utc>,
    ) -> Result<HashMap<Uuid, Vec<i64>>> {
        let mut found: HashMap<Uuid, Vec<i64>> = HashMap::new();
        let Some(last) = ids.last() else {
            return Ok(found);
        };
        let per_account = REQUESTS_PER_ACCOUNT.min(REQUESTS.div_ceil(ids.len()));
        // Padded with the last one, so that the database prepares few statements.
        let count = ids.len().next_power_of_two();
        let ids = ids.iter().chain(std::iter::repeat(last)).take(count);
        let offset = i64::try_from(per_account).unwrap_or(i64::MAX) - 1;
        let values = [Value::from(offset), since.timestamp_micros().into()];
        let values = values.into_iter().chain(ids.map(|id| Value::from(*id)));
        let connection = self.db.reader();
        let backend = connection.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql(count), values);
        for row in connection.query_all_raw(statement).await? {
            let durations = found.entry(row.try_get("", "account_id")?).or_default();
            durations.push(row.try_get("", "duration")?);
        }
        Ok(found)
    }
}

/// In this order SQLite looks each account up in the index of its requests.
fn sql(accounts: usize) -> String {
    let ids: Vec<String> = (3..accounts + 3)
        .map(|number| format!("${number}"))
        .collect();
    format!(
        "SELECT account.id AS account_id, request.duration \
         FROM provider_account AS account CROSS JOIN request \
         WHERE account.id IN ({}) AND request.account_id = account.id \
         AND request.sequence >= COALESCE((SELECT latest.sequence FROM request AS latest \
         WHERE latest.account_id = account.id ORDER BY latest.sequence DESC LIMIT 1 OFFSET $1), 0) \
         AND request.started_at >= $2 AND request.outcome = 'completed'",
        ids.join(", ")
    )
}
