//! Limits and usage of users and keys, in memory: quotas, rate limits and concurrency.
//!
//! A request takes a *slot* when its head has arrived: one of the requests per minute and one of the
//! concurrent requests. When its body is known, it *reserves* its estimated usage from all other limits in one
//! step. When it has ended, the reservation is *settled* with the actual usage, and *committed* once the
//! request is in the database.

mod rejection;
mod rules;
mod waiting;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use entity::{
    RateLimit,
    provider_account::ProviderKind,
    quota::{self, Entity as Quota},
    quota_bucket::Entity as QuotaBucket,
    request::{self, Protocol},
    user::{self, Entity as User},
};
pub use limits::{
    Amounts, Charge, Cost, LimitError, LimitKind, LimitOwner, LimitRequest, Metric, ProviderSet,
    QuotaStatus, QuotaWindow, REPORTS_PER_MINUTE, RateLimitStatus, RateUsage, WaitRules, gcra,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, Iterable as _, QueryFilter as _,
};
use uuid::Uuid;

pub use self::rejection::rejected_by;
use self::rules::{provider_number, usage_of};
pub(in crate::domain) use self::rules::{quota_state, rate_limit, read_window};
pub use self::waiting::{MAX_WAITING_USERS, UserWaiting, WaitingRequests};
use super::{Result, model_name::routed_as, models::AliasTable};
use crate::db::Database;

/// A quota and its usage.
pub type QuotaState = limits::QuotaState<quota::Model>;
/// The limits of one user and their usage.
pub type UserLimits = limits::UserLimits<quota::Model>;
/// The slot of a request, or why it is rejected.
pub type Start = limits::Start<quota::Model>;
/// One of the concurrent requests of a user.
pub type RequestSlot = limits::RequestSlot<quota::Model>;
/// The reserved usage of one request.
pub type Reservation = limits::Reservation<quota::Model>;

/// Models whose providers are remembered.
const MAX_MODELS: usize = 10_000;

/// The limits of all users. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<Parts>);

#[derive(Debug, Default)]
struct Parts {
    users: Mutex<HashMap<Uuid, Arc<UserLimits>>>,
    /// The providers that have served a model.
    served: ArcSwap<HashMap<String, ProviderSet>>,
    /// Held while usage changes in the database and in memory.
    turn: tokio::sync::Mutex<()>,
}

impl Ledger {
    /// Reads all quotas, their usage, and when usage was last reset.
    pub async fn load(db: &Database) -> Result<Self> {
        let ledger = Self::default();
        let mut by_user: HashMap<Uuid, Vec<quota::Model>> = HashMap::new();
        for quota in Quota::find().all(db.reader()).await? {
            by_user.entry(quota.user_id).or_default().push(quota);
        }
        for (user_id, quotas) in by_user {
            let meters = meters(db.reader(), quotas).await?;
            ledger.user_limits(user_id).set_meters(meters);
        }
        let with_reset = User::find().filter(user::Column::UsageResetAt.is_not_null());
        for user in with_reset.all(db.reader()).await? {
            ledger
                .user_limits(user.id)
                .set_reset_at(user.usage_reset_at);
        }
        Ok(ledger)
    }

    /// Reads all usage from the database again. The caller holds [`Ledger::turn`].
    pub(in crate::domain) async fn reload_usage(
        &self,
        connection: &impl ConnectionTrait,
    ) -> std::result::Result<(), DbErr> {
        for limits in self.all() {
            let ids = limits
                .meters()
                .into_iter()
                .map(|quota_state| quota_state.quota.id);
            let used = used(connection, ids.collect()).await?;
            limits.set_used(used);
        }
        Ok(())
    }

    fn all(&self) -> Vec<Arc<UserLimits>> {
        self.users().values().cloned().collect()
    }

    fn users(&self) -> MutexGuard<'_, HashMap<Uuid, Arc<UserLimits>>> {
        self.0.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A user's limits; none are set for an unknown id.
    pub fn user_limits(&self, user_id: Uuid) -> Arc<UserLimits> {
        let mut users = self.users();
        let limits = users.entry(user_id);
        Arc::clone(limits.or_insert_with(|| Arc::new(UserLimits::new(uptime))))
    }

