//! Settings that administrators change while the server runs, of the gateway and of each provider.

mod define;
mod gateway;
mod provider;
mod routing;

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use entity::{
    provider_account::ProviderKind,
    setting::{self, Entity as Setting},
};
use sea_orm::{
    ActiveEnum as _, ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, Iterable as _,
    QuerySelect as _,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

pub(crate) use self::{gateway::gateway_settings, routing::routing_settings};
pub use self::{
    gateway::{AbortPolicy, GatewaySettings},
    provider::ProviderSettings,
    routing::{AccountStrategy, RoutingSettings, RoutingStrategy},
};
use super::{
    Error, Result,
    audit::{self, AuditChange, AuditContext, AuditSubject},
    provider_accounts::ProviderAccounts,
    users::api_keys::SharedKeyPolicy,
    version,
};
use crate::{clock::SharedClock, db::Database};

const GATEWAY: &str = "gateway";

/// The settings of the gateway with their version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versioned {
    pub gateway: GatewaySettings,
    /// Increases by one with each change; 0 for the defaults.
    pub version: i32,
    pub updated_at: Option<DateTime<Utc>>,
}

/// The settings of a provider with their version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionedProvider {
    pub provider: ProviderSettings,
    pub version: i32,
    pub updated_at: Option<DateTime<Utc>>,
}

type Providers = HashMap<ProviderKind, Arc<VersionedProvider>>;

/// The settings that the engine's configuration depends on.
#[derive(Clone, Debug, Default)]
pub struct EngineSettings {
    pub routing: RoutingSettings,
    /// Whether the messages of failed attempts are kept.
    pub keep_error_messages: bool,
    /// Whether the engine refreshes its model catalogue from the internet.
    pub refresh_model_catalogue: bool,
    providers: Arc<Providers>,
}

impl EngineSettings {
    pub fn provider(&self, kind: ProviderKind) -> Arc<VersionedProvider> {
        self.providers.get(&kind).cloned().unwrap_or_default()
    }
}

/// The service for settings. Reads are from memory.
#[derive(Clone, Debug)]
pub struct Settings {
    db: Database,
    clock: SharedClock,
    current: Arc<ArcSwap<Versioned>>,
    providers: Arc<ArcSwap<Providers>>,
    /// Notified about changes that affect the engine's configuration.
    accounts: ProviderAccounts,
    /// Set with each change.
    key_policy: SharedKeyPolicy,
}

impl Settings {
    /// Loads the stored settings. `accounts` is notified about changes, `key_policy` has those of keys.
    pub async fn load(
        db: Database,
        clock: SharedClock,
        accounts: ProviderAccounts,
        key_policy: SharedKeyPolicy,
    ) -> Result<Self> {
        let row = Setting::find_by_id(GATEWAY).one(db.reader()).await?;
        let current = match row {
            Some(row) => Versioned {
                gateway: read(row.value)?,
                version: row.version,
                updated_at: Some(row.updated_at),
            },
            None => Versioned::default(),
        };
        let mut providers = Providers::new();
        for kind in ProviderKind::iter() {
            if let Some(row) = Setting::find_by_id(key(kind)).one(db.reader()).await? {
                let edition = VersionedProvider {
                    provider: read(row.value)?,
                    version: row.version,
                    updated_at: Some(row.updated_at),
                };
                providers.insert(kind, Arc::new(edition));
            }
        }
        key_policy.set(current.gateway.key_policy());
        Ok(Self {
            db,
            clock,
            key_policy,
            current: Arc::new(ArcSwap::from_pointee(current)),
            providers: Arc::new(ArcSwap::from_pointee(providers)),
            accounts,
        })
    }

    /// The current settings of the gateway.
    pub fn current(&self) -> Arc<Versioned> {
        self.current.load_full()
    }

    /// The current settings of a provider.
    pub fn provider(&self, kind: ProviderKind) -> Arc<VersionedProvider> {
        self.providers
            .load()
            .get(&kind)
            .cloned()
            .unwrap_or_default()
    }

    /// The settings that the engine's configuration depends on.
    pub fn for_engine(&self) -> EngineSettings {
        let current = self.current();
        EngineSettings {
            routing: current.gateway.routing,
            keep_error_messages: current.gateway.keep_error_messages,
            refresh_model_catalogue: current.gateway.refresh_model_catalogue,
            providers: self.providers.load_full(),
        }
    }

