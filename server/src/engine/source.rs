//! The source of the credentials that the engine is configured with.

use entity::model_alias;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use uuid::Uuid;

use crate::domain::{
    engine_models::SeenModel,
    provider_accounts::{AuthFileStep, EngineAttempt, FoundAuthFile, ProviderCredential},
    settings::EngineSettings,
    window_readings::WindowReport,
};

/// Why the credentials could not be read.
pub type CredentialsError = Box<dyn std::error::Error + Send + Sync>;

/// Decrypts the stored credentials and publishes their changes. A trait, so that tests can replace the database.
pub trait CredentialSource: Send + Sync {
    /// A counter that increases when the result of [`credentials`](Self::credentials) may have changed.
    fn changes(&self) -> watch::Receiver<u64>;

    /// All credentials that the engine must use.
    fn credentials(&self) -> BoxFuture<'_, Result<Vec<ProviderCredential>, CredentialsError>>;

    /// All model aliases that the engine must know.
    fn model_aliases(&self) -> BoxFuture<'_, Result<Vec<model_alias::Model>, CredentialsError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    /// The routing and provider settings.
    fn settings(&self) -> EngineSettings {
        EngineSettings::default()
    }

    /// Receives the outcomes of attempts at accounts.
    fn record_attempts(&self, attempts: Vec<EngineAttempt>) -> BoxFuture<'_, ()> {
        drop(attempts);
        Box::pin(std::future::ready(()))
    }

    /// Receives the models that the engine lists, with their origins.
    fn record_models(&self, models: Vec<SeenModel>) -> BoxFuture<'_, ()> {
        drop(models);
        Box::pin(std::future::ready(()))
    }

    /// Receives the usage windows that answers reported.
    fn record_windows(&self, reports: Vec<WindowReport>) -> BoxFuture<'_, ()> {
        drop(reports);
        Box::pin(std::future::ready(()))
    }

    /// Receives the accounts of requests. All turns of a WebSocket have the id of the connection.
    fn record_accounts(&self, accounts: Vec<(Uuid, Uuid)>) -> BoxFuture<'_, ()> {
        drop(accounts);
        Box::pin(std::future::ready(()))
    }

    /// Stores the tokens of files that are newer than the database, and returns what to do with each file.
    fn settle_auth_files(
        &self,
        found: Vec<FoundAuthFile>,
    ) -> BoxFuture<'_, Result<Vec<AuthFileStep>, CredentialsError>> {
        drop(found);
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    /// Stores the tokens of files that are newer than the database. These need not be all files of a directory.
    fn store_auth_files(
        &self,
        found: Vec<FoundAuthFile>,
    ) -> BoxFuture<'_, Result<(), CredentialsError>> {
        Box::pin(async move { self.settle_auth_files(found).await.map(drop) })
    }

    /// Increases when the result of [`managed_accounts`](Self::managed_accounts) may have changed, beside each change of
    /// [`changes`](Self::changes).
    fn managed_changes(&self) -> watch::Receiver<u64> {
        self.changes()
    }

    /// The accounts in use that need an engine process of their own, oldest first.
    fn managed_accounts(&self) -> BoxFuture<'_, Result<Vec<Uuid>, CredentialsError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}