    /// The quotas of all users.
    pub fn meters(&self) -> Vec<QuotaState> {
        let all = self.all();
        all.iter().flat_map(|limits| limits.meters()).collect()
    }

    /// Takes one of the requests per minute and one of the concurrent requests, before the body is read.
    /// [`Ledger::reserve`] checks the limits that depend on the body.
    pub fn start(account: &Arc<UserLimits>, api_key_id: Uuid, defaults: RateLimit) -> Start {
        account.start(api_key_id, rate_limit(defaults))
    }

    /// The rate limits of a user and key, and what is left of them.
    pub fn rates(account: &UserLimits, api_key_id: Uuid, defaults: RateLimit) -> Vec<RateUsage> {
        account.rates(api_key_id, rate_limit(defaults))
    }

    /// Reserves the estimated usage of a request from every limit that applies, or from none; an error returns
    /// the slot.
    #[expect(
        clippy::result_large_err,
        reason = "the slot moves back to the caller, without an allocation"
    )]
    pub fn reserve(
        &self,
        slot: RequestSlot,
        request: &LimitRequest<'_>,
    ) -> std::result::Result<Reservation, (LimitError, RequestSlot)> {
        let served = self.0.served.load();
        let providers = request.model.and_then(|model| served.get(model)).copied();
        UserLimits::reserve(slot, request, providers.unwrap_or_default())
    }

    /// Does what [`Ledger::start`] and [`Ledger::reserve`] do, in one step.
    pub fn admit(
        &self,
        account: &Arc<UserLimits>,
        api_key_id: Uuid,
        defaults: RateLimit,
        request: &LimitRequest<'_>,
    ) -> std::result::Result<Reservation, LimitError> {
        let served = self.0.served.load();
        let providers = request.model.and_then(|model| served.get(model)).copied();
        let providers = providers.unwrap_or_default();
        account.admit(api_key_id, rate_limit(defaults), request, providers)
    }

    /// How requests of a key wait for its limits.
    pub fn wait_rules(account: &UserLimits, api_key_id: Uuid, defaults: RateLimit) -> WaitRules {
        account.wait_rules(api_key_id, rate_limit(defaults))
    }

    /// When this many requests can have started at the earliest, by the requests per minute; `None` if now.
    pub fn known_wait(
        account: &UserLimits,
        api_key_id: Uuid,
        defaults: RateLimit,
        requests: u64,
    ) -> Option<Duration> {
        account.known_wait(api_key_id, rate_limit(defaults), requests)
    }

    /// Why a request is not admitted while others wait.
    pub fn refusal_behind(
        account: &UserLimits,
        api_key_id: Uuid,
        defaults: RateLimit,
    ) -> LimitError {
        account.refusal_behind(api_key_id, rate_limit(defaults))
    }

    /// The state of the requests per minute; `None` without a limit on them.
    pub fn pacing(
        account: &UserLimits,
        api_key_id: Uuid,
        defaults: RateLimit,
    ) -> Option<RateLimitStatus> {
        account.pacing(api_key_id, rate_limit(defaults))
    }

    /// The providers that have served a model since the server started.
    pub fn served_by(&self, model: &str) -> Vec<ProviderKind> {
        let served = self.0.served.load();
        let providers = served.get(model).copied().unwrap_or_default();
        ProviderKind::iter()
            .filter(|kind| providers.has(provider_number(*kind)))
            .collect()
    }

    /// Counts an open WebSocket until the result is dropped.
    pub fn open_socket(
        account: &Arc<UserLimits>,
        api_key_id: Uuid,
        defaults: RateLimit,
    ) -> std::result::Result<OpenSocket, LimitError> {
        account.open_socket(api_key_id, rate_limit(defaults))?;
        Ok(OpenSocket {
            account: Arc::clone(account),
            api_key_id,
        })
    }

    /// Excludes other changes of usage in the database and in memory.
    pub(in crate::domain) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.turn.lock().await
    }

    /// The amounts that a stored request adds to quotas.
    pub(in crate::domain) fn charges(
        &self,
        row: &request::Model,
        aliases: &AliasTable,
    ) -> Vec<Charge> {
        let limits = self.user_limits(row.user_id);
        if limits.has_no_quotas() {
            return Vec::new();
        }
        let at = started_at(row);
        let usage = usage_of(row, at);
        under_its_names(row, aliases, |names| limits.charges(&usage, names))
    }

    /// Whether a quota assumes a cost for a request if its model has no price.
    pub(in crate::domain) fn assumes_cost(
        &self,
        row: &request::Model,
        aliases: &AliasTable,
    ) -> bool {
        let limits = self.user_limits(row.user_id);
        if !limits.may_assume_costs() {
            return false;
        }
        let provider = row.provider.map(provider_number);
        under_its_names(row, aliases, |names| {
            limits.assumes_cost(row.api_key_id, provider, names)
        })
    }

    /// Whether a change of usage is in a bucket that a quota still counts.
    pub(in crate::domain) fn is_open(
        &self,
        user_id: Uuid,
        charge: Charge,
        at: DateTime<Utc>,
    ) -> bool {
        self.user_limits(user_id).is_open(charge, at)
    }

    /// Adds usage that is in the database now.
    pub(in crate::domain) fn add(&self, user_id: Uuid, charge: Charge, at: DateTime<Utc>) {
        if let Some(percent) = self.user_limits(user_id).add(charge, at) {
            tracing::warn!(
                user.id = %user_id,
                quota.id = %charge.quota_id,
                percent,
                "a quota has reached a warning threshold"
            );
        }
    }

    /// Remembers that a provider has served a model.
    pub(in crate::domain) fn record_provider(
        &self,
        model: &str,
        protocol: Protocol,
        provider: ProviderKind,
    ) {
        let model = &*routed_as(protocol.into(), model);
        let served = self.0.served.load();
        let known = served.get(model).copied().unwrap_or_default();
        let with_provider = known.with(provider_number(provider));
        if with_provider == known || served.len() >= MAX_MODELS {
            return;
        }
        let mut more = HashMap::clone(&served);
        more.insert(model.to_owned(), with_provider);
        self.0.served.store(Arc::new(more));
    }
}

