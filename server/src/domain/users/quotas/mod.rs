//! Quotas and rate limits of users and keys: administrators set them, the ledger enforces them.

mod budget;
mod many;
mod new_quota;
mod past;
mod preview;
mod raise;
mod store;

use std::{cmp::Reverse, collections::HashSet};

use entity::{RateLimit, api_key, quota, user};
use sea_orm::{
    ActiveEnum as _, ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait,
    DatabaseTransaction, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QuerySelect as _,
};
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub use self::{
    budget::MonthlyBudget,
    many::{LimitsOutcome, NewLimits},
    new_quota::NewQuota,
    raise::NewRaise,
};
pub(super) use self::{
    new_quota::read_all,
    store::{inherit, of_user as stored},
};
use super::{
    api_keys::{self, ApiKeys, active_user},
    rate_limits,
};
use crate::{
    clock::SharedClock,
    db::Database,
    domain::{
        Result,
        audit::{self, AuditChange, AuditContext, AuditSubject},
        ledger::{self, Ledger, QuotaState},
        version,
    },
};

/// The user or key whose limits are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitHolder {
    /// All keys of the user together.
    User(Uuid),
    ApiKey(Uuid),
}

impl LimitHolder {
    fn subject(self) -> AuditSubject {
        match self {
            Self::User(id) => AuditSubject::new(super::SUBJECT, &id),
            Self::ApiKey(id) => AuditSubject::new(api_keys::SUBJECT, &id),
        }
    }
}

/// A part of the limits that has a version of its own.
#[derive(Clone, Copy, Debug)]
enum LimitPart {
    Quotas,
    RateLimit,
}

impl LimitHolder {
    /// Advances the version of a part of the limits, if it is the expected one.
    async fn advance(
        self,
        connection: &impl ConnectionTrait,
        part: LimitPart,
        expected: Option<i32>,
    ) -> Result<bool> {
        match self {
            Self::User(id) => {
                let version = match part {
                    LimitPart::Quotas => user::Column::QuotasVersion,
                    LimitPart::RateLimit => user::Column::RateLimitVersion,
                };
                let key = (user::Column::Id, id);
                version::advance::<user::Entity>(connection, key, version, expected).await
            }
            Self::ApiKey(id) => {
                let version = match part {
                    LimitPart::Quotas => api_key::Column::QuotasVersion,
                    LimitPart::RateLimit => api_key::Column::RateLimitVersion,
                };
                let key = (api_key::Column::Id, id);
                version::advance::<api_key::Entity>(connection, key, version, expected).await
            }
        }
    }
}

/// The stored holder of limits.
#[derive(Clone, Debug)]
pub struct LimitSubject {
    pub user: user::Model,
    /// `None` for the limits of the user.
    pub api_key: Option<api_key::Model>,
}

impl LimitSubject {
    fn api_key_id(&self) -> Option<Uuid> {
        self.api_key.as_ref().map(|key| key.id)
    }

    fn version(&self, part: LimitPart) -> i32 {
        match (&self.api_key, part) {
            (Some(key), LimitPart::Quotas) => key.quotas_version,
            (Some(key), LimitPart::RateLimit) => key.rate_limit_version,
            (None, LimitPart::Quotas) => self.user.quotas_version,
            (None, LimitPart::RateLimit) => self.user.rate_limit_version,
        }
    }

    fn rate_limit(&self) -> Option<RateLimit> {
        match &self.api_key {
            Some(key) => key.rate_limit,
            None => self.user.rate_limit,
        }
    }

    fn audited(&self) -> AuditSubject {
        match &self.api_key {
            Some(key) => api_keys::subject(key),
            None => super::subject(&self.user),
        }
    }
}

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Quotas {
    db: Database,
    clock: SharedClock,
    ledger: Ledger,
    api_keys: ApiKeys,
    tasks: TaskTracker,
}

impl Quotas {
    /// Changes run on `tasks`, so that they finish when the caller disconnects.
    pub fn new(
        db: &Database,
        clock: &SharedClock,
        api_keys: &ApiKeys,
        tasks: &TaskTracker,
    ) -> Self {
        Self {
            db: db.clone(),
            clock: clock.clone(),
            ledger: api_keys.ledger().clone(),
            api_keys: api_keys.clone(),
            tasks: tasks.clone(),
        }
    }

    /// Replaces the quotas of a holder. A quota that is only edited keeps its usage, and a new one counts earlier
    /// usage in its window.
    pub async fn set(
        &self,
        context: &AuditContext,
        holder: LimitHolder,
        expected_version: Option<i32>,
        new: &[NewQuota],
    ) -> Result<LimitSubject> {
        context.about(holder.subject());
        let wanted = read_all(new)?;
        let work = self
            .clone()
            .replace(context.clone(), holder, expected_version, |_| Ok(wanted));
        self.run_to_completion(work).await
    }

