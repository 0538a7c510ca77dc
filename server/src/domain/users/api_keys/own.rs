//! Users manage their own keys, within the bounds of the key that they use: a key manages itself and the keys that may
//! do no more than it may.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    ModelPatterns, Networks,
    api_key::{self, Entity as ApiKey},
    quota,
    user::{self, Entity as User},
};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait,
    DatabaseTransaction, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::{
    ApiKeyState, ApiKeys, IssuedApiKey, KeyProblem, NewApiKey, SUBJECT, audited,
    bounds::{self, KeyBounds},
    clients_of, networks,
    policy::{KeyLife, KeyPolicy},
    rotate, subject,
};
use crate::domain::{
    Error, Result,
    account_groups::{AccessSnapshot, AccessTurn},
    audit::{self, AuditChange, AuditContext, AuditSubject},
    client_family::ClientFamily,
    models, text,
    users::{self, quotas},
};

/// The keys that a user may create within a day, replacements included.
const PER_DAY: u64 = 100;
const DAY: TimeDelta = TimeDelta::days(1);
const DISABLED: Error = Error::FeatureDisabled(
    "users do not manage their own keys on this server; ask your administrator",
);
const REPLACED: &str = "this API key was replaced by a new one; use that key";
const OF_AGENT: &str =
    "an agent's sign-in manages no keys and confirms no sign-ins; use an API key";

/// The bounds that administrators set for users who manage their own keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnKeyPolicy {
    pub is_allowed: bool,
    /// The number of keys that are neither revoked nor expired, those of administrators included.
    pub maximum: u32,
}

impl OwnKeyPolicy {
    fn check(self) -> Result<()> {
        if self.is_allowed {
            Ok(())
        } else {
            Err(DISABLED)
        }
    }
}

/// A user and the key that they act with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHolder {
    pub user_id: Uuid,
    pub api_key_id: Uuid,
}

/// A key that a user creates.
#[derive(Clone, Debug, Default)]
pub struct NewOwnKey {
    pub name: String,
    /// `None` for the end of the key in use.
    pub expires_at: Option<DateTime<Utc>>,
    /// `None` for those of the key in use.
    pub allowed_models: Option<Vec<String>>,
    /// `None` for those of the key in use.
    pub allowed_networks: Option<Vec<String>>,
    /// `None` for those of the key in use.
    pub allowed_clients: Option<Vec<ClientFamily>>,
}

/// The keys of a user, as the key in use may manage them.
#[derive(Clone, Debug)]
pub struct OwnKeys {
    /// The number of keys that are neither revoked nor expired.
    pub active: usize,
    /// The ids of active keys that may be renamed, rotated and revoked.
    pub manageable: Vec<Uuid>,
}

/// The user and the key that act, as they are stored now.
pub(super) struct Acting {
    pub(super) user: user::Model,
    pub(super) key: api_key::Model,
    /// The quotas of the user and of all keys.
    quotas: Vec<quota::Model>,
    account_groups: Arc<AccessSnapshot>,
}

impl Acting {
    fn may_manage(&self, key: &api_key::Model) -> bool {
        let bounds = |key| KeyBounds {
            key,
            quotas: &self.quotas,
        };
        bounds(key).is_within(bounds(&self.key))
            && self
                .account_groups
                .is_within(self.user.id, key.id, self.key.id)
    }

    /// A new key within the bounds of the key in use.
    fn bounded(&self, new: NewOwnKey, policy: KeyPolicy) -> Result<NewApiKey> {
        // Otherwise a key could create others again and again and so outlive the policy.
        let own_end = policy.end_if_used(KeyLife::of(&self.key));
        let expires_at = new.expires_at.or(own_end);
        if !bounds::expiry_is_within(expires_at, own_end) {
            return Err(Error::bad_input(
                "expiresAt must not be later than the end of the key that you use",
            ));
        }
        let own = self.key.allowed_models.as_ref();
        let models = models::check(new.allowed_models)?.or_else(|| own.cloned());
        if let (Some(models), Some(own)) = (&models, own)
            && let Some(pattern) = bounds::uncovered(models, own)
        {
            return Err(Error::BadInput(format!(
                "allowedModels: {pattern:?} is not within the models of the key that you use"
            )));
        }
        Ok(NewApiKey {
            name: Some(text::required("name", &new.name, 100)?),
            expires_at,
            allowed_models: models.map(|ModelPatterns(models)| models),
            allowed_networks: self.bounded_networks(new.allowed_networks)?,
            allowed_clients: self.bounded_clients(new.allowed_clients)?,
            rate_limit: self.key.rate_limit.unwrap_or_default(),
            created_with: Some(self.key.id),
        })
    }

