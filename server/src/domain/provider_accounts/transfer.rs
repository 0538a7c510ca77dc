//! Imports and exports accounts with their secrets.

use chrono::{DateTime, Utc};
use entity::provider_account::{self, CredentialKind, ProviderKind};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use super::{
    CredentialSecret, Error, NewProviderApiKey, ProviderAccounts, ProviderCredential, Result,
    auth_file::{self, REFRESH_TOKEN},
    bulk::address,
    import::{self, FILES, GITHUB, ImportedDocument, Item},
    login,
};
use crate::{domain::audit::AuditContext, providers};

const MAX_DOCUMENTS: usize = 500;

/// The result of an import.
#[derive(Debug, Default)]
pub struct ImportReport {
    /// Accounts that are new or have new tokens.
    pub accounts: Vec<provider_account::Model>,
    /// Documents and entries that failed.
    pub problems: Vec<ImportProblem>,
}

/// An entry of a document, before it is imported.
#[derive(Debug)]
pub struct ImportPreview {
    pub document: String,
    /// The program that wrote it, for people.
    pub program: &'static str,
    /// The account, or why it cannot be imported.
    pub found: std::result::Result<FoundAccount, String>,
}

/// An account in a document.
#[derive(Debug)]
pub struct FoundAccount {
    pub kind: ProviderKind,
    pub credential: CredentialKind,
    /// The e-mail address, login or label; `None` if the document has none.
    pub identity: Option<String>,
    pub plan: Option<String>,
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it has a refresh token, which two programs must not share.
    pub is_refreshable: bool,
    /// The account that exists already, which the import would update.
    pub known: Option<provider_account::Model>,
}

/// Why a document or entry failed.
#[derive(Debug)]
pub struct ImportProblem {
    pub document: String,
    pub message: String,
}

/// The treatment of the refresh tokens of imported sign-ins. Each refresh makes the tokens of other copies worthless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshTokens {
    /// This server refreshes the sign-in; other programs that use it have to sign in again.
    Imported,
    /// The account ends when its access token expires; other programs stay signed in.
    LeftOut,
}

impl ProviderAccounts {
    /// Imports every account of the documents. A failure does not affect the others.
    pub async fn import(
        &self,
        context: &AuditContext,
        documents: Vec<ImportedDocument>,
        refresh_tokens: RefreshTokens,
    ) -> Result<ImportReport> {
        check_number(&documents)?;
        let mut report = ImportReport::default();
        for document in documents {
            for entry in import::entries(&document) {
                let taken = match entry.item {
                    Ok(Item::AuthFile(new)) => {
                        self.import_auth_file(context, new, refresh_tokens).await
                    }
                    Ok(Item::ApiKey(new)) => self.import_key(context, new).await,
                    Ok(Item::Github(new)) => self.save_github_token(context, new).await,
                    Err(reason) => Err(Error::BadInput(reason)),
                };
                match taken {
                    Ok(account) => report.accounts.push(account),
                    Err(error @ Error::Internal(_)) => return Err(error),
                    Err(error) => report.problems.push(ImportProblem {
                        document: document.name.clone(),
                        message: error.to_string(),
                    }),
                }
            }
        }
        let result = json!({ "accounts": 0, "problems": report.problems.len() });
        self.record_without_change(context, result).await?;
        Ok(report)
    }

    /// The entries of these documents as an import would read them, without importing anything.
    pub async fn preview_import(
        &self,
        documents: Vec<ImportedDocument>,
    ) -> Result<Vec<ImportPreview>> {
        check_number(&documents)?;
        let mut previews = Vec::new();
        for document in documents {
            for entry in import::entries(&document) {
                let found = match entry.item {
                    Ok(item) => self.preview(item).await?,
                    Err(reason) => Err(reason),
                };
                previews.push(ImportPreview {
                    document: document.name.clone(),
                    program: entry.program,
                    found,
                });
            }
        }
        Ok(previews)
    }