fn started_at(row: &request::Model) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(row.started_at).unwrap_or_default()
}

/// Applies a function to the names of a request's model: the requested one, the target of an alias, and the one that
/// served it.
fn under_its_names<T>(
    row: &request::Model,
    aliases: &AliasTable,
    apply: impl FnOnce(&[Option<&str>]) -> T,
) -> T {
    let model = row.model.as_ref();
    let model = model.map(|model| routed_as(row.protocol.into(), model));
    let at = started_at(row);
    let target = model.as_deref().and_then(|model| aliases.target(model, at));
    let served = row.served_model.as_deref();
    apply(&[model.as_deref(), target.as_deref(), served])
}

/// The monotonic time of the limits.
fn uptime() -> Duration {
    static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    ORIGIN.elapsed()
}

/// An open WebSocket, counted against the limits.
#[derive(Debug)]
pub struct OpenSocket {
    account: Arc<UserLimits>,
    api_key_id: Uuid,
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.account.close_socket(self.api_key_id);
    }
}

/// Adds their usage to quotas.
pub(in crate::domain) async fn meters(
    connection: &impl ConnectionTrait,
    quotas: Vec<quota::Model>,
) -> Result<Vec<QuotaState>> {
    let ids = quotas.iter().map(|quota| quota.id);
    let mut used = used(connection, ids.collect()).await?;
    let meters = quotas.into_iter().map(|quota| {
        let used = used.remove(&quota.id).unwrap_or_default();
        quota_state(quota, used)
    });
    meters.collect()
}

/// The usage of quotas, by the start of the bucket.
async fn used(
    connection: &impl ConnectionTrait,
    quotas: Vec<Uuid>,
) -> std::result::Result<HashMap<Uuid, BTreeMap<i64, i64>>, DbErr> {
    let mut used: HashMap<Uuid, BTreeMap<i64, i64>> = HashMap::new();
    if quotas.is_empty() {
        return Ok(used);
    }
    let buckets = QuotaBucket::find()
        .filter(entity::quota_bucket::Column::QuotaId.is_in(quotas))
        .all(connection)
        .await?;
    for bucket in buckets {
        let of_quota = used.entry(bucket.quota_id).or_default();
        of_quota.insert(bucket.starts_at, bucket.used);
    }
    Ok(used)
}