    fn bounded_networks(&self, new: Option<Vec<String>>) -> Result<Option<Vec<String>>> {
        let own = self.key.allowed_networks.as_ref();
        let networks = networks::check(new)?.or_else(|| own.cloned());
        if let (Some(networks), Some(own)) = (&networks, own)
            && let Some(network) = bounds::uncovered_network(networks, own)
        {
            return Err(Error::BadInput(format!(
                "allowedNetworks: {network} is not within the networks of the key that you use"
            )));
        }
        Ok(networks.map(|Networks(networks)| networks))
    }

    fn bounded_clients(&self, new: Option<Vec<ClientFamily>>) -> Result<Option<Vec<ClientFamily>>> {
        let own = clients_of(&self.key);
        let clients = new.or_else(|| own.clone());
        if let (Some(clients), Some(own)) = (&clients, own)
            && let Some(client) = clients.iter().find(|client| !own.contains(client))
        {
            return Err(Error::BadInput(format!(
                "allowedClients: {} is not among the clients of the key that you use",
                client.name()
            )));
        }
        Ok(clients)
    }
}

impl ApiKeys {
    /// The keys of a user. Nothing is manageable unless the policy allows it.
    pub async fn own(&self, policy: OwnKeyPolicy, holder: KeyHolder) -> Result<OwnKeys> {
        let now = self.clock.now();
        let mut keys = self.of_users(&[holder.user_id]).await?;
        keys.retain(|key| self.is_active(key, now) && key.signed_in_at.is_none());
        let active = keys.len();
        let mut manageable = Vec::new();
        if policy.is_allowed {
            let acting = self.acting(self.db.reader(), holder).await?;
            let may_act = acting.key.replaced_by.is_none() && acting.key.signed_in_at.is_none();
            keys.retain(|key| may_act && acting.may_manage(key));
            manageable.extend(keys.into_iter().map(|key| key.id));
        }
        Ok(OwnKeys { active, manageable })
    }

    /// Creates a key with the limits of the key in use and at most its models and expiry.
    pub async fn create_own(
        &self,
        context: &AuditContext,
        policy: OwnKeyPolicy,
        holder: KeyHolder,
        new: NewOwnKey,
    ) -> Result<IssuedApiKey> {
        context.about(AuditSubject::new(users::SUBJECT, &holder.user_id));
        policy.check()?;
        // The new key gets the usage of the quotas too: none may be committed meanwhile. It also makes users wait for
        // each other here, so that none passes the maximum.
        let _turn = self.ledger.turn().await;
        let access = self.access.turn().await;
        let transaction = self.db.begin().await?;
        let acting = self.acting_in_turn(&transaction, holder).await?;
        self.check_room(&transaction, policy, holder.user_id)
            .await?;
        self.check_day(&transaction, holder.user_id).await?;
        let issued = self
            .insert_within(&access, &transaction, &acting, new)
            .await?;
        let key = &issued.api_key;
        let context = context.authenticated((&acting.user).into());
        let created = AuditChange::created(subject(key), audited(key));
        audit::record(&transaction, &self.clock, &context, created).await?;
        access.commit(transaction).await?;
        self.refresh(acting.user.id).await?;
        Ok(issued)
    }

