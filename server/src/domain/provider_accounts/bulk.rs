//! Adds many API keys in one call: each is added, or rejected with a reason.

use std::collections::HashSet;

use entity::provider_account::{self, ProviderKind, ProviderModel};
use sea_orm::{ActiveEnum as _, DatabaseTransaction};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::{
    Error, NewProviderApiKey, ProviderAccounts, Result, check,
    secrets::{AccountSecrets, Stored},
    text,
};
use crate::{domain::audit::AuditContext, providers};

/// The maximum number of keys per call.
const MAX_KEYS: usize = 500;

/// API keys of one provider with otherwise equal settings.
#[derive(Debug)]
pub struct NewProviderApiKeys {
    pub kind: ProviderKind,
    pub api_keys: Vec<SecretString>,
    /// A number is appended from the second key on.
    pub label: Option<String>,
    pub base_url: Option<String>,
    pub headers: Vec<(String, SecretString)>,
    pub models: Vec<ProviderModel>,
    pub prefix: Option<String>,
}

impl ProviderAccounts {
    /// Adds the valid keys. The result has one entry per key, in the same order.
    pub async fn add_api_keys(
        &self,
        context: &AuditContext,
        new: NewProviderApiKeys,
    ) -> Result<Vec<Result<provider_account::Model>>> {
        if new.api_keys.is_empty() || new.api_keys.len() > MAX_KEYS {
            return Err(Error::BadInput(format!(
                "apiKeys must have between 1 and {MAX_KEYS} keys"
            )));
        }
        let label = text::optional("label", new.label.as_deref(), 90)?;
        let label = label.unwrap_or_else(|| check::default_label(new.kind));
        let mut answers = Vec::with_capacity(new.api_keys.len());
        {
            // Serialises concurrent calls with the same keys.
            let sealing = self.begin_sealing().await?;
            let mut known = self.known(new.kind).await?;
            for key in &new.api_keys {
                let added = self.add_one(context, &sealing, &new, (key, &label), &mut known);
                answers.push(added.await);
            }
            sealing.commit().await?;
        }
        if answers.iter().any(Result::is_ok) {
            self.announce();
        }
        let result = json!({ "kind": new.kind.to_value(), "added": 0, "refused": answers.len() });
        self.record_without_change(context, result).await?;
        Ok(answers)
    }

    async fn add_one(
        &self,
        context: &AuditContext,
        transaction: &DatabaseTransaction,
        new: &NewProviderApiKeys,
        (key, label): (&SecretString, &str),
        known: &mut Known,
    ) -> Result<provider_account::Model> {
        let one = check::new_api_key(NewProviderApiKey {
            kind: new.kind,
            api_key: key.clone(),
            label: None,
            base_url: new.base_url.clone(),
            headers: new.headers.clone(),
            models: new.models.clone(),
            prefix: new.prefix.clone(),
        })?;
        known.require_new(&one)?;
        let label = known.free_label(label);
        let key = one.api_key.clone();
        let address = address(one.kind, one.base_url.as_deref());
        let account = self
            .insert_api_key(context, transaction, one, label.clone())
            .await?;
        known.labels.insert(label.clone());
        known.keys.push((key, address, label));
        Ok(account)
    }

    /// The labels and decrypted keys of a provider.
    pub(super) async fn known(&self, kind: ProviderKind) -> Result<Known> {
        let mut known = Known::default();
        for account in self.list().await? {
            // Entries of one list must differ in key or address, or the engine takes them for one.
            let list = providers::spec(account.kind).engine.key_list;
            if list != providers::spec(kind).engine.key_list {
                continue;
            }
            // A key that cannot be decrypted is reported by `credentials`.
            if let Ok(secrets) = AccountSecrets::open(&self.vault, account.id, &account.sealed)
                && let Stored::ApiKey(key) = secrets.secret
            {
                let address = address(account.kind, account.base_url.as_deref());
                known.keys.push((key, address, account.label.clone()));
            }
            if account.kind == kind {
                known.labels.insert(account.label);
            }
        }
        Ok(known)
    }
}

/// Where the engine finds an account; `None` for the engine's own default.
pub(super) fn address(kind: ProviderKind, base_url: Option<&str>) -> Option<String> {
    let keys = &providers::spec(kind).api_keys;
    keys.base_url(base_url).map(str::to_owned)
}

/// The labels and keys of a provider, to check new keys against.
#[derive(Debug, Default)]
pub(super) struct Known {
    labels: HashSet<String>,
    /// Key, address and label.
    keys: Vec<(SecretString, Option<String>, String)>,
}

impl Known {
    /// Fails if the key exists already.
    pub(super) fn require_new(&self, new: &NewProviderApiKey) -> Result<()> {
        match self.owner(new) {
            Some(owner) => Err(Error::Conflict(format!(
                "this key exists already, as {owner:?}"
            ))),
            None => Ok(()),
        }
    }

    /// The label of the account with this key at this address.
    fn owner(&self, new: &NewProviderApiKey) -> Option<&str> {
        let new_address = address(new.kind, new.base_url.as_deref());
        let is_same = |(key, address, _): &&(SecretString, Option<String>, String)| {
            key.expose_secret() == new.api_key.expose_secret() && *address == new_address
        };
        self.keys
            .iter()
            .find(is_same)
            .map(|(_, _, label)| label.as_str())
    }

    fn free_label(&self, name: &str) -> String {
        let mut numbered = (2..).map(|number| format!("{name}-{number}"));
        if !self.labels.contains(name) {
            return name.to_owned();
        }
        numbered
            .find(|label| !self.labels.contains(label))
            .unwrap_or_else(|| name.to_owned())
    }
}
