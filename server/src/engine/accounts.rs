//! The engine's report on its accounts: requested on demand and cached briefly.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::client::{ClientError, EngineClient};
use super::config::auth_index;
use super::error::EngineError;
use super::handle::EngineHandle;
use super::public_state::ReportedAccounts;
use crate::domain::engine_accounts::{EngineAccount, EngineAccounts};
use crate::domain::provider_accounts::{CredentialSecret, ProviderCredential};

/// The maximum age of a cached report.
const CACHE_DURATION: Duration = Duration::from_secs(3);
/// Longer messages of a provider are truncated; in characters.
const MAX_MESSAGE_CHARS: usize = 300;

#[derive(Deserialize)]
struct List {
    files: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    #[serde(default)]
    auth_index: String,
    #[serde(default)]
    status_message: String,
    #[serde(default)]
    disabled: bool,
    #[serde(default)]
    unavailable: bool,
    next_retry_after: Option<DateTime<Utc>>,
}

impl EngineHandle {
    /// The signed-in accounts that the engine uses; none when it does not answer. A failure is cached too, so that a
    /// list of accounts does not wait once for each.
    pub async fn accounts(&self) -> Option<Arc<EngineAccounts>> {
        let mut remembered = self.public.reported_accounts.lock().await;
        if let Some(known) = remembered.as_ref()
            && known.at.elapsed() < CACHE_DURATION
        {
            return known.accounts.clone();
        }
        let accounts = self.request_all_accounts().await.ok().map(Arc::new);
        *remembered = Some(ReportedAccounts::now(accounts.clone()));
        accounts
    }

    /// Ends the cooldown of an account.
    pub async fn reset_cooldown(&self, credential: &ProviderCredential) -> Result<(), EngineError> {
        let body = json!({"auth_index": self.index_of(credential).await?});
        let client = self.client_of(credential.account_id)?;
        let result = client.post("reset-quota", &body).await;
        *self.public.reported_accounts.lock().await = None;
        match result {
            Err(ClientError::Status(StatusCode::NOT_FOUND)) => Err(unknown()),
            result => result.map_err(|error| EngineError::Refused(error.to_string())),
        }
    }

    /// The engine's id of a credential.
    pub(super) async fn index_of(
        &self,
        credential: &ProviderCredential,
    ) -> Result<String, EngineError> {
        let index = match &credential.secret {
            CredentialSecret::ApiKey(_) => auth_index(credential, Path::new("")),
            CredentialSecret::AuthFile { file_name, .. } => {
                let client = self.client_of(credential.account_id)?;
                let accounts = Arc::new(self.request_accounts(&client).await?);
                let account = accounts.by_file.get(file_name);
                let index = account.map(|account| account.auth_index.clone());
                // The next list must contain the account that was just found.
                *self.public.reported_accounts.lock().await = None;
                index
            }
        };
        index.ok_or_else(unknown)
    }

    /// Of the shared engine, and of those of single accounts that answer.
    async fn request_all_accounts(&self) -> Result<EngineAccounts, EngineError> {
        let mut all = self.request_accounts(&*self.client()?).await?;
        // The shared engine keeps a disabled file of an account that has its own.
        all.by_file.retain(|_, account| !account.disabled);
        let members = self.fleet.members.load_full();
        for member in members.values() {
            let Some(client) = member.public.client.load_full() else {
                continue;
            };
            if let Ok(accounts) = self.request_accounts(&client).await {
                all.by_file.extend(accounts.by_file);
            }
        }
        Ok(all)
    }

    async fn request_accounts(&self, client: &EngineClient) -> Result<EngineAccounts, EngineError> {
        let list: Result<List, ClientError> = client.get("auth-files").await;
        let list = list.map_err(|error| EngineError::Refused(error.to_string()))?;
        let files = list.files.into_iter();
        let by_file: HashMap<_, _> = files.map(|file| self.read_account(file)).collect();
        Ok(EngineAccounts { by_file })
    }

    fn read_account(&self, file: Listed) -> (String, EngineAccount) {
        let message = self.public.logs.redacted(&file.status_message);
        let message: String = message.chars().take(MAX_MESSAGE_CHARS).collect();
        let account = EngineAccount {
            auth_index: file.auth_index,
            message: (!message.is_empty()).then_some(message),
            disabled: file.disabled,
            unavailable: file.unavailable,
            retry_at: file.next_retry_after,
        };
        (file.name, account)
    }
}

fn unknown() -> EngineError {
    EngineError::Refused("it does not use this account yet; its log has the reason".to_owned())
}
