//! Credentials at providers: add, change, remove. Secrets are encrypted before they are stored and decrypted only to
//! render the engine's configuration.

mod adoption;
mod aliases;
mod attempts;
mod auth_file;
mod bulk;
mod change;
mod check;
mod checkup;
mod credential;
mod destination;
mod follow;
mod github;
mod import;
mod last_error;
mod limit;
mod login;
mod own_client;
mod pause;
mod sealing;
mod secrets;
mod settle;
mod status;
mod store;
mod transfer;

use std::sync::Arc;

use entity::provider_account::{
    self, CredentialKind, Entity as ProviderAccount, ProviderKind, ProviderModel, ProviderModels,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QueryOrder as _,
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{Mutex, watch};
use uuid::Uuid;

#[cfg(feature = "fuzzing")]
pub(in crate::domain) use self::import::entries as read_entries;
pub(super) use self::secrets::owner;
pub use self::{
    adoption::ExpectedAdoption,
    attempts::EngineAttempt,
    auth_file::{
        NewAuthFile, completed_auth_file, has_refresh_token, refreshed_auth_file,
        retired_auth_file, withdrawn_auth_file,
    },
    bulk::NewProviderApiKeys,
    change::{ProviderAccountChanges, ShownSecrets},
    checkup::Finding,
    credential::{CredentialSecret, ProviderCredential},
    github::{CopilotToken, GithubAccount, NewGithubToken},
    import::ImportedDocument,
    own_client::{OWN_CLIENT_REFRESH_TOKEN, OwnClientAccount},
    settle::{AuthFileStep, FoundAuthFile, FoundContent},
    status::{AccountState, AccountStatus},
    transfer::{FoundAccount, ImportPreview, ImportProblem, ImportReport, RefreshTokens},
};
use self::{
    adoption::ExpectedAdoptions,
    attempts::EngineAttempts,
    secrets::{AccountSecrets, Stored},
};
use super::{
    Error, Result,
    audit::{AuditContext, AuditSubject},
    text,
    window_readings::{WindowReadings, WindowReport},
};
use crate::{clock::SharedClock, crypto::vault::Vault, db::Database};

/// An API key to add.
#[derive(Debug)]
pub struct NewProviderApiKey {
    pub kind: ProviderKind,
    pub api_key: SecretString,
    pub label: Option<String>,
    pub base_url: Option<String>,
    pub headers: Vec<(String, SecretString)>,
    pub models: Vec<ProviderModel>,
    pub prefix: Option<String>,
}

/// The service for provider accounts.
#[derive(Clone, Debug)]
pub struct ProviderAccounts {
    db: Database,
    clock: SharedClock,
    vault: Arc<Vault>,
    changes: Arc<watch::Sender<u64>>,
    attempts: Arc<EngineAttempts>,
    /// Held from reading a secret until writing it back; see [`sealing`].
    sealing: Arc<Mutex<()>>,
    /// Sign-ins whose account the engine will write.
    expected: Arc<ExpectedAdoptions>,
    windows: WindowReadings,
}

impl ProviderAccounts {
    pub fn new(db: Database, clock: SharedClock, vault: Arc<Vault>) -> Self {
        let changes = Arc::new(watch::Sender::new(0));
        Self {
            windows: WindowReadings::new(db.clone(), clock.clone()),
            db,
            clock,
            vault,
            changes,
            attempts: Arc::default(),
            sealing: Arc::default(),
            expected: Arc::default(),
        }
    }

    /// Incremented after each change; for rendering the engine's configuration.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The levels of usage windows over time.
    pub fn windows(&self) -> &WindowReadings {
        &self.windows
    }

    /// Records the usage windows that answers to requests reported.
    pub async fn record_windows(&self, reports: Vec<WindowReport>) {
        let mut has_changed = false;
        for report in reports {
            let id = report.account_id;
            match self.windows.record(report).await {
                Ok(changed) => has_changed |= changed,
                Err(error) => {
                    tracing::warn!(%error, account.id = %id, "cannot store the usage windows of an account");
                }
            }
        }
        if has_changed {
            self.announce();
        }
    }

    /// Accounts that are not removed, by provider and label.
    pub async fn list(&self) -> Result<Vec<provider_account::Model>> {
        let accounts = ProviderAccount::find()
            .filter(provider_account::Column::RemovedAt.is_null())
            .order_by_asc(provider_account::Column::Kind)
            .order_by_asc(provider_account::Column::Label);
        Ok(accounts.all(self.db.reader()).await?)
    }

    /// Includes removed accounts; unknown ids are skipped.
    pub async fn find_many(&self, ids: &[Uuid]) -> Result<Vec<provider_account::Model>> {
        let accounts =
            ProviderAccount::find().filter(provider_account::Column::Id.is_in(ids.iter().copied()));
        Ok(accounts.all(self.db.reader()).await?)
    }

    /// Adds an API key. Fails with a conflict if the key exists already.
    pub async fn add_api_key(
        &self,
        context: &AuditContext,
        new: NewProviderApiKey,
    ) -> Result<provider_account::Model> {
        let mut new = check::new_api_key(new)?;
        let account = {
            // Serialises concurrent calls with the same key.
            let sealing = self.begin_sealing().await?;
            self.known(new.kind).await?.require_new(&new)?;
            let label = match new.label.take() {
                Some(label) => label,
                None => self.free_label(new.kind).await?,
            };
            let account = self.insert_api_key(context, &sealing, new, label).await?;
            sealing.commit().await?;
            account
        };
        self.announce();
        Ok(account)
    }

    /// Stores a validated key.
    async fn insert_api_key(
        &self,
        context: &AuditContext,
        transaction: &DatabaseTransaction,
        new: NewProviderApiKey,
        label: String,
    ) -> Result<provider_account::Model> {
        let id = Uuid::now_v7();
        let now = self.clock.now();
        let last_four = check::last_four(new.api_key.expose_secret());
        let secrets = AccountSecrets {
            secret: Stored::ApiKey(new.api_key),
            headers: new.headers.into_iter().collect(),
            proxy_url: None,
        };
        let account = provider_account::ActiveModel {
            id: Set(id),
            kind: Set(new.kind),
            credential: Set(CredentialKind::ApiKey),
            label: Set(label),
            sealed: Set(secrets.seal(&self.vault, id)?),
            last_four: Set(last_four),
            base_url: Set(new.base_url),
            models: Set(ProviderModels(new.models)),
            prefix: Set(new.prefix),
            enabled: Set(true),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        self.insert(context, transaction, account).await
    }

    /// Deletes the secret of an account. The row is kept for the history.
    pub async fn remove(
        &self,
        context: &AuditContext,
        id: Uuid,
    ) -> Result<provider_account::Model> {
        context.about(store::subject_of(id));
        let sealing = self.begin_sealing().await?;
        let account = self.existing(id).await?;
        let account = self.remove_row(context, &sealing, account).await?;
        sealing.commit().await?;
        self.announce();
        Ok(account)
    }

    /// The decrypted secrets of accounts in use. One that cannot be decrypted is logged and skipped, so that the
    /// others still work.
    pub async fn credentials(&self) -> Result<Vec<ProviderCredential>> {
        let accounts = self.list().await?;
        Ok(accounts
            .into_iter()
            .filter(provider_account::Model::is_in_use)
            .filter_map(|account| {
                let id = account.id;
                self.open(account)
                    .map_err(|error| tracing::error!(account.id = %id, %error, "cannot decrypt an account's secret"))
                    .ok()
            })
            // An account that was imported without its short-lived token is skipped until it has one.
            .filter(|credential| !credential.secret.is_empty())
            .collect())
    }

    /// The decrypted secret of an account, in use or not.
    pub async fn credential(&self, id: Uuid) -> Result<ProviderCredential> {
        self.open(self.existing(id).await?)
    }

    fn open(&self, account: provider_account::Model) -> Result<ProviderCredential> {
        let secrets = AccountSecrets::open(&self.vault, account.id, &account.sealed)?;
        let secret = match secrets.secret {
            Stored::ApiKey(key) => CredentialSecret::ApiKey(key),
            Stored::Github(github) => CredentialSecret::ApiKey(github.copilot),
            Stored::AuthFile(tokens) => {
                let proxy_url = secrets.proxy_url.as_ref().map(SecretString::expose_secret);
                CredentialSecret::AuthFile {
                    json: auth_file::json(&tokens.render(&account, proxy_url)),
                    file_name: account.file_name.unwrap_or_default(),
                }
            }
        };
        Ok(ProviderCredential {
            account_id: account.id,
            kind: account.kind,
            label: account.label,
            secret,
            headers: secrets.headers,
            base_url: account.base_url,
            models: account.models.0,
            prefix: account.prefix,
            priority: account.priority,
            weight: account.weight,
            proxy_url: secrets.proxy_url,
        })
    }

    async fn free_label(&self, kind: ProviderKind) -> Result<String> {
        self.free_label_like(kind, &check::default_label(kind))
            .await
    }

    /// The label, with the first free number appended if it is taken.
    async fn free_label_like(&self, kind: ProviderKind, name: &str) -> Result<String> {
        let taken: Vec<String> = self
            .list()
            .await?
            .into_iter()
            .filter(|account| account.kind == kind)
            .map(|account| account.label)
            .collect();
        let numbered = (1..).map(|number| match number {
            1 => name.to_owned(),
            _ => format!("{name}-{number}"),
        });
        Ok(numbered
            .into_iter()
            .find(|label| !taken.contains(label))
            .unwrap_or_else(|| name.to_owned()))
    }

    async fn existing(&self, id: Uuid) -> Result<provider_account::Model> {
        ProviderAccount::find_by_id(id)
            .filter(provider_account::Column::RemovedAt.is_null())
            .one(self.db.reader())
            .await?
            .ok_or(Error::NotFound {
                what: "provider account",
            })
    }

    /// An account as the subject of an audit event, when its label is not known.
    pub fn subject_of(id: Uuid) -> AuditSubject {
        store::subject_of(id)
    }

    /// An account as the subject of an audit event.
    pub fn subject(account: &provider_account::Model) -> AuditSubject {
        store::subject(account)
    }

    pub(in crate::domain) fn announce(&self) {
        self.changes.send_modify(|edition| *edition += 1);
    }
}

fn label_taken(label: &str) -> String {
    format!("an account labelled {label:?} exists at this provider; choose another label")
}
