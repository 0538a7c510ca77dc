//! Builds the pools: from rows when they are new, and from the present users, accounts and readings each minute.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::{
    provider_account::{ProviderKind, SubscriptionWindow},
    share_pool::{self, Entity as SharePoolRow, ShareMode},
    usage_rollup::{self, Entity as UsageRollup, Period},
};
use futures_util::TryStreamExt as _;
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, Condition, EntityTrait as _, ExprTrait as _,
    FromQueryResult, QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::Expr,
};
use shares::{LevelReading, WindowClass};
use uuid::Uuid;

use super::{
    PoolKey, Pools, Shares,
    members::{self, Directory, ShareableAccount},
    pool::{PoolState, SharedPool},
};
use crate::domain::{Result, tokens::Tokens, windows::units_of};

/// How far the books reach back.
const BOOKS: TimeDelta = TimeDelta::days(35);
/// Seconds.
const QUARTER: i64 = 900;
/// Sums of quarters that are older do not change any more.
const SETTLED: TimeDelta = TimeDelta::hours(2);

/// A user's use of an account and a model in a quarter of an hour.
#[derive(Debug, FromQueryResult)]
struct QuarterUse {
    user_id: Uuid,
    account_id: Uuid,
    starts_at: i64,
    model: String,
    requests: i64,
    input_tokens: i64,
    cache_read_tokens: i64,
    cache_write_tokens: i64,
    output_tokens: i64,
    reasoning_tokens: i64,
}

impl QuarterUse {
    fn units(&self, provider: ProviderKind) -> f64 {
        let tokens = Tokens {
            input: self.input_tokens,
            cache_read: self.cache_read_tokens,
            cache_write: self.cache_write_tokens,
            output: self.output_tokens,
            reasoning: self.reasoning_tokens,
            ..Tokens::default()
        };
        units_of(&provider.to_value(), &self.model, tokens).total()
    }
}

impl Shares {
    /// Applies the present modes, users, weights, accounts and readings. New pools are built from the stored sums.
    pub async fn refresh(&self) -> Result<()> {
        let parts = &self.0;
        let _turn = parts.turn.lock().await;
        let modes = SharePoolRow::find().filter(share_pool::Column::Mode.ne(ShareMode::Off));
        let modes = modes.all(parts.db.reader()).await?;
        if modes.is_empty() {
            parts.pools.store(Arc::default());
            return Ok(());
        }
        let directory = Directory::read(&parts.db, parts.clock.now()).await?;
        let access = parts.access.current();
        let known = parts.pools.load_full();
        let mut pools = Vec::new();
        let mut new = Vec::new();
        for row in modes {
            let members = directory.members_of(&access, row.group_id);
            let overrides = directory.overrides_of(row.group_id);
            for (provider, accounts) in directory.accounts_of(&access, row.group_id) {
                let key = PoolKey {
                    group_id: row.group_id,
                    provider,
                };
                let pool = known.find(key).map_or_else(|| self.pool(key), Arc::clone);
                let has_new_accounts = pool.set_accounts(row.mode, &accounts);
                pool.set_members(members.clone(), &overrides);
                if has_new_accounts {
                    new.push((Arc::clone(&pool), accounts));
                } else {
                    pool.read(&accounts);
                    pool.recompute();
                }
                pools.push(pool);
            }
        }
        self.publish(pools, &new).await
    }

    fn pool(&self, key: PoolKey) -> Arc<SharedPool> {
        let parts = &self.0;
        let totals = Arc::clone(&parts.totals);
        Arc::new(SharedPool::new(key, parts.clock.clone(), totals))
    }

    /// Replaces the pools. While the latest sums of new ones are read, no request is settled, so that each use counts once.
    async fn publish(
        &self,
        pools: Vec<Arc<SharedPool>>,
        new: &[(Arc<SharedPool>, Vec<&ShareableAccount>)],
    ) -> Result<()> {
        let parts = &self.0;
        let now = parts.clock.now();
        let (from, settled) = ((now - BOOKS).timestamp(), (now - SETTLED).timestamp());
        let known = parts.pools.load_full();
        let is_known = |pool: &SharedPool| known.find(pool.key).is_some();
        for (pool, accounts) in new.iter().filter(|(pool, _)| !is_known(pool)) {
            self.load(pool, accounts, (from, settled)).await?;
        }
        let _turn = if new.is_empty() {
            None
        } else {
            Some(parts.ledger.turn().await)
        };
        for (pool, accounts) in new {
            let mut since = settled;
            if is_known(pool) {
                pool.forget_use();
                since = from;
            }
            self.load(pool, accounts, (since, i64::MAX)).await?;
            pool.read(accounts);
            pool.recompute();
        }
        parts.pools.store(Arc::new(Pools::new(pools.into_iter())));
        Ok(())
    }

