//! The credentials of one engine: those of the accounts that are in it.
//!
//! A sign-in is in one engine at most, so that one process at most refreshes its token. The file of an account that has left
//! the shared engine is replaced there by one without a refresh token, so that running requests end.

use std::collections::HashSet;
use std::sync::Arc;

use entity::model_alias;
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio::sync::watch;
use uuid::Uuid;

use super::placement::{EngineAccountSet, EngineScope, Placements};
use crate::domain::{
    engine_models::SeenModel,
    provider_accounts::{
        AuthFileStep, EngineAttempt, FoundAuthFile, FoundContent, ProviderCredential,
        refreshed_auth_file, withdrawn_auth_file,
    },
    settings::EngineSettings,
    window_readings::WindowReport,
};
use crate::engine::public_state::PublicState;
use crate::engine::source::{CredentialSource, CredentialsError};

/// The part of a source that belongs to one engine.
pub(super) struct ScopedSource {
    pub(super) inner: Arc<dyn CredentialSource>,
    pub(super) placements: Arc<Placements>,
    pub(super) scope: EngineScope,
    /// Of the shared engine: messages for the request log are redacted by its log.
    pub(super) shared: Arc<PublicState>,
}

/// The files of a directory, sorted.
#[derive(Default)]
struct SortedFiles {
    /// For the database.
    known: Vec<FoundAuthFile>,
    /// The treatment of files of accounts that are not in this engine.
    steps: Vec<AuthFileStep>,
    /// The accounts of those whose file has a refresh token.
    held: HashSet<Uuid>,
    /// The names of files that cannot be read for good.
    broken: HashSet<String>,
    /// Whether a write is in progress.
    is_unfinished: bool,
}

impl ScopedSource {
    fn accounts(&self) -> EngineAccountSet {
        self.placements.of(self.scope)
    }

    fn redact(&self, secrets: impl IntoIterator<Item = SecretString>) {
        if self.scope != EngineScope::Shared {
            self.shared.logs.redact_also(secrets);
        }
    }

    fn sort(&self, found: Vec<FoundAuthFile>, own: &EngineAccountSet) -> SortedFiles {
        let mut sorted = SortedFiles::default();
        for file in found {
            match (file.account_id(), file.content) {
                (Some(account), FoundContent::Whole(content)) if !own.has(account) => {
                    self.sort_foreign(&mut sorted, (account, file.name), &content);
                }
                (_, content) => {
                    match &content {
                        FoundContent::Whole(_) => {}
                        FoundContent::Unfinished => sorted.is_unfinished = true,
                        FoundContent::Broken => {
                            sorted.broken.insert(file.name.clone());
                        }
                    }
                    let name = file.name;
                    sorted.known.push(FoundAuthFile { name, content });
                }
            }
        }
        sorted
    }

    /// The file of an account that is not in this engine. A refresh that the engine had begun before may have written a newer
    /// token.
    fn sort_foreign(
        &self,
        sorted: &mut SortedFiles,
        (account_id, name): (Uuid, String),
        content: &Map<String, Value>,
    ) {
        if let Some(refreshed) = refreshed_auth_file(content.clone()) {
            sorted.held.insert(account_id);
            sorted.known.push(FoundAuthFile {
                name: name.clone(),
                content: FoundContent::Whole(refreshed),
            });
        }
        if self.scope != EngineScope::Shared {
            sorted.steps.push(AuthFileStep::Delete { name });
            return;
        }
        let withdrawn = withdrawn_auth_file(content.clone());
        if withdrawn != *content {
            sorted.steps.push(AuthFileStep::Write {
                account_id,
                name,
                json: Value::Object(withdrawn).to_string().into(),
            });
        }
    }

    async fn settle(
        &self,
        found: Vec<FoundAuthFile>,
    ) -> Result<Vec<AuthFileStep>, CredentialsError> {
        if self.scope == EngineScope::Shared && self.placements.is_empty() {
            return self.inner.settle_auth_files(found).await;
        }
        self.redact(found.iter().flat_map(|file| file.content.hidden()));
        let own = self.accounts();
        let sorted = self.sort(found, &own);
        let steps = self.inner.settle_auth_files(sorted.known).await?;
        if self.scope == EngineScope::Shared && !sorted.is_unfinished {
            let moving = own.moving();
            self.placements
                .release(moving.filter(|account| !sorted.held.contains(account)));
        }
        let of_source = steps.into_iter().filter_map(|step| match step {
            AuthFileStep::Write { account_id, .. } if own.has(account_id) => Some(step),
            AuthFileStep::Write { name, .. } => sorted
                .broken
                .contains(&name)
                .then_some(AuthFileStep::Delete { name }),
            AuthFileStep::Delete { .. } | AuthFileStep::Leave { .. } => Some(step),
        });
        let of_source: Vec<_> = of_source.collect();
        Ok(sorted.steps.into_iter().chain(of_source).collect())
    }
}

impl CredentialSource for ScopedSource {
    fn changes(&self) -> watch::Receiver<u64> {
        self.placements.changes()
    }

    fn credentials(&self) -> BoxFuture<'_, Result<Vec<ProviderCredential>, CredentialsError>> {
        Box::pin(async {
            let mut credentials = self.inner.credentials().await?;
            let own = self.accounts();
            credentials.retain(|credential| own.has(credential.account_id));
            for credential in &credentials {
                self.redact(credential.secret.hidden());
            }
            Ok(credentials)
        })
    }

    fn model_aliases(&self) -> BoxFuture<'_, Result<Vec<model_alias::Model>, CredentialsError>> {
        self.inner.model_aliases()
    }

    fn settings(&self) -> EngineSettings {
        self.inner.settings()
    }

    fn record_attempts(&self, attempts: Vec<EngineAttempt>) -> BoxFuture<'_, ()> {
        self.inner.record_attempts(attempts)
    }

    fn record_models(&self, models: Vec<SeenModel>) -> BoxFuture<'_, ()> {
        self.inner.record_models(models)
    }

    fn record_windows(&self, reports: Vec<WindowReport>) -> BoxFuture<'_, ()> {
        self.inner.record_windows(reports)
    }

    fn settle_auth_files(
        &self,
        found: Vec<FoundAuthFile>,
    ) -> BoxFuture<'_, Result<Vec<AuthFileStep>, CredentialsError>> {
        Box::pin(self.settle(found))
    }

    fn store_auth_files(
        &self,
        found: Vec<FoundAuthFile>,
    ) -> BoxFuture<'_, Result<(), CredentialsError>> {
        self.redact(found.iter().flat_map(|file| file.content.hidden()));
        self.inner.store_auth_files(found)
    }

    fn managed_changes(&self) -> watch::Receiver<u64> {
        self.inner.managed_changes()
    }

    fn managed_accounts(&self) -> BoxFuture<'_, Result<Vec<Uuid>, CredentialsError>> {
        self.inner.managed_accounts()
    }
}