    async fn preview(&self, item: Item) -> Result<std::result::Result<FoundAccount, String>> {
        Ok(Ok(match item {
            Item::AuthFile(new) => {
                let new = match login::checked(new) {
                    Ok(new) => new,
                    Err(error) => return Ok(Err(error.to_string())),
                };
                let known = self.same_login(&new).await?;
                FoundAccount {
                    kind: new.kind,
                    credential: CredentialKind::AuthFile,
                    is_refreshable: auth_file::text(&new.content, REFRESH_TOKEN).is_some(),
                    identity: new.email,
                    plan: new.plan,
                    expires_at: new.expires_at,
                    known: known.map(|(account, _)| account),
                }
            }
            Item::ApiKey(new) => FoundAccount {
                known: self.account_with_key(&new).await?,
                kind: new.kind,
                credential: CredentialKind::ApiKey,
                is_refreshable: false,
                identity: new.label,
                plan: None,
                expires_at: None,
            },
            Item::Github(new) => FoundAccount {
                known: self.github_account_of(&new.login).await?,
                kind: ProviderKind::Copilot,
                credential: CredentialKind::Github,
                is_refreshable: false,
                identity: Some(new.login),
                plan: None,
                expires_at: None,
            },
        }))
    }

    /// Skips a key that exists already.
    async fn import_key(
        &self,
        context: &AuditContext,
        mut new: NewProviderApiKey,
    ) -> Result<provider_account::Model> {
        if let Some(account) = self.account_with_key(&new).await? {
            return Ok(account);
        }
        if let Some(label) = &new.label {
            new.label = Some(self.free_label_like(new.kind, label).await?);
        }
        self.add_api_key(context, new).await
    }

    async fn account_with_key(
        &self,
        new: &NewProviderApiKey,
    ) -> Result<Option<provider_account::Model>> {
        let new_address = address(new.kind, new.base_url.as_deref());
        for account in self.list().await? {
            if account.kind != new.kind
                || address(account.kind, account.base_url.as_deref()) != new_address
            {
                continue;
            }
            let opened = self.open(account.clone())?;
            let key = opened.secret.api_key().map(SecretString::expose_secret);
            if key == Some(new.api_key.expose_secret().trim()) {
                return Ok(Some(account));
            }
        }
        Ok(None)
    }

    /// Exports every account with its secrets in plain text, in a format that [`import`](Self::import) accepts.
    pub async fn export(&self, context: &AuditContext) -> Result<SecretString> {
        let mut exported = 0_usize;
        let mut export = Map::from_iter([("proxypal-export".to_owned(), json!(1))]);
        for account in self.list().await? {
            exported += 1;
            if let Some(entry) = self.exported_github(&account)? {
                push(&mut export, GITHUB, entry);
                continue;
            }
            let opened = self.open(account)?;
            let (list, entry) = match &opened.secret {
                CredentialSecret::AuthFile { json, .. } => (FILES, without_stamp(json)?),
                CredentialSecret::ApiKey(key) => {
                    let Some(list) = list_of(opened.kind) else {
                        continue;
                    };
                    (list, key_entry(&opened, key))
                }
            };
            push(&mut export, list, entry);
        }
        let text = serde_json::to_string_pretty(&export).map_err(anyhow::Error::from)?;
        self.record_without_change(context, json!({ "accounts": exported }))
            .await?;
        Ok(text.into())
    }
}

fn check_number(documents: &[ImportedDocument]) -> Result<()> {
    if documents.is_empty() || documents.len() > MAX_DOCUMENTS {
        return Err(Error::BadInput(format!(
            "import between 1 and {MAX_DOCUMENTS} files in one request"
        )));
    }
    Ok(())
}

fn push(export: &mut Map<String, Value>, list: &str, entry: Value) {
    let entries = export.entry(list).or_insert_with(|| json!([]));
    if let Value::Array(entries) = entries {
        entries.push(entry);
    }
}

fn list_of(kind: ProviderKind) -> Option<&'static str> {
    providers::spec(kind).key_lists().next()
}

/// The stamp would refer to another account on another server.
fn without_stamp(json: &SecretString) -> Result<Value> {
    let mut file: Map<String, Value> =
        serde_json::from_str(json.expose_secret()).map_err(anyhow::Error::from)?;
    super::auth_file::remove_stamp(&mut file);
    Ok(Value::Object(file))
}

fn key_entry(account: &ProviderCredential, key: &SecretString) -> Value {
    let headers: Map<_, _> = account
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), json!(value.expose_secret())))
        .collect();
    json!({
        "provider": providers::spec(account.kind).name, "label": account.label, "api-key": key.expose_secret(), "base-url": account.base_url,
        "headers": headers, "models": account.models, "prefix": account.prefix,
    })
}
