//! The credential lists of the configuration, one per kind of provider.

use std::collections::{BTreeMap, HashSet};

use entity::{
    model_alias,
    provider_account::{ProviderKind, ProviderModel},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use super::aliases::{ChannelAlias, KnownModels, by_channel, of_entry};
use crate::domain::provider_accounts::ProviderCredential;

/// What a preview shows in the place of a secret.
pub(super) const MASK: &str = "********";
/// Where OpenAI's own keys are good; the engine drops a Codex entry without an address.
const OPENAI: &str = "https://api.openai.com/v1";
/// The same for xAI.
const XAI: &str = "https://api.x.ai/v1";

/// Whether a rendering is for the engine or for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Reveal {
    /// For the engine.
    Secrets,
    /// For people.
    Nothing,
}

/// All lists; empty ones are rendered too, so that the file shows that they are.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::engine) struct CredentialLists {
    claude_api_key: Vec<KeyEntry>,
    codex_api_key: Vec<KeyEntry>,
    gemini_api_key: Vec<KeyEntry>,
    xai_api_key: Vec<KeyEntry>,
    openai_compatibility: Vec<CompatibleEntry>,
    #[serde(
        rename = "oauth-model-alias",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    channel_aliases: BTreeMap<&'static str, Vec<ChannelAlias>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct KeyEntry {
    api_key: String,
    #[serde(flatten)]
    common: Common,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct CompatibleEntry {
    name: String,
    api_key_entries: [ApiKeyEntry; 1],
    #[serde(flatten)]
    common: Common,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct ApiKeyEntry {
    api_key: String,
}

/// What entries of all lists have in common.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Common {
    #[serde(skip_serializing_if = "Option::is_none")]
    base_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    models: Vec<ModelEntry>,
}

#[derive(Debug, Serialize)]
struct ModelEntry {
    name: String,
    alias: String,
}

impl CredentialLists {
    /// Sorts the credentials into their lists, with the aliases of what they serve.
    pub(in crate::engine) fn with_aliases(
        credentials: &[ProviderCredential],
        aliases: &[model_alias::Model],
        known: &KnownModels,
        reveal: Reveal,
    ) -> Self {
        let aliased = credentials.iter().map(|credential| ProviderCredential {
            models: of_entry(credential, aliases, known),
            ..credential.clone()
        });
        let aliased: Vec<_> = aliased.collect();
        Self {
            channel_aliases: by_channel(aliases),
            ..Self::new(&aliased, reveal)
        }
    }

    /// Sorts the credentials into their lists.
    pub(in crate::engine) fn new(credentials: &[ProviderCredential], reveal: Reveal) -> Self {
        let mut lists = Self::default();
        let mut names = HashSet::new();
        for credential in credentials {
            // Tokens are in files of their own.
            let Some(key) = credential.secret.api_key() else {
                continue;
            };
            let key = shown(key, reveal);
            match credential.kind {
                ProviderKind::Claude => lists
                    .claude_api_key
                    .push(key_entry(credential, key, reveal)),
                ProviderKind::Chatgpt => {
                    lists.codex_api_key.push(key_entry(credential, key, reveal));
                }
                ProviderKind::Gemini => lists
                    .gemini_api_key
                    .push(key_entry(credential, key, reveal)),
                ProviderKind::Xai => lists.xai_api_key.push(key_entry(credential, key, reveal)),
                ProviderKind::OpenaiCompatible | ProviderKind::Copilot => {
                    let entry = compatible_entry(credential, key, &mut names, reveal);
                    lists.openai_compatibility.push(entry);
                }
                // It has no form with an API key.
                ProviderKind::Kimi => {}
            }
        }
        lists
    }
}

/// The address that the engine is told for a credential, in the engine's own spelling.
pub(super) fn base_url(credential: &ProviderCredential) -> Option<String> {
    let own = credential
        .base_url
        .as_deref()
        .map(|url| url.trim().trim_end_matches('/'));
    let usual = match credential.kind {
        ProviderKind::Chatgpt => Some(OPENAI),
        ProviderKind::Xai => Some(XAI),
        ProviderKind::Claude
        | ProviderKind::Gemini
        | ProviderKind::Copilot
        | ProviderKind::Kimi
        | ProviderKind::OpenaiCompatible => None,
    };
    own.filter(|url| !url.is_empty())
        .or(usual)
        .map(str::to_owned)
}

