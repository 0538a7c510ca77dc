//! Synchronises the engine's directory with the stored accounts: the fresher tokens win.
//!
//! Only the engine refreshes tokens, so its changes are stored; files of an earlier sign-in or with superseded tokens
//! are overwritten.

use std::collections::{HashMap, HashSet};

use entity::provider_account::{self, CredentialKind};
use sea_orm::{ActiveValue::Set, IntoActiveModel as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    Error, ProviderAccounts, Result,
    auth_file::{self, Age, NewAuthFile, Stamp},
    login, pause,
    sealing::is_unchanged,
    secrets::{AccountSecrets, Stored},
};
use crate::providers;

pub struct FoundAuthFile {
    pub name: String,
    pub content: FoundContent,
}

/// The content of a file.
pub enum FoundContent {
    /// A JSON object.
    Whole(Map<String, Value>),
    /// Truncated, because a write is in progress.
    Unfinished,
    /// Invalid, and no write is in progress.
    Broken,
}

impl FoundAuthFile {
    /// The account for which it was written; `None` if that is not known.
    pub fn account_id(&self) -> Option<Uuid> {
        match &self.content {
            FoundContent::Whole(content) => Stamp::of(content).account,
            FoundContent::Unfinished | FoundContent::Broken => None,
        }
    }
}

impl FoundContent {
    /// The tokens and keys, to mask them in logs.
    pub fn hidden(&self) -> Vec<SecretString> {
        let mut hidden = Vec::new();
        if let Self::Whole(content) = self {
            auth_file::collect_hidden(&Value::Object(content.clone()), &mut hidden);
        }
        hidden
    }
}

impl std::fmt::Debug for FoundAuthFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "FoundAuthFile({:?}, …)", self.name)
    }
}

impl std::fmt::Debug for FoundContent {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Whole(_) => "Whole(…)",
            Self::Unfinished => "Unfinished",
            Self::Broken => "Broken",
        })
    }
}

/// A change of the directory.
#[derive(Debug)]
pub enum AuthFileStep {
    /// Write or overwrite the file.
    Write {
        account_id: Uuid,
        name: String,
        json: SecretString,
    },
    Delete {
        name: String,
    },
    /// Ignore the file for this reason.
    Leave {
        name: String,
        reason: String,
    },
}

/// The signed-in accounts, decrypted.
#[derive(Default)]
struct Opened {
    accounts: HashMap<Uuid, (provider_account::Model, AccountSecrets)>,
    by_file: HashMap<String, Uuid>,
    /// Files of accounts that cannot be decrypted; they are left unchanged.
    undecryptable: HashSet<String>,
}

impl ProviderAccounts {
    /// Stores the engine's changes, adopts sign-ins of the engine, and returns the changes that give every account its
    /// file.
    pub async fn settle_auth_files(&self, found: Vec<FoundAuthFile>) -> Result<Vec<AuthFileStep>> {
        let _sealing = self.sealing.lock().await;
        let mut opened = self.opened().await?;
        let mut steps = Vec::new();
        let mut right = HashMap::new();
        for file in found {
            if opened.undecryptable.contains(&file.name) {
                continue;
            }
            match opened.by_file.get(&file.name).copied() {
                // The last result counts: a file that was rescued from being overwritten precedes the current file.
                Some(id) => {
                    right.insert(
                        id,
                        Box::pin(self.take_over(&mut opened, id, &file.content)).await?,
                    );
                }
                None => steps.extend(Box::pin(self.unknown_file(&mut opened, file)).await?),
            }
        }
        let missing = opened
            .accounts
            .values()
            .filter(|(account, _)| right.get(&account.id) != Some(&true));
        steps.extend(missing.filter_map(|(account, secrets)| {
            Some(AuthFileStep::Write {
                account_id: account.id,
                name: account.file_name.clone()?,
                json: auth_file::json(&rendered(account, secrets)?),
            })
        }));
        Ok(steps)
    }

    async fn opened(&self) -> Result<Opened> {
        let mut opened = Opened::default();
        for account in self.list().await? {
            let (CredentialKind::AuthFile, Some(name)) = (account.credential, &account.file_name)
            else {
                continue;
            };
            match AccountSecrets::open(&self.vault, account.id, &account.sealed) {
                Ok(secrets) => {
                    opened.by_file.insert(name.clone(), account.id);
                    opened.accounts.insert(account.id, (account, secrets));
                }
                // It is reported by `credentials`.
                Err(_) => {
                    opened.undecryptable.insert(name.clone());
                }
            }
        }
        Ok(opened)
    }