    /// Removes quotas of a holder by id and adds others in one step; the rest stay as they are stored. A
    /// quota that is removed and added with the same metric, window, time zone, provider and models is edited.
    pub async fn change(
        &self,
        context: &AuditContext,
        holder: LimitHolder,
        expected_version: Option<i32>,
        removed: Vec<Uuid>,
        added: Vec<NewQuota>,
    ) -> Result<LimitSubject> {
        context.about(holder.subject());
        let wanted = move |there: Vec<quota::Model>| new_quota::changed(there, &removed, &added);
        let work = self
            .clone()
            .replace(context.clone(), holder, expected_version, wanted);
        self.run_to_completion(work).await
    }

    /// Resets the usage of a user. Returns the user and the tokens counted before.
    pub async fn reset_usage(
        &self,
        context: &AuditContext,
        user_id: Uuid,
    ) -> Result<(user::Model, i64)> {
        context.about(LimitHolder::User(user_id).subject());
        let work = self.clone().reset(context.clone(), user_id);
        self.run_to_completion(work).await
    }

    /// Sets a rate limit. An empty limit means the server's default for a user, and no own limit for a key.
    pub async fn set_rate_limit(
        &self,
        context: &AuditContext,
        holder: LimitHolder,
        expected_version: Option<i32>,
        limit: RateLimit,
    ) -> Result<LimitSubject> {
        self.change_rate_limit(context, holder, expected_version, |_| limit)
            .await
    }

    /// Changes parts of the stored rate limit.
    pub async fn change_rate_limit(
        &self,
        context: &AuditContext,
        holder: LimitHolder,
        expected_version: Option<i32>,
        change: impl FnOnce(RateLimit) -> RateLimit,
    ) -> Result<LimitSubject> {
        context.about(holder.subject());
        let transaction = self.db.begin().await?;
        let is_current = holder
            .advance(&transaction, LimitPart::RateLimit, expected_version)
            .await?;
        let mut subject = self.find(&transaction, holder).await?;
        if !is_current {
            let current = rate_limits::described(&subject.rate_limit().unwrap_or_default());
            let version = subject.version(LimitPart::RateLimit);
            return Err(version::outdated("rate limit", version, current));
        }
        let limit = rate_limits::validated(change(subject.rate_limit().unwrap_or_default()))?;
        let before = json!({ "rateLimit": subject.rate_limit() });
        if let Some(key) = subject.api_key {
            let mut key = key.into_active_model();
            key.rate_limit = Set(limit);
            subject.api_key = Some(key.update(&transaction).await?);
        } else {
            let mut user = subject.user.into_active_model();
            user.rate_limit = Set(limit);
            user.updated_at = Set(self.clock.now());
            subject.user = user.update(&transaction).await?;
        }
        let after = json!({ "rateLimit": subject.rate_limit() });
        let updated = AuditChange::updated(subject.audited(), before, after);
        audit::record(&transaction, &self.clock, context, updated).await?;
        transaction.commit().await?;
        self.api_keys.refresh(subject.user.id).await?;
        Ok(subject)
    }

    /// The quotas of a user, without those of single keys, in the order in which they were set.
    pub fn of_user(&self, user_id: Uuid) -> Vec<QuotaState> {
        self.of(user_id, None)
    }

    /// The own quotas of a key.
    pub fn of_api_key(&self, user_id: Uuid, id: Uuid) -> Vec<QuotaState> {
        self.of(user_id, Some(id))
    }

    /// The quotas of all users and keys that are not archived or revoked, the most used first.
    pub async fn all(&self) -> Result<Vec<QuotaState>> {
        let mut meters = self.ledger.meters();
        let users: HashSet<Uuid> = active_users(self.db.reader()).await?;
        let keys: HashSet<Uuid> = active_keys(self.db.reader()).await?;
        meters.retain(|QuotaState { quota, .. }| {
            users.contains(&quota.user_id) && quota.api_key_id.is_none_or(|id| keys.contains(&id))
        });
        let now = self.clock.now();
        meters.sort_by_cached_key(|meter| (Reverse(meter.per_million(now)), meter.quota.id));
        Ok(meters)
    }

    fn of(&self, user_id: Uuid, api_key_id: Option<Uuid>) -> Vec<QuotaState> {
        let mut meters = self.ledger.user_limits(user_id).meters();
        meters.retain(|meter| meter.quota.api_key_id == api_key_id);
        meters
    }

