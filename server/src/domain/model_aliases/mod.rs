//! Aliases of models: stored here, applied by the engine, known to prices, quotas and allow-lists.
//!
//! An alias counts under both names and has the price of its target.

mod check;

use std::sync::Arc;

use chrono::TimeDelta;
use entity::{
    model_alias::{self, Entity as ModelAlias},
    provider_account::ProviderKind,
};
use sea_orm::{
    ActiveEnum as _, ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, Condition,
    ConnectionTrait, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use uuid::Uuid;

pub use super::models::AliasTable;
use super::{
    Error, Result,
    audit::{self, AuditChange, AuditContext, AuditSubject},
    engine_models::EngineModels,
    prices::Prices,
    provider_accounts::ProviderAccounts,
};
use crate::{
    clock::SharedClock,
    db::{Database, in_turn},
};

/// A number that no other lock uses ("alias" in ASCII).
const ADVISORY_KEY: i64 = 0x61_6c69_6173;
const MAX_ALIASES: usize = 500;
/// How long a removed alias is kept, so that requests that used it can still be settled.
const REMEMBERED: TimeDelta = TimeDelta::days(2);

/// An alias to add or change.
#[derive(Clone, Debug)]
pub struct NewModelAlias {
    pub alias: String,
    pub model: String,
    pub provider: Option<ProviderKind>,
}

/// The service for aliases.
#[derive(Clone, Debug)]
pub struct ModelAliases {
    db: Database,
    clock: SharedClock,
    prices: Prices,
    accounts: ProviderAccounts,
    /// Serialises changes and the updates of memory that follow them.
    changing: Arc<Mutex<()>>,
}

impl ModelAliases {
    /// Loads all aliases and makes them known to prices.
    pub async fn load(
        db: Database,
        clock: SharedClock,
        prices: Prices,
        accounts: ProviderAccounts,
    ) -> Result<Self> {
        let aliases = Self {
            db,
            clock,
            prices,
            accounts,
            changing: Arc::default(),
        };
        aliases.refresh().await?;
        Ok(aliases)
    }

    /// The current aliases.
    pub fn current(&self) -> Arc<AliasTable> {
        self.prices.current().aliases().clone()
    }

    /// Adds an alias or changes its target.
    pub async fn set(
        &self,
        context: &AuditContext,
        new: NewModelAlias,
        models: &EngineModels,
    ) -> Result<model_alias::Model> {
        context.about(subject(new.alias.trim()));
        let _turn = self.changing.lock().await;
        let transaction = self.begin().await?;
        let table = self.stored(&transaction).await?;
        let new = check::check(&new, &table, models)?;
        let now = self.clock.now();
        let replaced = table.find(&new.alias, now).cloned();
        if replaced.is_none() && table.active().len() >= MAX_ALIASES {
            return Err(Error::BadInput(format!(
                "there can be at most {MAX_ALIASES} aliases"
            )));
        }
        let before = replaced.as_ref().map(audited);
        if let Some(replaced) = replaced {
            let mut replaced = replaced.into_active_model();
            replaced.removed_at = Set(Some(now));
            replaced.update(&transaction).await?;
        }
        let row = model_alias::ActiveModel {
            id: Set(Uuid::now_v7()),
            alias: Set(new.alias),
            model: Set(new.model),
            provider: Set(new.provider),
            created_at: Set(now),
            removed_at: Set(None),
        };
        let row = row.insert(&transaction).await?;
        let (subject, after) = (subject(&row.alias), audited(&row));
        let change = match before {
            Some(before) => AuditChange::updated(subject, before, after),
            None => AuditChange::created(subject, after),
        };
        audit::record(&transaction, &self.clock, context, change).await?;
        transaction.commit().await?;
        self.refresh().await?;
        Ok(row)
    }

    pub async fn delete(&self, context: &AuditContext, alias: &str) -> Result<model_alias::Model> {
        context.about(subject(alias.trim()));
        let _turn = self.changing.lock().await;
        let now = self.clock.now();
        let transaction = self.begin().await?;
        let table = self.stored(&transaction).await?;
        let row = table.find(alias.trim(), now).cloned();
        let row = row.ok_or(Error::NotFound {
            what: "model alias",
        })?;
        let removed = AuditChange::removed(subject(&row.alias), audited(&row));
        let mut row = row.into_active_model();
        row.removed_at = Set(Some(now));
        let row = row.update(&transaction).await?;
        audit::record(&transaction, &self.clock, context, removed).await?;
        transaction.commit().await?;
        self.refresh().await?;
        Ok(row)
    }

    /// A transaction in which no other server changes aliases, so that a validated change is still valid when it is
    /// written.
    async fn begin(&self) -> Result<DatabaseTransaction> {
        let transaction = self.db.begin().await?;
        in_turn(&transaction, ADVISORY_KEY).await?;
        Ok(transaction)
    }

    /// Updates memory before the engine, so that requests for a new alias are priced and limited.
    async fn refresh(&self) -> Result<()> {
        let aliases = self.stored(self.db.writer()).await?;
        self.prices.set_aliases(&Arc::new(aliases));
        self.accounts.announce();
        Ok(())
    }

    async fn stored(&self, connection: &impl ConnectionTrait) -> Result<AliasTable> {
        let since = self.clock.now() - REMEMBERED;
        let known = Condition::any()
            .add(model_alias::Column::RemovedAt.is_null())
            .add(model_alias::Column::RemovedAt.gt(since));
        let rows = ModelAlias::find().filter(known).all(connection).await?;
        Ok(AliasTable::new(rows))
    }
}

/// An alias is known by its name, to callers and in the audit.
fn subject(alias: &str) -> AuditSubject {
    AuditSubject::new("modelAlias", alias).named(alias)
}

fn audited(alias: &model_alias::Model) -> Value {
    json!({
        "model": alias.model,
        "provider": alias.provider.map(|provider| provider.to_value()),
    })
}