    /// Stores the tokens of an account's file if they are fresher. Returns whether the file is up to date.
    async fn take_over(
        &self,
        opened: &mut Opened,
        id: Uuid,
        content: &FoundContent,
    ) -> Result<bool> {
        let content = match content {
            FoundContent::Whole(content) => content,
            FoundContent::Unfinished => return Ok(true),
            FoundContent::Broken => return Ok(false),
        };
        let Some((account, mut secrets)) = opened.accounts.remove(&id) else {
            return Ok(false);
        };
        let Stored::AuthFile(tokens) = &mut secrets.secret else {
            return Ok(false);
        };
        let age = tokens.compare(content);
        let disabled = auth_file::disabled_by_engine(content).filter(|_| age != Age::Stale);
        if age == Age::Fresher {
            tokens.refresh(content.clone());
        }
        let account = if age == Age::Fresher || disabled.is_some() {
            match self.keep(&account, &secrets, content, disabled).await? {
                Some(account) => account,
                // The next call sees the account as it is by now.
                None => return Ok(true),
            }
        } else {
            account
        };
        let is_right = rendered(&account, &secrets).as_ref() == Some(content);
        opened.accounts.insert(id, (account, secrets));
        Ok(is_right)
    }

    /// Stores the tokens of a file; `None` if the account was changed after it was read.
    async fn keep(
        &self,
        account: &provider_account::Model,
        secrets: &AccountSecrets,
        content: &Map<String, Value>,
        disabled: Option<bool>,
    ) -> Result<Option<provider_account::Model>> {
        let id = account.id;
        let transaction = self.begin_in_turn().await?;
        let current = match self.existing(id).await {
            Err(Error::NotFound { .. }) => return Ok(None),
            current => current?,
        };
        if !is_unchanged(account, &current) {
            return Ok(None);
        }
        let mut row = account.clone().into_active_model();
        row.sealed = Set(secrets.seal(&self.vault, id)?);
        row.expires_at = Set(auth_file::expires_at(content));
        row.refreshed_at = Set(auth_file::refreshed_at(content));
        if let Some(disabled) = disabled {
            row.enabled = Set(!disabled);
            if !disabled {
                pause::end_pause(&mut row);
            }
        }
        row.updated_at = Set(self.clock.now());
        let account = self.update_reported(&transaction, account, row).await?;
        transaction.commit().await?;
        tracing::debug!(account.id = %id, "stored the tokens that the engine changed");
        self.announce();
        Ok(Some(account))
    }

    /// Handles a file without an account: a copy, a file of a removed account, or a sign-in by the engine itself.
    async fn unknown_file(
        &self,
        opened: &mut Opened,
        file: FoundAuthFile,
    ) -> Result<Option<AuthFileStep>> {
        let leave = |name, reason: &str| {
            let reason = reason.to_owned();
            Ok(Some(AuthFileStep::Leave { name, reason }))
        };
        let name = file.name.clone();
        let content = match &file.content {
            FoundContent::Whole(content) => content,
            FoundContent::Unfinished => return Ok(None),
            FoundContent::Broken => return leave(name, "it is not a JSON object"),
        };
        if let Some(id) = Stamp::of(content).account {
            if opened.accounts.contains_key(&id) {
                self.take_over(opened, id, &file.content).await?;
                return Ok(Some(AuthFileStep::Delete { name }));
            }
            if !self.find_many(&[id]).await?.is_empty() {
                return Ok(Some(AuthFileStep::Delete { name }));
            }
        }
        let engine_type = auth_file::text(content, "type").unwrap_or_default();
        let Some(kind) = providers::by_auth_file(engine_type) else {
            return leave(name, "the engine cannot use its type");
        };
        let new = NewAuthFile {
            kind,
            label: None,
            email: None,
            plan: None,
            file_name: Some(name.clone()),
            content: content.clone(),
            expires_at: None,
        };
        let new = match login::checked(new) {
            Ok(new) => new,
            Err(error) => return leave(name, &error.to_string()),
        };
        self.adopt(opened, new, name).await
    }

    async fn adopt(
        &self,
        opened: &mut Opened,
        new: NewAuthFile,
        name: String,
    ) -> Result<Option<AuthFileStep>> {
        let context = self.expected.context(new.kind);
        let transaction = self.begin_in_turn().await?;
        let account = self.save_checked(&context, &transaction, new).await?;
        transaction.commit().await?;
        tracing::info!(account.id = %account.id, "adopted an auth file that the engine or an operator wrote");
        self.announce();
        let is_its_own = account.file_name.as_ref() == Some(&name);
        let secrets = AccountSecrets::open(&self.vault, account.id, &account.sealed)?;
        opened.accounts.insert(account.id, (account, secrets));
        Ok((!is_its_own).then_some(AuthFileStep::Delete { name }))
    }
}

fn rendered(
    account: &provider_account::Model,
    secrets: &AccountSecrets,
) -> Option<Map<String, Value>> {
    let Stored::AuthFile(tokens) = &secrets.secret else {
        return None;
    };
    let proxy_url = secrets.proxy_url.as_ref().map(SecretString::expose_secret);
    Some(tokens.render(account, proxy_url))
}