    /// Stores a new key with copies of the limits of the acting one. The caller holds
    /// [`Ledger::turn`](crate::domain::ledger::Ledger::turn), and refreshes the ring after the commit.
    pub(super) async fn insert_within(
        &self,
        access: &AccessTurn,
        transaction: &DatabaseTransaction,
        acting: &Acting,
        new: NewOwnKey,
    ) -> Result<IssuedApiKey> {
        let issued = self
            .insert(
                transaction,
                &acting.user,
                acting.bounded(new, self.policy.current())?,
            )
            .await?;
        let key = &issued.api_key;
        quotas::inherit(transaction, acting.key.id, key.id).await?;
        access.inherit(transaction, acting.key.id, key.id).await?;
        quotas::reload(transaction, &self.ledger, acting.user.id).await?;
        Ok(issued)
    }

    /// Renames a key.
    pub async fn rename_own(
        &self,
        context: &AuditContext,
        policy: OwnKeyPolicy,
        holder: KeyHolder,
        (id, name): (Uuid, &str),
    ) -> Result<api_key::Model> {
        context.about(AuditSubject::new(SUBJECT, &id));
        policy.check()?;
        let name = text::required("name", name, 100)?;
        self.change_own(context, holder, id, |key| key.name = Set(name))
            .await
    }

    /// Revokes a key and aborts its requests in flight.
    pub async fn revoke_own(
        &self,
        context: &AuditContext,
        policy: OwnKeyPolicy,
        holder: KeyHolder,
        id: Uuid,
    ) -> Result<api_key::Model> {
        context.about(AuditSubject::new(SUBJECT, &id));
        policy.check()?;
        let now = self.clock.now();
        self.change_own(context, holder, id, |key| key.revoked_at = Set(Some(now)))
            .await
    }

    async fn change_own(
        &self,
        context: &AuditContext,
        holder: KeyHolder,
        id: Uuid,
        change: impl FnOnce(&mut api_key::ActiveModel),
    ) -> Result<api_key::Model> {
        let _turn = self.ledger.turn().await;
        let transaction = self.db.begin().await?;
        let acting = self.acting_in_turn(&transaction, holder).await?;
        let old = self.managed(&transaction, &acting, id).await?;
        let mut key = old.clone().into_active_model();
        change(&mut key);
        let key = key.update(&transaction).await?;
        let context = context.authenticated((&acting.user).into());
        self.record_update(&context, transaction, &old, &key)
            .await?;
        self.refresh(key.user_id).await?;
        Ok(key)
    }

    /// Issues a replacement with the settings of a key, as [`ApiKeys::rotate`]. With a grace period both keys count.
    pub async fn rotate_own(
        &self,
        context: &AuditContext,
        policy: OwnKeyPolicy,
        holder: KeyHolder,
        (id, grace): (Uuid, TimeDelta),
    ) -> Result<(IssuedApiKey, api_key::Model)> {
        context.about(AuditSubject::new(SUBJECT, &id));
        policy.check()?;
        rotate::check_grace(grace)?;
        let _turn = self.ledger.turn().await;
        let access = self.access.turn().await;
        let transaction = self.db.begin().await?;
        let acting = self.acting_in_turn(&transaction, holder).await?;
        let old = self.managed(&transaction, &acting, id).await?;
        if old.replaced_by.is_some() {
            return Err(Error::Conflict(
                "this API key was replaced already; rotate its replacement".to_owned(),
            ));
        }
        if !grace.is_zero() {
            self.check_room(&transaction, policy, holder.user_id)
                .await?;
        }
        self.check_day(&transaction, holder.user_id).await?;
        let context = context.authenticated((&acting.user).into());
        let created_with = Some(acting.key.id);
        self.replace(
            &context,
            (access, transaction),
            (acting.user, old),
            (grace, created_with),
        )
        .await
    }

    /// When a key ends although it is used.
    pub(super) fn own_end(&self, key: &api_key::Model) -> Option<DateTime<Utc>> {
        self.policy.current().end_if_used(KeyLife::of(key))
    }

    pub(in crate::domain::users::api_keys) fn is_active(
        &self,
        key: &api_key::Model,
        now: DateTime<Utc>,
    ) -> bool {
        let end = self.policy.current().end_of(KeyLife::of(key));
        key.revoked_at.is_none() && end.is_none_or(|end| end > now)
    }

