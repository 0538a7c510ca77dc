//! Whether the bound that a request sets on its answer reaches whoever may serve it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use entity::{provider_account, request::Protocol};

use crate::{
    domain::{
        model_catalogue::ModelCatalogue,
        output_bounds::{ServingModel, is_kept},
        provider_accounts::ProviderAccounts,
    },
    engine::EngineMode,
    gateway::Parts,
};

type Accounts = Arc<Vec<provider_account::Model>>;

/// The accounts, kept in memory until one changes.
#[derive(Debug)]
pub(in crate::gateway) struct KeptBounds {
    accounts: ProviderAccounts,
    /// With the number of the change that they were read after.
    cached: Mutex<Option<(u64, Accounts)>>,
}

impl KeptBounds {
    pub(in crate::gateway) fn new(accounts: ProviderAccounts) -> Self {
        Self {
            accounts,
            cached: Mutex::default(),
        }
    }

    /// Whether each account that may serve this model keeps the bound. Called only for callers with a strict quota.
    pub(in crate::gateway) async fn are_kept(
        &self,
        gateway: &Parts,
        model: &str,
        protocol: Protocol,
        at: DateTime<Utc>,
    ) -> bool {
        if gateway.engine.status().mode != EngineMode::Managed {
            // The accounts of another engine are not known, only who has served so far.
            let served = gateway.ledger.served_by(model).into_iter();
            let mut servers = served.map(|kind| ServingModel {
                kind,
                credential: None,
            });
            return servers.all(|server| is_kept(server, protocol, model));
        }
        let Some(accounts) = self.accounts().await else {
            return false;
        };
        let Ok(models) = gateway.engine.models().await else {
            let mut enabled = accounts.iter().filter(|account| account.enabled);
            return enabled.all(|account| {
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
            prices: &gateway.prices.current(),
            at,
        };
        catalogue.keeps_bound(model, protocol)
    }

    async fn accounts(&self) -> Option<Accounts> {
        let change = *self.accounts.changes().borrow();
        if let Some(accounts) = self.known(change) {
            return Some(accounts);
        }
        let accounts = Arc::new(self.accounts.list().await.ok()?);
        *self.lock() = Some((change, Arc::clone(&accounts)));
        Some(accounts)
    }

    fn known(&self, change: u64) -> Option<Accounts> {
        let cached = self.lock();
        let known = cached.as_ref().filter(|(at, _)| *at == change);
        known.map(|(_, accounts)| Arc::clone(accounts))
    }

    fn lock(&self) -> MutexGuard<'_, Option<(u64, Accounts)>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
