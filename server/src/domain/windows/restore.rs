//! Rebuilds the windows of an account from what is stored.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    account_window::{self, Entity as AccountWindow},
    provider_account::{self, Entity as ProviderAccount},
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _,
    QueryResult, Statement, Value,
};
use uuid::Uuid;
use windows::{Units, WEIGHTS_VERSION};

use super::{
    WindowUsage,
    account::{AccountWindows, StoredWindow},
    scope::units_of,
};
use crate::domain::{Result, tokens::Tokens};

/// The use of earlier weeks that forecasts are drawn from.
const HISTORY: TimeDelta = TimeDelta::days(28);
/// Requests that take longer may be counted in the wrong cycle after a start.
const LONGEST_REQUEST: TimeDelta = TimeDelta::hours(1);
const MICROS_PER_BLOCK: i64 = 900_000_000;
/// Sums that one query returns at most.
const MAX_SUMS: u32 = 200_000;

/// Sums of tokens.
const TOKENS: &str = "CAST(SUM(input_tokens) AS BIGINT) AS input, \
    CAST(SUM(cache_read_tokens) AS BIGINT) AS cache_read, \
    CAST(SUM(cache_write_tokens) AS BIGINT) AS cache_write, \
    CAST(SUM(output_tokens) AS BIGINT) AS output, \
    CAST(SUM(reasoning_tokens) AS BIGINT) AS reasoning";

impl WindowUsage {
    /// The accounts that are not removed.
    pub(super) async fn accounts(&self) -> Result<Vec<provider_account::Model>> {
        let accounts =
            ProviderAccount::find().filter(provider_account::Column::RemovedAt.is_null());
        Ok(accounts.all(self.db.reader()).await?)
    }

    /// Loads an account, unless it is loaded or unknown.
    pub(super) async fn load(&self, id: Uuid) -> Result<()> {
        let is_loaded = || {
            let state = self.state();
            state
                .accounts
                .get(&id)
                .is_some_and(|account| account.is_loaded)
        };
        if is_loaded() {
            return Ok(());
        }
        let _loading = self.loading.lock().await;
        if is_loaded() {
            return Ok(());
        }
        let account = ProviderAccount::find_by_id(id)
            .one(self.db.reader())
            .await?;
        let Some(account) = account else {
            return Ok(());
        };
        let windows = self.restored(&account).await?;
        let now = self.clock.now();
        let mut state = self.state();
        let before = state.accounts.remove(&id);
        state.accounts.insert(id, windows.loaded_after(before, now));
        Ok(())
    }

    async fn restored(&self, account: &provider_account::Model) -> Result<AccountWindows> {
        let rows = AccountWindow::find()
            .filter(account_window::Column::AccountId.eq(account.id))
            .all(self.db.reader())
            .await?;
        let stored: Vec<StoredWindow> = rows.into_iter().map(stored_window).collect();
        let cycles: Vec<_> = stored
            .iter()
            .map(|window| (window.name.clone(), window.resets_at))
            .collect();
        let mut windows = AccountWindows::restored(account, stored);
        let Some(reported) = &account.windows else {
            return Ok(windows);
        };
        windows.read(reported.reported_at, &reported.windows);
        for (name, resets_at) in cycles {
            windows.match_cycle(&name, resets_at);
        }
        for name in windows.names().collect::<Vec<_>>() {
            if let Some(cycle) = windows.cycle(&name) {
                self.restore_users(account, (&name, cycle), &mut windows)
                    .await?;
            }
        }
        self.restore_history(account, &mut windows).await?;
        Ok(windows)
    }

    /// Adds what users have used in the open cycle of a window.
    async fn restore_users(
        &self,
        account: &provider_account::Model,
        (name, (started_at, resets_at)): (&str, (DateTime<Utc>, DateTime<Utc>)),
        windows: &mut AccountWindows,
    ) -> Result<()> {
        let sql = format!(
            "SELECT user_id, COALESCE(served_model, model, '') AS model_name, {TOKENS} \
             FROM request WHERE account_id = $1 AND sequence <= $2 AND started_at >= $3 \
             AND started_at + duration >= $4 AND started_at + duration < $5 \
             AND input_tokens IS NOT NULL GROUP BY user_id, model_name LIMIT {MAX_SUMS}"
        );
        let since = started_at.timestamp_micros();
        let earliest = (started_at - LONGEST_REQUEST).timestamp_micros();
        let values = [earliest, since, resets_at.timestamp_micros()];
        for row in self.sums(account.id, sql, &values).await? {
            let user_id = row.try_get("", "user_id")?;
            let (model, units) = weighed(&row, account)?;
            windows.restore_user(name, user_id, (&model, units));
        }
        Ok(())
    }

    async fn restore_history(
        &self,
        account: &provider_account::Model,
        windows: &mut AccountWindows,
    ) -> Result<()> {
        let now = self.clock.now();
        let sql = format!(
            "SELECT (started_at + duration) / {MICROS_PER_BLOCK} AS block, \
             COALESCE(served_model, model, '') AS model_name, {TOKENS} \
             FROM request WHERE account_id = $1 AND sequence <= $2 AND started_at >= $3 \
             AND input_tokens IS NOT NULL GROUP BY block, model_name LIMIT {MAX_SUMS}"
        );
        let since = (now - HISTORY).timestamp_micros();
        for row in self.sums(account.id, sql, &[since]).await? {
            let block: i64 = row.try_get("", "block")?;
            let at = DateTime::from_timestamp_micros(block.saturating_mul(MICROS_PER_BLOCK));
            let (model, units) = weighed(&row, account)?;
            if let Some(at) = at {
                windows.restore_history(at, now, (&model, units));
            }
        }
        Ok(())
    }

    async fn sums(
        &self,
        account_id: Uuid,
        sql: String,
        values: &[i64],
    ) -> Result<Vec<QueryResult>> {
        let stored_until = self.state().stored_until.unwrap_or_default();
        let connection = self.db.reader();
        let first = [Value::from(account_id), stored_until.into()];
        let values = first
            .into_iter()
            .chain(values.iter().copied().map(Value::from));
        let backend = connection.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql, values);
        Ok(connection.query_all_raw(statement).await?)
    }
}

fn stored_window(row: account_window::Model) -> StoredWindow {
    let is_comparable = u16::try_from(row.weights_version) == Ok(WEIGHTS_VERSION);
    let estimator = serde_json::from_str(&row.estimate).ok();
    StoredWindow {
        name: row.name,
        estimator: estimator.filter(|_| is_comparable).unwrap_or_default(),
        plan: row.plan,
        cycle_id: row.cycle_id,
        resets_at: row.cycle_resets_at,
        has_warned: row.has_warned,
    }
}

/// The model of a row of sums, and the weight of its tokens.
fn weighed(row: &QueryResult, account: &provider_account::Model) -> Result<(String, Units)> {
    let model: String = row.try_get("", "model_name")?;
    let count = |column| row.try_get::<Option<i64>>("", column);
    let tokens = Tokens {
        input: count("input")?.unwrap_or_default(),
        cache_read: count("cache_read")?.unwrap_or_default(),
        cache_write: count("cache_write")?.unwrap_or_default(),
        output: count("output")?.unwrap_or_default(),
        reasoning: count("reasoning")?.unwrap_or_default(),
        ..Tokens::default()
    };
    let units = units_of(&account.kind.to_value(), &model, tokens);
    Ok((model, units))
}
