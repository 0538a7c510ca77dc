//! The configuration as the engine reads it, and all state with the lifetime of the process.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use arc_swap::ArcSwap;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::auth_files::{self, AuthFile};

/// The lists with one key per entry, and the provider of each.
const KEY_LISTS: [(&str, Provider); 6] = [
    ("claude-api-key", Provider::Claude),
    ("codex-api-key", Provider::Codex),
    ("gemini-api-key", Provider::Gemini),
    ("xai-api-key", Provider::Xai),
    ("vertex-api-key", Provider::Vertex),
    ("interactions-api-key", Provider::Interactions),
];

/// The account of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    Claude,
    Codex,
    Gemini,
    Xai,
    Vertex,
    Interactions,
    Compatible,
}

/// All state with the lifetime of the process.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) path: PathBuf,
    pub(crate) config: ArcSwap<Config>,
    pub(crate) queue: Mutex<VecDeque<Value>>,
    pub(crate) failures: AtomicU32,
    pub(crate) turns: AtomicUsize,
    /// Sign-ins by state: pending, completed, or the error.
    pub(crate) logins: Mutex<HashMap<String, Option<Result<(), String>>>>,
    pub(crate) auth_files: Mutex<HashMap<PathBuf, AuthFile>>,
    /// Credentials that a provider rejected, by name: skipped until they are reset.
    pub(crate) refused: Mutex<HashSet<String>>,
    pub(crate) management_key: Option<String>,
    /// Whether it was started without `-local-model`.
    pub(crate) refreshes_catalogue: bool,
    /// The models of the refreshed catalogue that the built-in one lacks.
    pub(crate) catalogue: ArcSwap<crate::catalogue::Models>,
    pub(crate) http: reqwest::Client,
}

/// The content of the file at one time.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) text: String,
    pub(crate) document: Value,
    pub(crate) credentials: Vec<Credential>,
}

/// One key at one provider.
#[derive(Clone, Debug)]
pub(crate) struct Credential {
    pub(crate) provider: Provider,
    pub(crate) provider_name: String,
    pub(crate) api_key: String,
    pub(crate) base_url: String,
    pub(crate) auth_index: String,
    pub(crate) headers: Vec<(String, String)>,
    /// Alias and real name.
    pub(crate) models: Vec<(String, String)>,
    pub(crate) priority: i64,
    pub(crate) weight: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Entry {
    #[serde(default)]
    api_key: String,
    #[serde(default)]
    api_key_entries: Vec<KeyOnly>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    base_url: String,
    #[serde(default)]
    proxy_url: String,
    prefix: Option<String>,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    models: Vec<Model>,
    #[serde(default)]
    priority: i64,
    weight: Option<usize>,
    #[serde(default)]
    excluded_models: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct KeyOnly {
    api_key: String,
    weight: Option<usize>,
}

#[derive(Deserialize)]
struct Model {
    name: String,
    alias: String,
}

impl Live {
    /// Reads the file and the environment.
    #[expect(
        clippy::disallowed_methods,
        reason = "the engine takes this key from its environment"
    )]
    pub(crate) fn open(path: PathBuf, refreshes_catalogue: bool) -> Result<Self, String> {
        let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
        let http = reqwest::Client::builder().no_proxy().build();
        Ok(Self {
            path,
            config: ArcSwap::from_pointee(Config::parse(text)?),
            queue: Mutex::default(),
            failures: AtomicU32::new(0),
            turns: AtomicUsize::new(0),
            logins: Mutex::default(),
            auth_files: Mutex::default(),
            refused: Mutex::default(),
            refreshes_catalogue,
            catalogue: ArcSwap::default(),
            management_key: std::env::var("MANAGEMENT_PASSWORD")
                .ok()
                .filter(|key| !key.is_empty()),
            http: http.map_err(|error| error.to_string())?,
        })
    }

    /// The credentials that serve a model, in round-robin order, and the model's real name at each.
    pub(crate) fn serving(&self, model: &str) -> Vec<(Credential, String)> {
        let mut serving = serving(&self.credentials(), model);
        serving.sort_by_key(|(credential, _)| Reverse(credential.priority));
        let highest = serving.first().map(|(credential, _)| credential.priority);
        let equals = serving
            .iter()
            .take_while(|(credential, _)| Some(credential.priority) == highest)
            .count();
        let weights = serving[..equals].iter();
        let weights: Vec<usize> = weights.map(|(credential, _)| credential.weight).collect();
        if equals > 0 {
            serving[..equals].rotate_left(self.turn(&weights));
        }
        serving
    }

    /// Round robin among accounts of equal priority.
    fn turn(&self, weights: &[usize]) -> usize {
        let config = self.config.load();
        let strategy = config.document["routing"]["strategy"].as_str();
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        match strategy {
            Some("fill-first") => 0,
            Some("weighted-round-robin") => {
                let mut left = turn % weights.iter().sum::<usize>().max(1);
                let mut place = 0;
                while place + 1 < weights.len() && left >= weights[place] {
                    left -= weights[place];
                    place += 1;
                }
                place
            }
            _ => turn % weights.len(),
        }
    }

