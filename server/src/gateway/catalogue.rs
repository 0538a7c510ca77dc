//! The models of the engine with the accounts that serve them, for decisions that few requests need.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use entity::provider_account;

use crate::{
    domain::{
        account_groups::{AccountAccess, PermittedAccounts},
        model_catalogue::ModelCatalogue,
        prices::Prices,
        provider_accounts::ProviderAccounts,
        users::api_keys::Caller,
    },
    engine::{EngineHandle, EngineMode},
};

type Accounts = Arc<Vec<provider_account::Model>>;

#[derive(Debug)]
pub(super) struct Catalogue {
    pub(super) accounts: ProviderAccounts,
    pub(super) engine: EngineHandle,
    pub(super) prices: Prices,
    pub(super) access: AccountAccess,
    /// The accounts as they were read after the change of this number.
    pub(super) cached: Mutex<Option<(u64, Accounts)>>,
}

impl Catalogue {
    /// Asks the catalogue; `None` while the engine's models or the accounts are unknown.
    pub(super) async fn ask<T>(
        &self,
        at: DateTime<Utc>,
        ask: impl FnOnce(&ModelCatalogue<'_>) -> T,
    ) -> Option<T> {
        let accounts = self.accounts().await?;
        let models = self.engine.models().await.ok()?;
        Some(ask(&ModelCatalogue {
            models: &models,
            accounts: &accounts,
            prices: &self.prices.current(),
            access: &self.access.current(),
            at,
        }))
    }

    /// The accounts, those not in use included; `None` if they cannot be read.
    pub(super) async fn accounts(&self) -> Option<Accounts> {
        let change = *self.accounts.changes().borrow();
        if let Some(accounts) = self.cached_at(change) {
            return Some(accounts);
        }
        let accounts = Arc::new(self.accounts.list().await.ok()?);
        *self.lock() = Some((change, Arc::clone(&accounts)));
        Some(accounts)
    }

    /// The accounts of a caller; `None` if account groups leave out none that the engine has.
    pub(super) fn limited(&self, caller: &Caller) -> Option<PermittedAccounts> {
        let state = self.access.current();
        let permitted = state.permitted(caller.user_id, Some(caller.api_key_id));
        let is_unlimited = permitted == PermittedAccounts::Ungrouped
            // An external engine and the demo have no account of this server.
            && (state.grouped().is_empty() || self.engine.status().mode != EngineMode::Managed);
        (!is_unlimited).then_some(permitted)
    }

    fn cached_at(&self, change: u64) -> Option<Accounts> {
        let cached = self.lock();
        let current = cached.as_ref().filter(|(at, _)| *at == change);
        current.map(|(_, accounts)| Arc::clone(accounts))
    }

    fn lock(&self) -> MutexGuard<'_, Option<(u64, Accounts)>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