fn key_entry(credential: &ProviderCredential, api_key: String, reveal: Reveal) -> KeyEntry {
    KeyEntry {
        api_key,
        common: common(credential, reveal),
    }
}

fn compatible_entry(
    credential: &ProviderCredential,
    api_key: String,
    names: &mut HashSet<String>,
    reveal: Reveal,
) -> CompatibleEntry {
    CompatibleEntry {
        name: unique_name(credential, names),
        api_key_entries: [ApiKeyEntry { api_key }],
        common: common(credential, reveal),
    }
}

/// The engine folds the case of names, and must not take two providers for one.
fn unique_name(credential: &ProviderCredential, names: &mut HashSet<String>) -> String {
    let label = credential.label.trim();
    if names.insert(label.to_lowercase()) {
        return label.to_owned();
    }
    format!("{label}-{}", credential.account_id.simple())
}

fn common(credential: &ProviderCredential, reveal: Reveal) -> Common {
    let headers = credential.headers.iter();
    let prefix = credential
        .prefix
        .as_deref()
        .map(|prefix| prefix.trim().trim_matches('/'));
    Common {
        base_url: base_url(credential),
        prefix: prefix
            .filter(|prefix| !prefix.is_empty())
            .map(str::to_owned),
        headers: headers
            .map(|(name, value)| (name.trim().to_owned(), shown(value, reveal)))
            .collect(),
        models: credential.models.iter().map(model_entry).collect(),
    }
}

fn model_entry(model: &ProviderModel) -> ModelEntry {
    ModelEntry {
        name: model.name.trim().to_owned(),
        alias: model
            .alias
            .as_ref()
            .unwrap_or(&model.name)
            .trim()
            .to_owned(),
    }
}

fn shown(secret: &SecretString, reveal: Reveal) -> String {
    match reveal {
        // The engine trims; so do we, or what it shows would differ from what we wrote.
        Reveal::Secrets => secret.expose_secret().trim().to_owned(),
        Reveal::Nothing => MASK.to_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::provider_accounts::CredentialSecret;

    /// A credential with every field filled.
    pub(in crate::engine) fn credential(
        kind: ProviderKind,
        label: &str,
        key: &str,
    ) -> ProviderCredential {
        ProviderCredential {
            account_id: Uuid::from_u128(u128::from(key.as_bytes()[0])),
            kind,
            label: label.to_owned(),
            secret: CredentialSecret::ApiKey(key.into()),
            headers: BTreeMap::new(),
            base_url: None,
            models: Vec::new(),
            prefix: None,
            priority: 0,
            weight: 1,
            proxy_url: None,
        }
    }

    /// One credential of each kind, with awkward values here and there.
    pub(in crate::engine) fn one_of_each() -> Vec<ProviderCredential> {
        let mut claude = credential(ProviderKind::Claude, "work", "a-canary");
        claude.prefix = Some("team/".to_owned());
        let mut compatible = credential(
            ProviderKind::OpenaiCompatible,
            "yes: \"no\"",
            "f-canary # not a comment",
        );
        compatible.base_url = Some("http://127.0.0.1:19000/v1/".to_owned());
        compatible.headers = BTreeMap::from([("X-Org".to_owned(), " 007-canary ".into())]);
        compatible.models = vec![
            ProviderModel {
                name: "big".to_owned(),
                alias: Some("clever".to_owned()),
            },
            ProviderModel {
                name: "1e3".to_owned(),
                alias: None,
            },
        ];
        vec![
            claude,
            credential(ProviderKind::Chatgpt, "one", "b-canary"),
            credential(ProviderKind::Gemini, "one", "c-canary"),
            credential(ProviderKind::Xai, "one", "d-canary"),
            credential(ProviderKind::Copilot, "no form with a key", "e-canary"),
            compatible,
            credential(ProviderKind::OpenaiCompatible, "YES: \"NO\"", "g-canary"),
        ]
    }
}
