//! Adds many API keys in one call: each is added, or rejected with a reason.

use std::collections::HashSet;

use entity::provider_account::{self, ProviderKind, ProviderModel};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Error, NewProviderApiKey, ProviderAccounts, Result, check, label_taken,
    secrets::{AccountSecrets, Stored},
    text,
};

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
            let _sealing = self.sealing.lock().await;
            let mut known = self.known(new.kind).await?;
            for key in &new.api_keys {
                answers.push(self.add_one(&new, key, &label, &mut known).await);
            }
        }
        if answers.iter().any(Result::is_ok) {
            self.announce();
        }
        Ok(answers)
    }

    async fn add_one(
        &self,
        new: &NewProviderApiKeys,
        key: &SecretString,
        label: &str,
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
        let (key, base_url) = (one.api_key.clone(), one.base_url.clone());
        let account = self
            .insert_api_key(one, label.clone())
            .await
            .map_err(|error| {
                if matches!(error, Error::Conflict(_)) {
                    return Error::Conflict(label_taken(&label));
                }
                error
            })?;
        known.labels.insert(label.clone());
        known.keys.push((key, base_url, label));
        Ok(account)
    }

    /// The labels and decrypted keys of a provider.
    pub(super) async fn known(&self, kind: ProviderKind) -> Result<Known> {
        let mut known = Known::default();
        for account in self.list().await? {
            if account.kind != kind {
                continue;
            }
            // A key that cannot be decrypted is reported by `credentials`.
            if let Ok(secrets) = AccountSecrets::open(&self.vault, account.id, &account.sealed)
                && let Stored::ApiKey(key) = secrets.secret
            {
                known
                    .keys
                    .push((key, account.base_url, account.label.clone()));
            }
            known.labels.insert(account.label);
        }
        Ok(known)
    }
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
        let is_same = |(key, base_url, _): &&(SecretString, Option<String>, String)| {
            key.expose_secret() == new.api_key.expose_secret() && *base_url == new.base_url
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
