//! Where the credentials that the engine is configured with come from.

use entity::model_alias;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use crate::domain::{
    provider_accounts::{AuthFileStep, EngineAttempt, FoundAuthFile, ProviderCredential},
    settings::EngineSettings,
};

/// Why the credentials could not be had; any error with words will do.
pub type CredentialsError = Box<dyn std::error::Error + Send + Sync>;

/// Opens the stored credentials and tells when they change. A trait, because the tests replace the
/// database behind it.
pub trait CredentialSource: Send + Sync {
    /// Counts up whenever what [`credentials`](Self::credentials) answers may have changed.
    fn changes(&self) -> watch::Receiver<u64>;

    /// All credentials that the engine shall use now.
    fn credentials(&self) -> BoxFuture<'_, Result<Vec<ProviderCredential>, CredentialsError>>;

    /// The aliases of models that the engine shall know now.
    fn model_aliases(&self) -> BoxFuture<'_, Result<Vec<model_alias::Model>, CredentialsError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    /// How the engine shall use them.
    fn settings(&self) -> EngineSettings {
        EngineSettings::default()
    }

    /// Hears what requests met at the accounts.
    fn note_attempts(&self, attempts: Vec<EngineAttempt>) -> BoxFuture<'_, ()> {
        drop(attempts);
        Box::pin(std::future::ready(()))
    }

    /// Seals what is fresher in the files that were found, and answers what is to be done with them.
    fn settle_auth_files(
        &self,
        found: Vec<FoundAuthFile>,
    ) -> BoxFuture<'_, Result<Vec<AuthFileStep>, CredentialsError>> {
        drop(found);
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}