    /// Finishes even if the caller is dropped, so that memory follows the database.
    async fn run_to_completion<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let work = self.tasks.spawn(work);
        work.await.map_err(anyhow::Error::from)?
    }

    async fn replace(
        self,
        context: AuditContext,
        holder: LimitHolder,
        expected_version: Option<i32>,
        wanted: impl FnOnce(Vec<quota::Model>) -> Result<Vec<NewQuota>>,
    ) -> Result<LimitSubject> {
        // No usage is committed meanwhile, so that none is counted twice or lost.
        let _turn = self.ledger.turn().await;
        let transaction = self.db.begin().await?;
        let is_current = holder
            .advance(&transaction, LimitPart::Quotas, expected_version)
            .await?;
        let subject = self.find(&transaction, holder).await?;
        let key_id = subject.api_key_id();
        let before = json!({ "quotas": audited(&transaction, subject.user.id, key_id).await? });
        if !is_current {
            let version = subject.version(LimitPart::Quotas);
            return Err(version::outdated("list of quotas", version, before));
        }
        let wanted = wanted(store::of_subject(&transaction, &subject).await?)?;
        store::replace(&transaction, &subject, wanted, self.clock.now()).await?;
        let after = json!({ "quotas": audited(&transaction, subject.user.id, key_id).await? });
        let updated = AuditChange::updated(subject.audited(), before, after);
        self.commit(&context, transaction, subject.user.id, updated)
            .await?;
        Ok(subject)
    }

    async fn reset(self, context: AuditContext, user_id: Uuid) -> Result<(user::Model, i64)> {
        let _turn = self.ledger.turn().await;
        let transaction = self.db.begin().await?;
        let user = active_user(&transaction, user_id).await?;
        let previous = user.used_tokens;
        let mut user = user.into_active_model();
        user.used_tokens = Set(0);
        user.usage_reset_at = Set(Some(self.clock.now()));
        let user = user.update(&transaction).await?;
        store::delete_usage(&transaction, user_id).await?;
        let before = json!({ "usedTokens": previous });
        let reset = AuditChange::updated(super::subject(&user), before, json!({ "usedTokens": 0 }));
        self.commit(&context, transaction, user_id, reset).await?;
        let account = self.ledger.user_limits(user_id);
        account.set_reset_at(user.usage_reset_at);
        Ok((user, previous))
    }

    async fn commit(
        &self,
        context: &AuditContext,
        transaction: DatabaseTransaction,
        user_id: Uuid,
        change: AuditChange,
    ) -> Result<()> {
        let meters = meters_of(&transaction, user_id).await?;
        audit::record(&transaction, &self.clock, context, change).await?;
        transaction.commit().await?;
        self.ledger.user_limits(user_id).set_meters(meters);
        Ok(())
    }

    async fn find(
        &self,
        connection: &impl ConnectionTrait,
        holder: LimitHolder,
    ) -> Result<LimitSubject> {
        match holder {
            LimitHolder::User(id) => Ok(LimitSubject {
                user: active_user(connection, id).await?,
                api_key: None,
            }),
            LimitHolder::ApiKey(id) => {
                let key = self.api_keys.active_key(connection, id).await?;
                Ok(LimitSubject {
                    user: active_user(connection, key.user_id).await?,
                    api_key: Some(key),
                })
            }
        }
    }
}

/// The quotas of a user with their usage.
async fn meters_of(connection: &impl ConnectionTrait, user_id: Uuid) -> Result<Vec<QuotaState>> {
    let quotas = store::of_user(connection, user_id).await?;
    ledger::meters(connection, quotas).await
}

/// The quotas of a user or key, for the audit.
pub(super) async fn audited(
    connection: &impl ConnectionTrait,
    user_id: Uuid,
    api_key_id: Option<Uuid>,
) -> Result<Value> {
    let quotas = store::of_user(connection, user_id).await?.into_iter();
    let of_holder = quotas.filter(|quota| quota.api_key_id == api_key_id);
    Ok(of_holder
        .map(|quota| {
            json!({
                "metric": quota.metric.to_value(),
                "limit": quota.limit,
                "window": quota.window.to_value(),
                "rollingSeconds": quota.rolling_seconds,
                "timezone": quota.timezone,
                "provider": quota.provider.map(|provider| provider.to_value()),
                "modelPattern": quota.model_pattern,
                "softPercents": quota.soft_percents.0,
                "strict": quota.strict,
                "unpriced": quota.unpriced.to_value(),
                "freeModels": quota.free_models.to_value(),
                "raise": quota.temporary_raise.as_ref().map(raise::audited),
            })
        })
        .collect())
}

/// Stores the quotas of a user who is created in this transaction, and adds them to the ledger. The user has no
/// active key before the commit.
pub(super) async fn begin(
    connection: &impl ConnectionTrait,
    ledger: &Ledger,
    user: &user::Model,
    wanted: Vec<NewQuota>,
) -> Result<()> {
    let subject = LimitSubject {
        user: user.clone(),
        api_key: None,
    };
    for new in wanted {
        store::insert(connection, &subject, new, user.created_at).await?;
    }
    reload(connection, ledger, user.id).await
}

/// Reloads the quotas of a user. The caller holds [`Ledger::turn`].
pub(super) async fn reload(
    connection: &impl ConnectionTrait,
    ledger: &Ledger,
    user_id: Uuid,
) -> Result<()> {
    let meters = meters_of(connection, user_id).await?;
    ledger.user_limits(user_id).set_meters(meters);
    Ok(())
}

async fn active_users(connection: &impl ConnectionTrait) -> Result<HashSet<Uuid>> {
    let ids = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(user::Column::ArchivedAt.is_null())
        .into_tuple()
        .all(connection);
    Ok(ids.await?.into_iter().collect())
}

async fn active_keys(connection: &impl ConnectionTrait) -> Result<HashSet<Uuid>> {
    let ids = api_key::Entity::find()
        .select_only()
        .column(api_key::Column::Id)
        .filter(api_key::Column::RevokedAt.is_null())
        .into_tuple()
        .all(connection);
    Ok(ids.await?.into_iter().collect())
}
