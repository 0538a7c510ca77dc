//! The credential lists of the configuration, one per kind of provider.

use std::collections::{BTreeMap, HashSet};

use entity::{model_alias, provider_account::ProviderModel};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use super::additional::{self, PayloadRules};
use super::aliases::{ChannelAlias, KnownModels, by_channel, of_entry};
use crate::domain::models;
use crate::domain::provider_accounts::ProviderCredential;
use crate::domain::settings::EngineSettings;
use crate::providers::{self, OPENAI_COMPATIBLE_LIST};

/// Replaces secrets in a preview.
pub(super) const MASK: &str = "********";

/// Whether secrets are rendered or masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Reveal {
    /// For the engine.
    Secrets,
    /// For display: secrets are masked.
    Nothing,
}

/// All lists. Empty ones are rendered too, so that a removed account disappears from the running engine.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::engine) struct CredentialLists {
    #[serde(flatten)]
    api_keys: BTreeMap<&'static str, Vec<KeyEntry>>,
    openai_compatibility: Vec<CompatibleEntry>,
    #[serde(
        rename = "oauth-model-alias",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    channel_aliases: BTreeMap<&'static str, Vec<ChannelAlias>>,
    #[serde(
        rename = "oauth-excluded-models",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    channel_excluded: BTreeMap<&'static str, Vec<String>>,
    #[serde(skip_serializing_if = "PayloadRules::is_empty")]
    payload: PayloadRules,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct KeyEntry {
    #[serde(flatten)]
    key: ApiKeyEntry,
    #[serde(flatten)]
    common: Common,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    excluded_models: Vec<String>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_url: Option<String>,
}

/// The common fields of entries.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Common {
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<i32>,
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

/// How an entry is rendered.
#[derive(Clone, Copy, Debug)]
struct How<'a> {
    /// Models that the provider's accounts do not serve.
    excluded: &'a [String],
    reveal: Reveal,
}

impl CredentialLists {
    /// Sorts the credentials into their lists, with the aliases of their models and without the models that the settings
    /// exclude.
    pub(in crate::engine) fn with_aliases(
        credentials: &[ProviderCredential],
        aliases: &[model_alias::Model],
        known: &KnownModels,
        settings: &EngineSettings,
        reveal: Reveal,
    ) -> Self {
        let additional = additional::by_provider(settings, known);
        let named = credentials.iter().map(|credential| {
            let more = additional.get(&credential.kind);
            let more = more.map(Vec::as_slice).unwrap_or_default();
            ProviderCredential {
                models: of_entry(credential, aliases, known, more),
                ..credential.clone()
            }
        });
        let named: Vec<_> = named.collect();
        let mut channel_aliases = by_channel(aliases);
        additional::add_to_channels(&mut channel_aliases, &additional);
        Self {
            channel_aliases,
            payload: additional::rules(&additional, aliases),
            channel_excluded: excluded_by_channel(settings),
            ..Self::new(&named, settings, reveal)
        }
    }

    /// Sorts the credentials into their lists.
    pub(in crate::engine) fn new(
        credentials: &[ProviderCredential],
        settings: &EngineSettings,
        reveal: Reveal,
    ) -> Self {
        let mut lists = Self {
            api_keys: empty_lists(),
            ..Self::default()
        };
        let mut names = HashSet::new();
        for credential in credentials {
            // Signed-in accounts have auth files.
            if let Some(key) = credential.secret.api_key() {
                let provider = settings.provider(credential.kind);
                let how = How {
                    excluded: &provider.provider.excluded_models,
                    reveal,
                };
                lists.add(credential, key, how, &mut names);
            }
        }
        lists
    }

