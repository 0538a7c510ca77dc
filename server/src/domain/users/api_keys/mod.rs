//! The API keys of users: issue, find, rotate, revoke.

mod bounds;
mod expiring;
mod key_ring;
mod list;
mod networks;
mod own;
mod policy;
mod revoke;
mod rotate;
mod search;
mod sign_ins;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    net::IpAddr,
    sync::Arc,
};

use chrono::{DateTime, Utc};
use entity::{
    ClientFamilies, RateLimit,
    agent_token::{self, AgentTokenKind, Entity as AgentToken},
    api_key::{self, Entity as ApiKey},
    user::{self, Entity as User},
};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait,
    DatabaseTransaction, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    sea_query::Query,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use uuid::Uuid;

pub use self::{
    expiring::ExpiringKey,
    key_ring::{Caller, KeyProblem, KeyRing},
    list::{ApiKeyFilter, ApiKeyOrder, ApiKeyOrderField, ApiKeyState},
    own::{KeyHolder, NewOwnKey, OwnKeyPolicy, OwnKeys},
    policy::{KeyLife, KeyPolicy, SharedKeyPolicy},
    revoke::{Revocation, created_with},
    sign_ins::{
        AgentSignIns, Authorization, ClientFacts, Decision, DeviceCodes, GrantError, GrantRequest,
        IssuedTokens, SignInPolicy,
    },
};
use self::{
    key_ring::{EndedKey, KnownKey},
    networks::NetworkSet,
};
use super::{groups::UserGroupTable, rate_limits};
use crate::{
    clock::SharedClock,
    crypto::token::{self, Digester},
    db::Database,
    domain::{
        Error, Result,
        account_groups::AccountAccess,
        audit::{self, AuditChange, AuditContext, AuditSubject},
        client_family::ClientFamily,
        ledger::{Ledger, rate_limit},
        models,
        patch::Patch,
        text, version,
    },
};

const MAX_SLUG: usize = 20;
const DEFAULT_NAME: &str = "default";
/// The kind of subject of audit events about keys.
pub(super) const SUBJECT: &str = "apiKey";

/// A new key and its secret, which is not stored.
#[derive(Debug)]
pub struct IssuedApiKey {
    pub api_key: api_key::Model,
    pub secret: SecretString,
}

/// A key to issue.
#[derive(Clone, Debug, Default)]
pub struct NewApiKey {
    pub name: Option<String>,
    pub expires_at: Option<DateTime<Utc>>,
    pub allowed_models: Option<Vec<String>>,
    /// In CIDR notation; `None` for every network.
    pub allowed_networks: Option<Vec<String>>,
    /// `None` for every client.
    pub allowed_clients: Option<Vec<ClientFamily>>,
    /// Empty for no limit besides the user's.
    pub rate_limit: RateLimit,
    /// The key with which the user creates it.
    pub created_with: Option<Uuid>,
}

/// Changes of a key; `None` keeps a value.
#[derive(Clone, Debug, Default)]
pub struct ApiKeyChanges {
    pub name: Option<String>,
    pub expires_at: Patch<DateTime<Utc>>,
    pub allowed_models: Patch<Vec<String>>,
    pub allowed_networks: Patch<Vec<String>>,
    pub allowed_clients: Patch<Vec<ClientFamily>>,
    /// The addresses that the key must be usable from after the change; none to save whatever networks.
    pub keep_addresses: Vec<IpAddr>,
}

/// The service for keys. A change returns once the key ring has it.
#[derive(Clone, Debug)]
pub struct ApiKeys {
    db: Database,
    clock: SharedClock,
    digester: Digester,
    ring: KeyRing,
    ledger: Ledger,
    access: AccountAccess,
    groups: UserGroupTable,
    policy: SharedKeyPolicy,
    /// Held from reading the database to replacing the ring, so that the ring never gets older data.
    refreshing: Arc<Mutex<()>>,
}

impl ApiKeys {
    /// Loads all keys into memory.
    pub async fn load(
        db: Database,
        clock: SharedClock,
        digester: Digester,
        ledger: Ledger,
        access: AccountAccess,
        policy: SharedKeyPolicy,
    ) -> Result<Self> {
        let keys = Self {
            policy,
            groups: UserGroupTable::load(&db).await?,
            ring: KeyRing::new(digester.clone(), clock.clone()),
            db,
            clock,
            digester,
            ledger,
            access,
            refreshing: Arc::default(),
        };
        let known = keys.known(None).await?;
        keys.ring.replace_all(known.into_iter());
        Ok(keys)
    }

