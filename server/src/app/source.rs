//! The source of the engine's configuration: accounts and settings.

use entity::model_alias;
use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    domain::{
        account_groups::AccountAccess,
        engine_models::SeenModel,
        provider_accounts::{
            AuthFileStep, EngineAttempt, FoundAuthFile, ProviderAccounts, ProviderCredential,
        },
        seen_models::SeenModels,
        settings::{EngineSettings, Settings},
        window_readings::WindowReport,
    },
    engine::{CredentialSource, CredentialsError},
};

/// Accounts and settings.
#[derive(Clone, Debug)]
pub(super) struct AppCredentialSource {
    pub(super) accounts: ProviderAccounts,
    pub(super) access: AccountAccess,
    pub(super) settings: Settings,
    pub(super) seen_models: SeenModels,
}

impl CredentialSource for AppCredentialSource {
    fn changes(&self) -> watch::Receiver<u64> {
        self.accounts.changes()
    }

    fn credentials(&self) -> BoxFuture<'_, Result<Vec<ProviderCredential>, CredentialsError>> {
        async move { self.accounts.credentials().await.map_err(Into::into) }.boxed()
    }

    fn model_aliases(&self) -> BoxFuture<'_, Result<Vec<model_alias::Model>, CredentialsError>> {
        async move { self.accounts.model_aliases().await.map_err(Into::into) }.boxed()
    }

    fn settings(&self) -> EngineSettings {
        self.settings.for_engine()
    }

    fn record_attempts(&self, attempts: Vec<EngineAttempt>) -> BoxFuture<'_, ()> {
        async move { self.accounts.record_attempts(&attempts).await }.boxed()
    }

    fn record_models(&self, models: Vec<SeenModel>) -> BoxFuture<'_, ()> {
        async move {
            if let Err(error) = self.seen_models.record(&models).await {
                tracing::warn!(%error, "the first appearance of models could not be recorded");
            }
        }
        .boxed()
    }

    fn record_accounts(&self, accounts: Vec<(Uuid, Uuid)>) -> BoxFuture<'_, ()> {
        let sockets = self.accounts.windows().sockets();
        let of_socket = |(request_id, account_id)| sockets.take(request_id, account_id);
        let reports: Vec<_> = accounts.into_iter().filter_map(of_socket).collect();
        async move {
            if !reports.is_empty() {
                self.accounts.record_windows(reports).await;
            }
        }
        .boxed()
    }

    fn record_windows(&self, reports: Vec<WindowReport>) -> BoxFuture<'_, ()> {
        async move { self.accounts.record_windows(reports).await }.boxed()
    }

    fn managed_accounts(&self) -> BoxFuture<'_, Result<Vec<Uuid>, CredentialsError>> {
        async move {
            let access = self.access.current();
            let managed = self.accounts.managed(access.grouped()).await;
            managed.map_err(Into::into)
        }
        .boxed()
    }

    fn managed_changes(&self) -> watch::Receiver<u64> {
        self.access.changes()
    }

    fn settle_auth_files(
        &self,
        found: Vec<FoundAuthFile>,
    ) -> BoxFuture<'_, Result<Vec<AuthFileStep>, CredentialsError>> {
        async move {
            let steps = self.accounts.settle_auth_files(found).await;
            steps.map_err(Into::into)
        }
        .boxed()
    }
}