    /// Adds the stored sums of the quarters in a range of seconds since 1970.
    async fn load(
        &self,
        pool: &SharedPool,
        accounts: &[&ShareableAccount],
        (from, to): (i64, i64),
    ) -> Result<()> {
        use usage_rollup::Column;

        let sum = |column: Column| Expr::col(column).sum().cast_as("bigint");
        let ids = members::ids(accounts);
        let mut uses = UsageRollup::find()
            .select_only()
            .columns([
                Column::UserId,
                Column::AccountId,
                Column::StartsAt,
                Column::Model,
            ])
            .column_as(sum(Column::Requests), "requests")
            .column_as(sum(Column::InputTokens), "input_tokens")
            .column_as(sum(Column::CacheReadTokens), "cache_read_tokens")
            .column_as(sum(Column::CacheWriteTokens), "cache_write_tokens")
            .column_as(sum(Column::OutputTokens), "output_tokens")
            .column_as(sum(Column::ReasoningTokens), "reasoning_tokens")
            .filter(Column::Period.eq(Period::Quarter))
            .filter(
                Condition::all()
                    .add(Column::StartsAt.gte(from))
                    .add(Column::StartsAt.lt(to)),
            )
            .filter(Column::AccountId.is_in(ids))
            .group_by(Column::UserId)
            .group_by(Column::AccountId)
            .group_by(Column::StartsAt)
            .group_by(Column::Model)
            .order_by_asc(Column::StartsAt)
            .into_model::<QuarterUse>()
            .stream(self.0.db.reader())
            .await?;
        while let Some(used) = uses.try_next().await? {
            pool.add_stored(&used, accounts);
        }
        Ok(())
    }
}

impl SharedPool {
    /// Sets the mode and the accounts. Returns whether there are new ones, whose use must be loaded.
    fn set_accounts(&self, mode: ShareMode, accounts: &[&ShareableAccount]) -> bool {
        let ids = members::ids(accounts);
        let mut state = self.lock();
        state.mode = mode;
        let has_new = !ids.is_subset(&state.accounts);
        let stops = accounts.iter().map(|account| (account.id, account.stops()));
        state.pool.set_accounts(stops);
        if *state.accounts != ids {
            state.accounts = Arc::new(ids);
        }
        has_new
    }

    fn forget_use(&self) {
        let mut state = self.lock();
        state.reported.clear();
        state.pool.forget_use();
    }

    fn add_stored(&self, used: &QuarterUse, accounts: &[&ShareableAccount]) {
        let units = used.units(self.key.provider);
        let requests = u32::try_from(used.requests).unwrap_or(0);
        let mut state = self.lock();
        let PoolState { pool, .. } = &mut *state;
        pool.load_use(used.user_id, used.starts_at, units, requests);
        let account = accounts
            .iter()
            .find(|account| account.id == used.account_id);
        let windows = account.and_then(|account| account.windows.as_ref());
        for window in windows.into_iter().flat_map(|reported| &reported.windows) {
            let Some((class, end)) = class_of(window).zip(window.resets_at) else {
                continue;
            };
            let start = end.timestamp() - class.length();
            if used.starts_at + QUARTER > start {
                let at = Ord::max(used.starts_at, start);
                pool.load_cycle(used.account_id, class, used.user_id, units, at);
            }
        }
    }

    /// Applies the levels that providers have reported since the last time.
    pub(super) fn read(&self, accounts: &[&ShareableAccount]) {
        let mut state = self.lock();
        let PoolState { pool, reported, .. } = &mut *state;
        for account in accounts {
            let Some(windows) = &account.windows else {
                continue;
            };
            let at = windows.reported_at.timestamp();
            if reported
                .insert(account.id, at)
                .is_some_and(|known| at <= known)
            {
                continue;
            }
            for window in &windows.windows {
                if let Some(class) = class_of(window) {
                    let reading = LevelReading {
                        percent: f64::from(window.used_percent),
                        ends_at: window.resets_at.map(|end| end.timestamp()),
                        percent_per_unit: None,
                    };
                    pool.read(account.id, class, reading, at);
                }
            }
        }
    }
}

/// The class of a window; `None` for windows of single models.
fn class_of(window: &SubscriptionWindow) -> Option<WindowClass> {
    let mut classes = WindowClass::ALL.into_iter();
    classes.find(|class| members::window_name(*class) == window.name)
}
