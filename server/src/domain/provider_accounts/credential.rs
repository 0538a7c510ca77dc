//! Decrypted provider accounts, from which the engine's configuration is rendered.

use std::collections::BTreeMap;

use entity::provider_account::{ProviderKind, ProviderModel};
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::auth_file;

/// The secret of an account.
#[derive(Clone, Debug)]
pub enum CredentialSecret {
    /// A key in the engine's configuration.
    ApiKey(SecretString),
    /// Tokens in a file of the engine's directory.
    AuthFile {
        file_name: String,
        json: SecretString,
    },
}

impl CredentialSecret {
    pub fn api_key(&self) -> Option<&SecretString> {
        match self {
            Self::ApiKey(key) => Some(key),
            Self::AuthFile { .. } => None,
        }
    }

    /// Whether there is no secret yet.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::ApiKey(secret) | Self::AuthFile { json: secret, .. } => {
                secret.expose_secret().is_empty()
            }
        }
    }

    /// Every part of it that must be masked in logs.
    pub fn hidden(&self) -> Vec<SecretString> {
        match self {
            Self::ApiKey(key) => vec![key.clone()],
            Self::AuthFile { json, .. } => {
                let file = serde_json::from_str(json.expose_secret()).unwrap_or_default();
                let mut hidden = Vec::new();
                auth_file::collect_hidden(&file, &mut hidden);
                hidden
            }
        }
    }
}

/// An enabled account, ready to be rendered. Drop it after rendering.
#[derive(Clone, Debug)]
pub struct ProviderCredential {
    pub account_id: Uuid,
    pub kind: ProviderKind,
    /// Unique among accounts of a provider; names the entry in the engine's configuration.
    pub label: String,
    pub secret: CredentialSecret,
    /// Extra request headers; the values are secret.
    pub headers: BTreeMap<String, SecretString>,
    /// `None` for the provider's default address.
    pub base_url: Option<String>,
    /// Empty for all known models of the provider.
    pub models: Vec<ProviderModel>,
    /// A prefix of model names that selects this account.
    pub prefix: Option<String>,
    /// Accounts of a higher priority are used first.
    pub priority: i32,
    /// The share of requests among accounts of the same priority.
    pub weight: i32,
    /// The proxy to the provider; may contain a password.
    pub proxy_url: Option<SecretString>,
}
