//! The same limits for many users, in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use entity::{RateLimit, user};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, DatabaseTransaction, IntoActiveModel as _};
use serde_json::json;
use uuid::Uuid;

use super::{
    LimitHolder, LimitPart, NewQuota, Quotas, active_user, audited, meters_of, rate_limits,
    read_all, store,
};
use crate::domain::{
    Error, Result,
    audit::{self, AuditChange, AuditContext},
    ledger::QuotaState,
};

/// Limits to set for many users; `None` keeps what each user has.
#[derive(Clone, Debug, Default)]
pub struct NewLimits {
    pub quotas: Option<Vec<NewQuota>>,
    /// An empty limit means the server's default.
    pub rate_limit: Option<RateLimit>,
}

/// The result for one of many users.
#[derive(Clone, Debug)]
pub enum LimitsOutcome {
    Applied(Box<user::Model>),
    /// There is no such user, or the user is archived.
    NotFound,
}

/// Where the limits come from.
#[derive(Debug)]
enum Source {
    Given(Limits),
    User(Uuid),
}

/// Validated limits.
#[derive(Debug)]
struct Limits {
    quotas: Option<Vec<NewQuota>>,
    /// An empty limit means the server's default.
    rate_limit: Option<RateLimit>,
}

/// A user whose limits were changed in a transaction.
#[derive(Debug)]
struct Applied {
    user: user::Model,
    meters: Vec<QuotaState>,
    change: AuditChange,
}

impl Quotas {
    /// Replaces the quotas, the rate limit or both of several users in one transaction. Own limits of keys stay. One
    /// result for each id, in the order of the ids; each user has an audit event, or there is one event if there was
    /// no user. A quota that a user has already keeps its usage, and a new one counts earlier usage in its window.
    pub async fn apply(
        &self,
        context: &AuditContext,
        ids: Vec<Uuid>,
        limits: NewLimits,
    ) -> Result<Vec<LimitsOutcome>> {
        let rate_limit = limits.rate_limit.map(rate_limits::validated).transpose()?;
        let limits = Limits {
            quotas: limits.quotas.as_deref().map(read_all).transpose()?,
            rate_limit: rate_limit.map(Option::unwrap_or_default),
        };
        if limits.quotas.is_none() && limits.rate_limit.is_none() {
            return Err(Error::bad_input("set quotas, rateLimit or both"));
        }
        let work = self
            .clone()
            .apply_all(context.clone(), ids, Source::Given(limits));
        self.run_to_completion(work).await
    }

    /// Gives several users the quotas and the rate limit of another user, as [`Quotas::apply`] does.
    pub async fn copy(
        &self,
        context: &AuditContext,
        from: Uuid,
        ids: Vec<Uuid>,
    ) -> Result<Vec<LimitsOutcome>> {
        let work = self
            .clone()
            .apply_all(context.clone(), ids, Source::User(from));
        self.run_to_completion(work).await
    }

    async fn apply_all(
        self,
        context: AuditContext,
        ids: Vec<Uuid>,
        source: Source,
    ) -> Result<Vec<LimitsOutcome>> {
        // No usage is committed meanwhile, so that none is counted twice or lost.
        let _turn = self.ledger.turn().await;
        let transaction = self.db.begin().await?;
        let limits = source.read(&transaction).await?;
        let mut done = BTreeMap::new();
        // Locked in one order, so that two callers wait for each other.
        for id in ids.iter().copied().collect::<BTreeSet<_>>() {
            if let Some(applied) = self.apply_to(&transaction, id, &limits).await? {
                done.insert(id, applied);
            }
        }
        if done.is_empty() {
            let nothing = AuditChange::done(Some(json!({ "ids": ids, "changed": [] })));
            audit::record(&transaction, &self.clock, &context, nothing).await?;
        }
        let mut users = BTreeMap::new();
        let mut meters = Vec::with_capacity(done.len());
        for (id, applied) in done {
            audit::record(&transaction, &self.clock, &context, applied.change).await?;
            users.insert(id, applied.user);
            meters.push((id, applied.meters));
        }
        transaction.commit().await?;
        for (id, meters) in meters {
            self.ledger.user_limits(id).set_meters(meters);
        }
        let owners = users.keys().copied().collect();
        self.api_keys.refresh_all(&owners).await?;
        let result = |id| match users.get(id) {
            Some(user) => LimitsOutcome::Applied(Box::new(user.clone())),
            None => LimitsOutcome::NotFound,
        };
        Ok(ids.iter().map(result).collect())
    }

    /// `None` if there is no such user.
    async fn apply_to(
        &self,
        transaction: &DatabaseTransaction,
        id: Uuid,
        limits: &Limits,
    ) -> Result<Option<Applied>> {
        let holder = LimitHolder::User(id);
        let parts = [
            (LimitPart::Quotas, limits.quotas.is_some()),
            (LimitPart::RateLimit, limits.rate_limit.is_some()),
        ];
        for (part, _) in parts.iter().filter(|(_, is_set)| *is_set) {
            holder.advance(transaction, *part, None).await?;
        }
        let mut subject = match self.find(transaction, holder).await {
            Err(Error::NotFound { .. }) => return Ok(None),
            found => found?,
        };
        let described =
            |quotas, user: &user::Model| json!({ "quotas": quotas, "rateLimit": user.rate_limit });
        let before = described(audited(transaction, id, None).await?, &subject.user);
        if let Some(quotas) = &limits.quotas {
            store::replace(transaction, &subject, quotas.clone(), self.clock.now()).await?;
        }
        if let Some(limit) = limits.rate_limit {
            let mut user = subject.user.into_active_model();
            user.rate_limit = Set(Some(limit).filter(|limit| *limit != RateLimit::default()));
            user.updated_at = Set(self.clock.now());
            subject.user = user.update(transaction).await?;
        }
        let after = described(audited(transaction, id, None).await?, &subject.user);
        Ok(Some(Applied {
            meters: meters_of(transaction, id).await?,
            change: AuditChange::updated(subject.audited(), before, after),
            user: subject.user,
        }))
    }
}

impl Source {
    async fn read(self, transaction: &DatabaseTransaction) -> Result<Limits> {
        let id = match self {
            Self::Given(limits) => return Ok(limits),
            Self::User(id) => id,
        };
        let user = active_user(transaction, id).await?;
        let quotas = store::of_user(transaction, id).await?.into_iter();
        let of_user = quotas.filter(|quota| quota.api_key_id.is_none());
        Ok(Limits {
            quotas: Some(of_user.map(NewQuota::from).collect()),
            rate_limit: Some(user.rate_limit.unwrap_or_default()),
        })
    }
}
