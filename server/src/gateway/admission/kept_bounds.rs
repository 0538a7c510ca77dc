//! Whether every provider that may serve a request enforces its output bound.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use entity::{provider_account, request::Protocol};

use crate::{
    domain::{
        ledger::Ledger,
        model_catalogue::ModelCatalogue,
        output_bounds::{ServingModel, is_kept},
        prices::Prices,
        provider_accounts::ProviderAccounts,
    },
    engine::{EngineHandle, EngineMode},
};

type Accounts = Arc<Vec<provider_account::Model>>;

#[derive(Debug)]
pub(in crate::gateway) struct KeptBounds {
    accounts: ProviderAccounts,
    engine: EngineHandle,
    ledger: Ledger,
    prices: Prices,
    /// The accounts as they were read after the change of this number.
    cached: Mutex<Option<(u64, Accounts)>>,
}

impl KeptBounds {
    pub(in crate::gateway) fn new(
        accounts: ProviderAccounts,
        engine: EngineHandle,
        ledger: Ledger,
        prices: Prices,
    ) -> Self {
        Self {
            accounts,
            engine,
            ledger,
            prices,
            cached: Mutex::default(),
        }
    }

    /// Whether each account that may serve this model enforces the bound. Called only for callers with a strict quota.
    pub(super) async fn are_kept(
        &self,
        model: &str,
        protocol: Protocol,
        at: DateTime<Utc>,
    ) -> bool {
        if self.engine.status().mode != EngineMode::Managed {
            // The accounts of an external engine are unknown; the providers that have served the model are not.
            let served = self.ledger.served_by(model).into_iter();
            let mut servers = served.map(|kind| ServingModel {
                kind,
                credential: None,
            });
            return servers.all(|server| is_kept(server, protocol, model));
        }
        let Some(accounts) = self.accounts().await else {
            return false;
        };
        let Ok(models) = self.engine.models().await else {
            let mut in_use = accounts.iter().filter(|account| account.is_in_use());
            return in_use.all(|account| {
                let server = ServingModel {
                    kind: account.kind,
                    credential: Some(account.credential),
                };
                is_kept(server, protocol, model)
            });
        };
        let catalogue = ModelCatalogue {
            models: &models,
            accounts: &accounts,
            prices: &self.prices.current(),
            at,
        };
        catalogue.keeps_bound(model, protocol)
    }

    async fn accounts(&self) -> Option<Accounts> {
        let change = *self.accounts.changes().borrow();
        if let Some(accounts) = self.cached_at(change) {
            return Some(accounts);
        }
        let accounts = Arc::new(self.accounts.list().await.ok()?);
        *self.lock() = Some((change, Arc::clone(&accounts)));
        Some(accounts)
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