    /// Changes the settings. Fails with a conflict if the current version is not `expected_version`.
    pub async fn update(
        &self,
        context: &AuditContext,
        expected_version: i32,
        change: impl FnOnce(&mut GatewaySettings),
    ) -> Result<Arc<Versioned>> {
        let change = |mut gateway: GatewaySettings| {
            change(&mut gateway);
            gateway.check()?;
            Ok(gateway)
        };
        let (gateway, now) = self
            .store(context, GATEWAY.to_owned(), expected_version, change)
            .await?;
        let next = Arc::new(Versioned {
            gateway,
            version: expected_version + 1,
            updated_at: Some(now),
        });
        // A later change may already be in memory.
        self.current.rcu(|current| {
            let is_newer = current.version < next.version;
            Arc::clone(if is_newer { &next } else { current })
        });
        self.key_policy.set(self.current().gateway.key_policy());
        self.accounts.announce();
        Ok(next)
    }

    /// Changes the settings of a provider. Fails with a conflict if the current version is not `expected_version`.
    pub async fn update_provider(
        &self,
        context: &AuditContext,
        kind: ProviderKind,
        expected_version: i32,
        change: impl FnOnce(&mut ProviderSettings),
    ) -> Result<Arc<VersionedProvider>> {
        let change = |mut provider: ProviderSettings| {
            change(&mut provider);
            provider.checked(kind)
        };
        let (provider, now) = self
            .store(context, key(kind), expected_version, change)
            .await?;
        let next = Arc::new(VersionedProvider {
            provider,
            version: expected_version + 1,
            updated_at: Some(now),
        });
        self.providers.rcu(|providers| {
            let mut providers = providers.as_ref().clone();
            let known = providers.entry(kind).or_default();
            if known.version < next.version {
                *known = Arc::clone(&next);
            }
            providers
        });
        self.accounts.announce();
        Ok(next)
    }

    /// Changes the stored settings and records the audit event in one transaction. Memory can be behind the database,
    /// so only the database decides about the version.
    async fn store<T: Default + Serialize + DeserializeOwned>(
        &self,
        context: &AuditContext,
        key: String,
        expected_version: i32,
        change: impl FnOnce(T) -> Result<T>,
    ) -> Result<(T, DateTime<Utc>)> {
        context.about(subject(&key));
        let now = self.clock.now();
        let transaction = self.db.begin().await?;
        let row = Setting::find_by_id(&key)
            .lock_exclusive()
            .one(&transaction)
            .await?;
        let current = row.as_ref().map_or(0, |row| row.version);
        if current != expected_version {
            return Err(conflict(current));
        }
        let before: T = row.map_or_else(|| Ok(T::default()), |row| read(row.value))?;
        let before_json = as_json(&before)?;
        let after = change(before)?;
        let after_json = as_json(&after)?;
        let row = setting::ActiveModel {
            key: Set(key.clone()),
            value: Set(after_json.clone()),
            version: Set(expected_version + 1),
            updated_at: Set(now),
        };
        if expected_version > 0 {
            row.update(&transaction).await?;
        } else if let Err(error) = row.insert(&transaction).await {
            let error = Error::unless_taken(error, String::new);
            let is_taken = matches!(error, Error::Conflict(_));
            return Err(if is_taken { conflict(1) } else { error });
        }
        let updated = AuditChange::updated(subject(&key), before_json, after_json);
        audit::record(&transaction, &self.clock, context, updated).await?;
        transaction.commit().await?;
        Ok((after, now))
    }
}

/// The stored numbers, switches and choices, without free text.
pub async fn summary(db: &Database) -> Result<Value> {
    let mut summary = serde_json::Map::new();
    for row in Setting::find().all(db.reader()).await? {
        let value = if row.key == GATEWAY {
            as_json(&read::<GatewaySettings>(row.value)?)?
        } else {
            let provider: ProviderSettings = read(row.value)?;
            serde_json::json!({
                "excluded_models": provider.excluded_models.len(),
                "additional_models": provider.additional_models.len(),
                "cloaking": provider.cloaking,
                "identity_per_account": provider.identity_per_account,
            })
        };
        summary.insert(row.key, value);
    }
    Ok(summary.into())
}

/// The key of the settings of a provider.
fn key(kind: ProviderKind) -> String {
    format!("provider.{}", kind.to_value())
}

fn subject(key: &str) -> AuditSubject {
    AuditSubject::new("settings", key)
}

fn conflict(version: i32) -> Error {
    version::outdated("settings", version, Value::Null)
}

/// The settings, for the audit.
fn as_json(settings: &impl Serialize) -> Result<Value> {
    Ok(serde_json::to_value(settings).map_err(anyhow::Error::from)?)
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value).map_err(anyhow::Error::from)?)
}