    /// The user and the key that act. Fails if the key has ended since the caller was identified.
    async fn acting(&self, connection: &impl ConnectionTrait, holder: KeyHolder) -> Result<Acting> {
        let user = User::find_by_id(holder.user_id).one(connection).await?;
        let key = ApiKey::find_by_id(holder.api_key_id)
            .one(connection)
            .await?;
        let (Some(user), Some(key)) = (user, key) else {
            return Err(Error::Unauthenticated);
        };
        if let Some(problem) = KeyProblem::of(&key, &user) {
            return Err(Error::WrongCredentials(problem.reason()));
        }
        if !self.is_active(&key, self.clock.now()) {
            return Err(Error::Unauthenticated);
        }
        let quotas = quotas::stored(connection, user.id).await?;
        Ok(Acting {
            user,
            key,
            quotas,
            account_groups: self.access.current(),
        })
    }

    /// The same, with the user locked until the transaction ends. A key that was replaced manages no keys: its holder
    /// has another one, unless the key has leaked. Nor do the tokens of an agent, which would outlive themselves so.
    pub(super) async fn acting_in_turn(
        &self,
        connection: &impl ConnectionTrait,
        holder: KeyHolder,
    ) -> Result<Acting> {
        User::find_by_id(holder.user_id)
            .lock_exclusive()
            .one(connection)
            .await?;
        let acting = self.acting(connection, holder).await?;
        if acting.key.replaced_by.is_some() {
            return Err(Error::Conflict(REPLACED.to_owned()));
        }
        if acting.key.signed_in_at.is_some() {
            return Err(Error::Conflict(OF_AGENT.to_owned()));
        }
        Ok(acting)
    }

    /// An active key that the acting one may manage. A key of another user and a missing one are indistinguishable.
    async fn managed(
        &self,
        connection: &impl ConnectionTrait,
        acting: &Acting,
        id: Uuid,
    ) -> Result<api_key::Model> {
        let key = ApiKey::find_by_id(id)
            .filter(api_key::Column::UserId.eq(acting.user.id))
            .filter(api_key::Column::SignedInAt.is_null())
            .one(connection)
            .await?;
        let key = key.ok_or(Error::NotFound { what: "API key" })?;
        if !acting.may_manage(&key) {
            return Err(Error::Conflict(
                "this API key may do more than the one that you use; sign in with it, or ask your administrator"
                    .to_owned(),
            ));
        }
        self.next_version(connection, id, None).await
    }

    /// Fails if the user has as many active keys as the policy allows.
    async fn check_room(
        &self,
        connection: &impl ConnectionTrait,
        policy: OwnKeyPolicy,
        user_id: Uuid,
    ) -> Result<()> {
        let active = ApiKey::find()
            .filter(api_key::Column::UserId.eq(user_id))
            .filter(self.is(ApiKeyState::Active))
            .filter(api_key::Column::SignedInAt.is_null())
            .count(connection)
            .await?;
        if active < u64::from(policy.maximum) {
            return Ok(());
        }
        Err(Error::Conflict(format!(
            "you have {active} active keys and may have {}; revoke one first, or rotate without a grace period",
            policy.maximum
        )))
    }

    /// Fails if the user has created too many keys within a day: each stays in memory and in the database.
    pub(super) async fn check_day(
        &self,
        connection: &impl ConnectionTrait,
        user_id: Uuid,
    ) -> Result<()> {
        let now = self.clock.now();
        let created = api_key::Column::CreatedAt;
        let of_day = ApiKey::find()
            .filter(api_key::Column::UserId.eq(user_id))
            .filter(api_key::Column::CreatedWith.is_not_null())
            .filter(created.gt(now - DAY));
        if of_day.clone().count(connection).await? < PER_DAY {
            return Ok(());
        }
        let first = of_day.order_by_asc(created).one(connection).await?;
        let wait = first.map(|first| first.created_at + DAY - now);
        let retry_after = wait.and_then(|wait| wait.to_std().ok());
        Err(Error::RateLimited {
            retry_after: retry_after.unwrap_or(Duration::ZERO),
        })
    }
}
