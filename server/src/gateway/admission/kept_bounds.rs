//! Whether every provider that may serve a request enforces its output bound.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::request::Protocol;

use crate::{
    domain::{
        ledger::Ledger,
        output_bounds::{ServingModel, is_kept},
    },
    engine::EngineMode,
    gateway::catalogue::Catalogue,
};

#[derive(Debug)]
pub(in crate::gateway) struct KeptBounds {
    pub(in crate::gateway) catalogue: Arc<Catalogue>,
    pub(in crate::gateway) ledger: Ledger,
}

impl KeptBounds {
    /// Whether each account that may serve this model enforces the bound. Called only for callers with a strict quota.
    pub(super) async fn are_kept(
        &self,
        model: &str,
        protocol: Protocol,
        at: DateTime<Utc>,
    ) -> bool {
        if self.catalogue.engine.status().mode != EngineMode::Managed {
            // The accounts of an external engine are unknown; the providers that have served the model are not.
            let served = self.ledger.served_by(model).into_iter();
            let mut servers = served.map(|kind| ServingModel {
                kind,
                credential: None,
            });
            return servers.all(|server| is_kept(server, protocol, model));
        }
        let known = self
            .catalogue
            .ask(at, |catalogue| catalogue.keeps_bound(model, protocol));
        if let Some(is_kept) = known.await {
            return is_kept;
        }
        let Some(accounts) = self.catalogue.accounts().await else {
            return false;
        };
        let mut in_use = accounts.iter().filter(|account| account.is_in_use());
        in_use.all(|account| {
            let server = ServingModel {
                kind: account.kind,
                credential: Some(account.credential),
            };
            is_kept(server, protocol, model)
        })
    }
}
