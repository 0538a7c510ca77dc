//! A provider account with its secret opened: what the engine's configuration is rendered from.

use std::collections::BTreeMap;

use entity::provider_account::{ProviderKind, ProviderModel};
use secrecy::SecretString;
use uuid::Uuid;

/// An enabled account, ready to be rendered. It lives only as long as the rendering.
#[derive(Clone, Debug)]
pub struct ProviderCredential {
    pub account_id: Uuid,
    pub kind: ProviderKind,
    /// Unique among accounts of a kind; names the entry in the engine's configuration.
    pub label: String,
    pub api_key: SecretString,
    /// Extra request headers; values are secret.
    pub headers: BTreeMap<String, SecretString>,
    /// Where the provider is, when not at its usual address.
    pub base_url: Option<String>,
    /// Empty means all that the provider is known for.
    pub models: Vec<ProviderModel>,
    /// Put before model names, to address this account alone.
    pub prefix: Option<String>,
}