    /// The credentials of the configuration and of the auth files.
    pub(crate) fn credentials(&self) -> Vec<Credential> {
        let mut credentials = self.config.load().credentials.clone();
        let config = self.config.load();
        let aliases = config.document["oauth-model-alias"]["xai"].clone();
        let catalogue = self.catalogue.load();
        let refreshed = catalogue.get("xai").into_iter().flatten();
        for mut credential in auth_files::credentials(self) {
            for name in refreshed.clone() {
                credential.models.push((name.clone(), name.clone()));
            }
            for entry in aliases.as_array().into_iter().flatten() {
                let part = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
                let (alias, name) = (part("alias"), part("name"));
                if credential.models.iter().any(|(shown, _)| *shown == name) {
                    credential.models.push((alias, name));
                }
            }
            credentials.push(credential);
        }
        credentials
    }

    /// The address to listen on.
    pub(crate) fn address(&self) -> String {
        let config = self.config.load();
        let host = config.document["host"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        format!(
            "{host}:{}",
            config.document["port"].as_u64().unwrap_or_default()
        )
    }
}

impl Config {
    /// Parses a file.
    pub(crate) fn parse(text: String) -> Result<Self, String> {
        let document: Value = serde_saphyr::from_str(&text).map_err(|error| error.to_string())?;
        let mut credentials = Vec::new();
        for (list, provider) in KEY_LISTS {
            for entry in entries(&document, list)? {
                let needs_url = matches!(provider, Provider::Codex | Provider::Xai);
                if !(needs_url && entry.base_url.is_empty()) {
                    let weight = entry.weight;
                    credentials.push(credential(&entry, &entry.api_key, list, provider, weight));
                }
            }
        }
        for entry in entries(&document, "openai-compatibility")? {
            for key in &entry.api_key_entries {
                let list = "openai-compatibility";
                let compatible = Provider::Compatible;
                credentials.push(credential(
                    &entry,
                    &key.api_key,
                    list,
                    compatible,
                    key.weight,
                ));
            }
        }
        Ok(Self {
            text,
            document,
            credentials,
        })
    }
}

fn serving(credentials: &[Credential], model: &str) -> Vec<(Credential, String)> {
    let offers = |credential: &Credential| {
        let mut models = credential.models.iter();
        models
            .find(|(alias, _)| alias == model)
            .map(|(_, name)| name.clone())
    };
    let serving = credentials.iter();
    serving
        .filter_map(|credential| Some((credential.clone(), offers(credential)?)))
        .collect()
}

fn entries(document: &Value, list: &str) -> Result<Vec<Entry>, String> {
    let entries: Option<_> =
        serde_json::from_value(document[list].clone()).map_err(|error| error.to_string())?;
    Ok(entries.unwrap_or_default())
}

fn credential(
    entry: &Entry,
    api_key: &str,
    list: &str,
    provider: Provider,
    weight: Option<usize>,
) -> Credential {
    let seed = seed(entry, api_key, list, provider);
    let prefix = entry
        .prefix
        .as_ref()
        .map(|prefix| format!("{prefix}/"))
        .unwrap_or_default();
    let mut models: Vec<_> = entry
        .models
        .iter()
        .map(|model| (format!("{prefix}{}", model.alias), model.name.clone()))
        .collect();
    if entry.models.is_empty()
        && let Some(model) = catalogue(provider)
    {
        models.push((format!("{prefix}{model}"), model.to_owned()));
    }
    models.retain(|(alias, _)| {
        let mut excluded = entry.excluded_models.iter();
        !excluded.any(|pattern| fits(pattern, alias))
    });
    Credential {
        provider,
        priority: entry.priority,
        weight: weight.unwrap_or(1),
        provider_name: provider_name(provider, &entry.name),
        api_key: api_key.to_owned(),
        base_url: entry.base_url.clone(),
        auth_index: hex::encode(&Sha256::digest(seed)[..8]),
        headers: entry.headers.clone().into_iter().collect(),
        models,
    }
}

/// The text whose digest is the id of a key.
fn seed(entry: &Entry, api_key: &str, list: &str, provider: Provider) -> String {
    const VERTEX: &str = "vertex:apikey";
    let base_url = &entry.base_url;
    if provider != Provider::Vertex {
        return format!("{list}:{base_url}+{api_key}");
    }
    let parts = [VERTEX, api_key, base_url, &entry.proxy_url].join("\0");
    format!("id:{VERTEX}:{}", hex::encode(&Sha256::digest(parts)[..6]))
}

/// Whether a name matches a pattern, which may end with a star.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

/// Some models of a provider.
fn catalogue(provider: Provider) -> Option<&'static str> {
    match provider {
        Provider::Claude => Some("claude-sonnet-4-5-20250929"),
        Provider::Codex => Some("gpt-5.5"),
        Provider::Gemini => Some("gemini-2.5-pro"),
        Provider::Vertex => Some("gemini-2.5-flash"),
        Provider::Xai => Some("grok-4.3"),
        Provider::Interactions | Provider::Compatible => None,
    }
}

/// The same, by the provider's name in the management API.
pub(crate) fn known(channel: &str) -> Option<&'static str> {
    let provider = match channel {
        "claude" => Provider::Claude,
        "codex" => Provider::Codex,
        "gemini" => Provider::Gemini,
        "xai" => Provider::Xai,
        "vertex" => Provider::Vertex,
        _ => return None,
    };
    catalogue(provider)
}

fn provider_name(provider: Provider, name: &str) -> String {
    match provider {
        Provider::Claude => "claude".to_owned(),
        Provider::Codex => "codex".to_owned(),
        Provider::Gemini => "gemini".to_owned(),
        Provider::Xai => "xai".to_owned(),
        Provider::Vertex => "vertex".to_owned(),
        Provider::Interactions => "gemini-interactions".to_owned(),
        Provider::Compatible => format!("openai-compatible-{}", name.to_lowercase()),
    }
}
