//! Imports and exports accounts with their secrets.

use entity::provider_account::{self, ProviderKind};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use super::{
    CredentialSecret, Error, NewProviderApiKey, ProviderAccounts, ProviderCredential, Result,
    bulk::address,
    import::{self, FILES, GITHUB, ImportedDocument, Item},
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

/// Why a document or entry failed.
#[derive(Debug)]
pub struct ImportProblem {
    pub document: String,
    pub message: String,
}

impl ProviderAccounts {
    /// Imports every account of the documents. A failure does not affect the others.
    pub async fn import(
        &self,
        context: &AuditContext,
        documents: Vec<ImportedDocument>,
    ) -> Result<ImportReport> {
        if documents.is_empty() || documents.len() > MAX_DOCUMENTS {
            return Err(Error::BadInput(format!(
                "import between 1 and {MAX_DOCUMENTS} files in one request"
            )));
        }
        let mut report = ImportReport::default();
        for document in documents {
            for item in import::items(&document) {
                let taken = match item {
                    Ok(Item::AuthFile(new)) => self.import_auth_file(context, new).await,
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

    /// Skips a key that exists already.
    async fn import_key(
        &self,
        context: &AuditContext,
        mut new: NewProviderApiKey,
    ) -> Result<provider_account::Model> {
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
                return Ok(account);
            }
        }
        if let Some(label) = &new.label {
            new.label = Some(self.free_label_like(new.kind, label).await?);
        }
        self.add_api_key(context, new).await
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
