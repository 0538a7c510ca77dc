//! A provider account with its secret decrypted, from which the engine's configuration is rendered.

use std::collections::BTreeMap;

use entity::provider_account::{ProviderKind, ProviderModel};
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::auth_file;

/// The credential at the provider.
#[derive(Clone, Debug)]
pub enum CredentialSecret {
    /// A key, which goes into the engine's configuration.
    ApiKey(SecretString),
    /// Tokens, which are written to an auth file.
    AuthFile {
        /// Its name in the engine's directory.
        file_name: String,
        /// The content of the file.
        json: SecretString,
    },
}

impl CredentialSecret {
    /// The key, when it is one.
    pub fn api_key(&self) -> Option<&SecretString> {
        match self {
            Self::ApiKey(key) => Some(key),
            Self::AuthFile { .. } => None,
        }
    }

    /// Whether there is nothing yet that would open anything.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::ApiKey(secret) | Self::AuthFile { json: secret, .. } => {
                secret.expose_secret().is_empty()
            }
        }
    }

    /// All of its secret parts, to be masked in logs.
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

/// An enabled account, ready to be rendered. It is dropped after the rendering.
#[derive(Clone, Debug)]
pub struct ProviderCredential {
    pub account_id: Uuid,
    pub kind: ProviderKind,
    /// Unique among accounts of a kind; names the entry in the engine's configuration.
    pub label: String,
    pub secret: CredentialSecret,
    /// Extra request headers; values are secret.
    pub headers: BTreeMap<String, SecretString>,
    /// Where the provider is, when not at its usual address.
    pub base_url: Option<String>,
    /// Empty means all models of the provider.
    pub models: Vec<ProviderModel>,
    /// Put before model names, to address this account alone.
    pub prefix: Option<String>,
    /// Accounts of a higher priority are used first.
    pub priority: i32,
    /// The share of the account among those of its priority.
    pub weight: i32,
    /// The proxy to the provider; it may hold a password.
    pub proxy_url: Option<SecretString>,
}
