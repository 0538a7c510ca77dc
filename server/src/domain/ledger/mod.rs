//! What was used, against what may be used.
//!
//! A request takes its *slot* when its head has arrived: one of the requests a minute, and a place among
//! those at once. When its body has told what it asks for, it *reserves* the most that it may use, in
//! memory, from all other limits at once. It is noted in the journal before it is forwarded, and *settled*
//! there with what it really used before the end of its answer is released. Then it is written to the
//! database in company, together with all sums, and what was held back for it becomes what was used.

pub mod gcra;
mod quota_state;
mod rate_limits;
mod reservation;
mod user_limits;
pub mod window;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;
use entity::{
    RateLimit,
    provider_account::ProviderKind,
    quota::{self, Entity as Quota},
    quota_bucket::Entity as QuotaBucket,
    request::Protocol,
    user::{self, Entity as User},
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, Iterable as _, QueryFilter as _,
};
use uuid::Uuid;

pub(in crate::domain) use self::quota_state::Charge;
use self::quota_state::ProviderSet;
pub use self::{
    quota_state::{Amounts, QuotaState, QuotaStatus},
    reservation::{LimitError, LimitKind, RateLimitStatus, RequestSlot, Reservation},
    user_limits::{LimitRequest, Start, UserLimits},
};
use super::{Result, model_name::routed_as};
use crate::db::Database;

/// Models of which is remembered who serves them, at most.
const MOST_MODELS: usize = 10_000;

/// The accounts of all users. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<Parts>);

#[derive(Debug, Default)]
struct Parts {
    accounts: Mutex<HashMap<Uuid, Arc<UserLimits>>>,
    /// Who has served a model.
    served: ArcSwap<HashMap<String, ProviderSet>>,
    turn: tokio::sync::Mutex<()>,
}

impl Ledger {
    /// Reads all quotas and what was used of them, and who began again.
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
        let have_begun_again = User::find().filter(user::Column::UsageResetAt.is_not_null());
        for user in have_begun_again.all(db.reader()).await? {
            ledger
                .user_limits(user.id)
                .set_reset_at(user.usage_reset_at);
        }
        Ok(ledger)
    }

    /// Reads again what was used, when memory may have missed some of it. Call it in turn.
    pub(in crate::domain) async fn read_again(
        &self,
        connection: &impl ConnectionTrait,
    ) -> std::result::Result<(), DbErr> {
        for account in self.accounts() {
            let ids = account
                .meters()
                .into_iter()
                .map(|quota_state| quota_state.quota.id);
            let used = used(connection, ids.collect()).await?;
            account.set_used(used);
        }
        Ok(())
    }

    fn accounts(&self) -> Vec<Arc<UserLimits>> {
        let accounts = self.0.accounts.lock();
        let accounts = accounts.unwrap_or_else(PoisonError::into_inner);
        accounts.values().cloned().collect()
    }

    /// A user's account.
    pub fn user_limits(&self, user_id: Uuid) -> Arc<UserLimits> {
        let mut accounts = self
            .0
            .accounts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(accounts.entry(user_id).or_default())
    }

    /// Everybody's quotas as they stand.
    pub fn meters(&self) -> Vec<QuotaState> {
        let accounts = self
            .0
            .accounts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let meters = accounts.values().flat_map(|account| account.meters());
        meters.collect()
    }

    /// Takes a place for a request whose head has arrived, and one of the requests a minute. What needs
    /// the body to be known is for [`Ledger::reserve`].
    pub fn start(account: &Arc<UserLimits>, api_key_id: Uuid, defaults: RateLimit) -> Start {
        account.start(api_key_id, defaults)
    }

    /// Takes what a request asks for from every limit that applies, or from none; then the place comes
    /// back with the reason.
    pub fn reserve(
        &self,
        slot: RequestSlot,
        request: &LimitRequest<'_>,
    ) -> std::result::Result<Reservation, (LimitError, RequestSlot)> {
        let served = self.0.served.load();
        let providers = request.model.and_then(|model| served.get(model)).copied();
        UserLimits::reserve(slot, request, providers.unwrap_or_default())
    }

    /// The providers that have served a model, as far as is known.
    pub fn served_by(&self, model: &str) -> Vec<ProviderKind> {
        let served = self.0.served.load();
        let providers = served.get(model).copied().unwrap_or_default();
        ProviderKind::iter()
            .filter(|kind| providers.has(*kind))
            .collect()
    }

    /// Counts a socket, until it is dropped.
    pub fn open_socket(
        account: &Arc<UserLimits>,
        api_key_id: Uuid,
        defaults: RateLimit,
    ) -> std::result::Result<OpenSocket, LimitError> {
        account.open_socket(api_key_id, defaults)?;
        Ok(OpenSocket {
            account: Arc::clone(account),
            api_key_id,
        })
    }

    /// Held while what was used changes in the database and in memory.
    pub(in crate::domain) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.turn.lock().await
    }

    /// Remembers that a provider has served a model.
    pub(in crate::domain) fn learn(&self, model: &str, protocol: Protocol, provider: ProviderKind) {
        let model = &routed_as(protocol.into(), model);
        let served = self.0.served.load();
        let known = served.get(model).copied().unwrap_or_default();
        if known.with(provider) == known || served.len() >= MOST_MODELS {
            return;
        }
        let mut more = HashMap::clone(&served);
        more.insert(model.to_owned(), known.with(provider));
        self.0.served.store(Arc::new(more));
    }
}

/// A socket that counts.
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

/// Quotas with what was used of them.
pub(in crate::domain) async fn meters(
    connection: &impl ConnectionTrait,
    quotas: Vec<quota::Model>,
) -> Result<Vec<QuotaState>> {
    let ids = quotas.iter().map(|quota| quota.id);
    let mut used = used(connection, ids.collect()).await?;
    let meters = quotas.into_iter().map(|quota| {
        let used = used.remove(&quota.id).unwrap_or_default();
        QuotaState::new(quota, used)
    });
    meters.collect()
}

/// What was used of quotas, by bucket.
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