    fn add(
        &mut self,
        credential: &ProviderCredential,
        key: &SecretString,
        how: How<'_>,
        names: &mut HashSet<String>,
    ) {
        match providers::spec(credential.kind).engine.key_list {
            None => {}
            Some(OPENAI_COMPATIBLE_LIST) => {
                // The engine has no exclusion list here; unlisted models are not served.
                let mut credential = credential.clone();
                credential
                    .models
                    .retain(|model| !is_excluded(how.excluded, model));
                let name = unique_name(&credential, names);
                let entry = compatible_entry(&credential, key, name, how.reveal);
                self.openai_compatibility.push(entry);
            }
            Some(list) => {
                let entry = key_entry(credential, key, how);
                self.api_keys.entry(list).or_default().push(entry);
            }
        }
    }
}

/// The lists of all providers, since empty ones are rendered too.
fn empty_lists() -> BTreeMap<&'static str, Vec<KeyEntry>> {
    let lists = providers::ALL
        .iter()
        .filter_map(|spec| spec.engine.key_list);
    lists
        .filter(|list| *list != OPENAI_COMPATIBLE_LIST)
        .map(|list| (list, Vec::new()))
        .collect()
}

/// Whether the client-visible name of a model is excluded, by the engine's rules.
fn is_excluded(excluded: &[String], model: &ProviderModel) -> bool {
    let name = model.alias.as_ref().unwrap_or(&model.name);
    let name = name.trim().to_lowercase();
    let mut excluded = excluded.iter();
    excluded.any(|pattern| models::fits(&pattern.to_lowercase(), &name))
}

fn excluded_by_channel(settings: &EngineSettings) -> BTreeMap<&'static str, Vec<String>> {
    let mut lists = BTreeMap::new();
    for spec in providers::ALL {
        let provider = settings.provider(spec.kind);
        let excluded = &provider.provider.excluded_models;
        for channel in spec.engine.channels {
            if !excluded.is_empty() {
                lists.insert(*channel, excluded.clone());
            }
        }
    }
    lists
}

/// The base URL of a credential, as the engine expects it.
pub(super) fn base_url(credential: &ProviderCredential) -> Option<String> {
    let keys = &providers::spec(credential.kind).api_keys;
    keys.base_url(credential.base_url.as_deref())
        .map(str::to_owned)
}

fn key_entry(credential: &ProviderCredential, key: &SecretString, how: How<'_>) -> KeyEntry {
    KeyEntry {
        key: api_key_entry(credential, key, how.reveal),
        common: common(credential, how.reveal),
        excluded_models: how.excluded.to_vec(),
    }
}

fn compatible_entry(
    credential: &ProviderCredential,
    key: &SecretString,
    name: String,
    reveal: Reveal,
) -> CompatibleEntry {
    CompatibleEntry {
        name,
        api_key_entries: [api_key_entry(credential, key, reveal)],
        common: common(credential, reveal),
    }
}

fn api_key_entry(
    credential: &ProviderCredential,
    key: &SecretString,
    reveal: Reveal,
) -> ApiKeyEntry {
    let proxy_url = credential.proxy_url.as_ref();
    ApiKeyEntry {
        api_key: shown(key, reveal),
        weight: (credential.weight != 1).then_some(credential.weight),
        proxy_url: proxy_url.map(|url| shown(url, reveal)),
    }
}

/// The engine ignores the case of names, so names that differ in case only need distinct suffixes.
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
        priority: (credential.priority != 0).then_some(credential.priority),
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
        // The engine trims values; an untrimmed value would never be reported as applied.
        Reveal::Secrets => secret.expose_secret().trim().to_owned(),
        Reveal::Nothing => MASK.to_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use uuid::Uuid;

    use entity::provider_account::ProviderKind;

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
        claude.priority = 7;
        claude.weight = 30;
        claude.proxy_url = Some("socks5://u:canary@proxy:1080".into());
        let mut compatible = credential(
            ProviderKind::OpenaiCompatible,
            "yes: \"no\"",
            "f-canary # not a comment",
        );
        compatible.base_url = Some("http://127.0.0.1:19000/v1/".to_owned());
        compatible.weight = 2;
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
            credential(ProviderKind::Copilot, "a token that we renew", "e-canary"),
            compatible,
            credential(ProviderKind::OpenaiCompatible, "YES: \"NO\"", "g-canary"),
        ]
    }
}