    /// Authenticates requests.
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// The groups of users.
    pub fn groups(&self) -> &UserGroupTable {
        &self.groups
    }

    pub(super) fn access(&self) -> &AccountAccess {
        &self.access
    }

    /// The bounds of the life of all keys.
    pub fn policy(&self) -> KeyPolicy {
        self.policy.current()
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The keys of users, the newest first.
    pub async fn of_users(&self, user_ids: &[Uuid]) -> Result<Vec<api_key::Model>> {
        let keys = ApiKey::find()
            .filter(api_key::Column::UserId.is_in(user_ids.iter().copied()))
            .order_by_desc(api_key::Column::Id);
        Ok(keys.all(self.db.reader()).await?)
    }

    /// Unknown ids are skipped.
    pub async fn find_many(&self, ids: &[Uuid]) -> Result<Vec<api_key::Model>> {
        let keys = ApiKey::find().filter(api_key::Column::Id.is_in(ids.iter().copied()));
        Ok(keys.all(self.db.reader()).await?)
    }

    /// Issues a key to a user.
    pub async fn issue(
        &self,
        context: &AuditContext,
        user_id: Uuid,
        new: NewApiKey,
    ) -> Result<IssuedApiKey> {
        context.about(AuditSubject::new(super::SUBJECT, &user_id));
        let policy = self.policy.current();
        policy.check_expiry(new.expires_at, self.clock.now())?;
        let transaction = self.db.begin().await?;
        let user = active_user(&transaction, user_id).await?;
        let issued = self.insert(&transaction, &user, new).await?;
        let key = &issued.api_key;
        let created = AuditChange::created(subject(key), audited(key));
        audit::record(&transaction, &self.clock, context, created).await?;
        transaction.commit().await?;
        self.refresh(user_id).await?;
        Ok(issued)
    }

    /// Stores a new key. The caller refreshes the ring after the commit.
    pub(super) async fn insert(
        &self,
        connection: &impl ConnectionTrait,
        user: &user::Model,
        new: NewApiKey,
    ) -> Result<IssuedApiKey> {
        let now = self.clock.now();
        text::in_future("expiresAt", new.expires_at, now)?;
        let begin = format!("sk-{}-", slug(&user.name));
        let secret = token::generate(&begin);
        let name = text::optional("name", new.name.as_deref(), 100)?;
        let key = api_key::ActiveModel {
            id: Set(Uuid::now_v7()),
            user_id: Set(user.id),
            name: Set(name.unwrap_or_else(|| DEFAULT_NAME.to_owned())),
            digest: Set(self.digester.digest(secret.as_bytes()).to_vec()),
            prefix: Set(secret.chars().take(begin.len() + 4).collect()),
            last_four: Set(text::last_four(&secret)),
            allowed_models: Set(models::check(new.allowed_models)?),
            allowed_networks: Set(networks::check(new.allowed_networks)?),
            allowed_clients: Set(checked_clients(new.allowed_clients)?),
            rate_limit: Set(rate_limits::validated(new.rate_limit)?),
            created_at: Set(now),
            expires_at: Set(new.expires_at),
            created_with: Set(new.created_with),
            ..Default::default()
        };
        Ok(IssuedApiKey {
            api_key: key.insert(connection).await?,
            secret: SecretString::from(secret.as_str()),
        })
    }

    /// Changes a key's name, expiry, models, networks or clients. Fails if the key does not have the expected version.
    pub async fn update(
        &self,
        context: &AuditContext,
        id: Uuid,
        expected_version: Option<i32>,
        changes: ApiKeyChanges,
    ) -> Result<api_key::Model> {
        context.about(AuditSubject::new(SUBJECT, &id));
        let transaction = self.db.begin().await?;
        let old = self
            .next_version(&transaction, id, expected_version)
            .await?;
        let key = self.changed(&old, changes)?;
        let key = key.update(&transaction).await?;
        self.record_update(context, transaction, &old, &key).await?;
        self.refresh(key.user_id).await?;
        Ok(key)
    }

    fn changed(
        &self,
        old: &api_key::Model,
        changes: ApiKeyChanges,
    ) -> Result<api_key::ActiveModel> {
        let mut key = old.clone().into_active_model();
        if let Some(name) = changes.name {
            key.name = Set(text::required("name", &name, 100)?);
        }
        if let Some(expires_at) = changes.expires_at.into_change() {
            text::in_future("expiresAt", expires_at, self.clock.now())?;
            let policy = self.policy.current();
            policy.check_expiry(expires_at, old.created_at)?;
            key.expires_at = Set(expires_at);
        }
        if let Some(patterns) = changes.allowed_models.into_change() {
            key.allowed_models = Set(models::check(patterns)?);
        }
        if let Some(allowed) = changes.allowed_networks.into_change() {
            let allowed = networks::check(allowed)?;
            let set = allowed.as_ref().map(NetworkSet::new);
            check_lock_out(set.as_ref(), &changes.keep_addresses)?;
            key.allowed_networks = Set(allowed);
        }
        if let Some(clients) = changes.allowed_clients.into_change() {
            key.allowed_clients = Set(checked_clients(clients)?);
        }
        Ok(key)
    }

    /// Records the change in the audit and commits it.
    async fn record_update(
        &self,
        context: &AuditContext,
        transaction: DatabaseTransaction,
        old: &api_key::Model,
        key: &api_key::Model,
    ) -> Result<()> {
        let updated = AuditChange::updated(subject(key), audited(old), audited(key));
        audit::record(&transaction, &self.clock, context, updated).await?;
        Ok(transaction.commit().await?)
    }

    /// Reloads the keys of a user.
    pub(super) async fn refresh(&self, user_id: Uuid) -> Result<()> {
        self.refresh_all(&HashSet::from([user_id])).await
    }

    /// Reloads the keys of several users in one step.
    pub(super) async fn refresh_all(&self, user_ids: &HashSet<Uuid>) -> Result<()> {
        let _turn = self.refreshing.lock().await;
        let known = self.known(Some(user_ids)).await?;
        self.ring.replace_users(user_ids, known.into_iter());
        Ok(())
    }

    /// The keys of these users or of all, from the writer's connection, which sees the last change.
    async fn known(&self, user_ids: Option<&HashSet<Uuid>>) -> Result<Vec<KnownKey>> {
        let mut query = ApiKey::find().find_also_related(User);
        if let Some(user_ids) = user_ids {
            query = query.filter(api_key::Column::UserId.is_in(user_ids.iter().copied()));
        }
        let rows = query.all(self.db.writer()).await?;
        let mut tokens = self.access_tokens(user_ids).await?;
        let mut known = Vec::with_capacity(rows.len());
        let mut by_user: HashMap<Uuid, (user::Model, Vec<api_key::Model>)> = HashMap::new();
        for (key, user) in rows {
            let Some(user) = user else { continue };
            if let Some(problem) = KeyProblem::of(&key, &user) {
                let of_key = tokens.remove(&key.id).unwrap_or_default();
                let Some(ended) = EndedKey::new(key, problem) else {
                    continue;
                };
                let of_tokens = of_key.into_iter().filter_map(|token| ended.of_token(token));
                known.extend(of_tokens.map(KnownKey::Ended));
                known.push(KnownKey::Ended(ended));
                continue;
            }
            let user = self.groups.effective(user);
            let (_, keys) = by_user.entry(user.id).or_insert((user, Vec::new()));
            keys.push(key);
        }
        for (user, keys) in by_user.into_values() {
            for caller in self.callers(&user, keys) {
                let of_key = tokens.remove(&caller.api_key_id).unwrap_or_default();
                let with_tokens = of_key
                    .into_iter()
                    .filter_map(|token| caller.with_token(token));
                known.extend(with_tokens.map(|caller| KnownKey::Active(Arc::new(caller))));
                known.push(KnownKey::Active(Arc::new(caller)));
            }
        }
        Ok(known)
    }

    /// The access tokens of these users' sign-ins or of all, by key.
    async fn access_tokens(
        &self,
        user_ids: Option<&HashSet<Uuid>>,
    ) -> Result<HashMap<Uuid, Vec<agent_token::Model>>> {
        let mut query =
            AgentToken::find().filter(agent_token::Column::Kind.eq(AgentTokenKind::Access));
        if let Some(user_ids) = user_ids {
            let keys = Query::select()
                .column(api_key::Column::Id)
                .from(ApiKey)
                .and_where(api_key::Column::UserId.is_in(user_ids.iter().copied()))
                .to_owned();
            query = query.filter(agent_token::Column::ApiKeyId.in_subquery(keys));
        }
        let mut by_key: HashMap<Uuid, Vec<agent_token::Model>> = HashMap::new();
        for token in query.all(self.db.writer()).await? {
            by_key.entry(token.api_key_id).or_default().push(token);
        }
        Ok(by_key)
    }

    /// The callers of a user's keys. Also sets their rate limits.
    fn callers(&self, user: &user::Model, keys: Vec<api_key::Model>) -> Vec<Caller> {
        let account = self.ledger.user_limits(user.id);
        let limits = keys
            .iter()
            .map(|key| (key.id, key.rate_limit.map(rate_limit)));
        account.set_rate_limits(user.rate_limit.map(rate_limit), limits);
        let callers = keys.into_iter();
        callers
            .filter_map(|key| Caller::new(key, user, Arc::clone(&account), self.policy.clone()))
            .collect()
    }

    /// Advances the version of a key that is not revoked, if it is the expected one, and locks the key until the
    /// transaction ends.
    async fn next_version(
        &self,
        connection: &impl ConnectionTrait,
        id: Uuid,
        expected: Option<i32>,
    ) -> Result<api_key::Model> {
        let key = (api_key::Column::Id, id);
        let version = api_key::Column::Version;
        let is_current = version::advance::<ApiKey>(connection, key, version, expected).await?;
        let key = self.active_key(connection, id).await?;
        if is_current {
            Ok(key)
        } else {
            Err(version::outdated("API key", key.version, audited(&key)))
        }
    }

    pub(super) async fn active_key(
        &self,
        connection: &impl ConnectionTrait,
        id: Uuid,
    ) -> Result<api_key::Model> {
        let key = ApiKey::find_by_id(id)
            .one(connection)
            .await?
            .ok_or(Error::NotFound { what: "API key" })?;
        if key.revoked_at.is_some() {
            return Err(Error::Conflict(
                "this key is revoked; issue a new one".to_owned(),
            ));
        }
        Ok(key)
    }
}

/// Fails if the networks exclude an address that the key is used from.
fn check_lock_out(networks: Option<&NetworkSet>, addresses: &[IpAddr]) -> Result<()> {
    let Some(networks) = networks else {
        return Ok(());
    };
    let mut addresses = addresses.iter();
    match addresses.find(|address| !networks.contains(**address)) {
        None => Ok(()),
        Some(address) => Err(Error::ConfirmationRequired(format!(
            "allowedNetworks: none of the networks has {address}, from which the key was used last; add it, or set confirmLockOut to save anyway"
        ))),
    }
}

/// Validates a list of families of clients: it becomes sorted, without duplicates. An empty list would permit no client,
/// so it is an error.
fn checked_clients(clients: Option<Vec<ClientFamily>>) -> Result<Option<ClientFamilies>> {
    let Some(clients) = clients else {
        return Ok(None);
    };
    if clients.is_empty() {
        return Err(Error::bad_input(
            "allowedClients lists at least 1 client; use null to allow all",
        ));
    }
    let unique: BTreeSet<ClientFamily> = clients.into_iter().collect();
    let names = unique.into_iter().map(|family| family.name().to_owned());
    Ok(Some(ClientFamilies(names.collect())))
}

/// The clients that a key may be used with; `None` for every client.
fn clients_of(key: &api_key::Model) -> Option<Vec<ClientFamily>> {
    let ClientFamilies(names) = key.allowed_clients.as_ref()?;
    let families = names.iter().filter_map(|name| ClientFamily::named(name));
    Some(families.collect())
}

pub(super) async fn active_user(
    connection: &impl ConnectionTrait,
    id: Uuid,
) -> Result<user::Model> {
    User::find_by_id(id)
        .filter(user::Column::ArchivedAt.is_null())
        .one(connection)
        .await?
        .ok_or(Error::NotFound { what: "user" })
}

/// The audit subject of a key.
pub(super) fn subject(key: &api_key::Model) -> AuditSubject {
    AuditSubject::new(SUBJECT, &key.id).named(&key.name)
}

/// The fields of a key, for the audit.
pub(super) fn audited(key: &api_key::Model) -> Value {
    json!({
        "userId": key.user_id,
        "id": key.id,
        "name": key.name,
        "lastFour": key.last_four,
        "allowedModels": key.allowed_models,
        "allowedNetworks": key.allowed_networks,
        "allowedClients": key.allowed_clients,
        "rateLimit": key.rate_limit,
        "expiresAt": key.expires_at,
        "revokedAt": key.revoked_at,
        "createdWith": key.created_with,
        "signedInAt": key.signed_in_at,
    })
}

/// A name as part of a key: lower-case letters and digits, joined by hyphens.
fn slug(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let slug: String = words.join("-").chars().take(MAX_SLUG).collect();
    let slug = slug.trim_matches('-');
    if slug.is_empty() {
        "user".to_owned()
    } else {
        slug.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_fit_for_a_key() {
        assert_eq!(slug("Ada Lovelace"), "ada-lovelace");
        assert_eq!(slug("  Đặng, Văn!"), "ng-v-n");
        assert_eq!(slug("名前"), "user");
        assert_eq!(slug(&"x".repeat(50)).len(), MAX_SLUG);
    }
}
