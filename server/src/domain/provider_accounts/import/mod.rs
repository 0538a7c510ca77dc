//! Parses imported documents: the engine's auth files and configuration, Google service accounts, the configuration of
//! the desktop program, the credentials of coding agents, and our own export.

mod programs;

use std::collections::BTreeMap;

use entity::provider_account::ProviderModel;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    NewProviderApiKey,
    auth_file::{self, NewAuthFile},
    github::{ExportedGithub, NewGithubToken},
};
use crate::providers;

/// The key of signed-in accounts in our own export.
pub(super) const FILES: &str = "auth-files";
/// The key of GitHub accounts in our own export.
pub(super) const GITHUB: &str = "github-accounts";
const NO_ACCOUNT: &str = "no account found: neither an auth file with a \"type\", a service account, a list of API \
     keys, nor credentials of Claude Code, Codex CLI, GitHub Copilot or OpenCode";
const UNKNOWN: &str = "unknown";
const ENGINE: &str = "CLIProxyAPI";
const EXPORT: &str = "ProxyPal Server";
/// The maximum length of an unknown type in an error, in characters.
const MAX_QUOTE: usize = 40;

#[derive(Debug)]
pub struct ImportedDocument {
    /// A file name, for messages.
    pub name: String,
    pub content: SecretString,
}

/// One account of a document, or why it cannot be imported.
pub(in crate::domain) struct Entry {
    /// The program that wrote it, for people.
    pub(in crate::domain) program: &'static str,
    pub(in crate::domain) item: Result<Item, String>,
}

impl Entry {
    fn new(program: &'static str, item: Result<Item, String>) -> Self {
        Self { program, item }
    }

    fn unknown(reason: impl Into<String>) -> Self {
        Self::new(UNKNOWN, Err(reason.into()))
    }
}

pub(in crate::domain) enum Item {
    AuthFile(NewAuthFile),
    ApiKey(NewProviderApiKey),
    Github(NewGithubToken),
}

#[derive(Deserialize)]
struct KeyEntry {
    /// Our own export names the provider of each entry.
    #[serde(default)]
    provider: Option<String>,
    #[serde(default, alias = "api-key", alias = "apiKey")]
    key: Option<String>,
    #[serde(default, alias = "api-key-entries", alias = "apiKeyEntries")]
    keys: Vec<KeyOnly>,
    #[serde(default, alias = "label")]
    name: Option<String>,
    #[serde(default, alias = "base-url", alias = "baseUrl")]
    address: Option<String>,
    #[serde(default)]
    prefix: Option<String>,
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    #[serde(default)]
    models: Option<Vec<ModelEntry>>,
}

#[derive(Deserialize)]
struct KeyOnly {
    #[serde(alias = "api-key", alias = "apiKey")]
    key: String,
}

#[derive(Deserialize)]
struct ModelEntry {
    name: String,
    #[serde(default)]
    alias: Option<String>,
}

/// The maximum total length of all texts of a YAML document after alias expansion, in bytes: twice the longest body.
const MAX_TEXT: usize = 2 * 1024 * 1024;

/// The accounts of a document, each parsed or with the reason of the failure.
pub(in crate::domain) fn entries(document: &ImportedDocument) -> Vec<Entry> {
    let text = document.content.expose_secret();
    // Errors of parsers quote the document, which contains secrets, so they are not returned.
    let parsed = serde_json::from_str(text)
        .or_else(|_| serde_saphyr::from_str_with_options(text, yaml_limits()));
    match parsed {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => {
            let entries = entries_of(value);
            if entries.is_empty() {
                return vec![Entry::unknown(NO_ACCOUNT)];
            }
            entries
        }
        Ok(_) | Err(_) => vec![Entry::unknown(
            "it is neither JSON nor YAML; upload the file unchanged",
        )],
    }
}

/// YAML aliases multiply the size of a document; the engine's configuration needs few of them.
fn yaml_limits() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_aliases: 100,
            max_total_scalar_bytes: MAX_TEXT,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 1_000,
        },
    }
}

fn entries_of(value: Value) -> Vec<Entry> {
    match value {
        Value::Array(values) => values.into_iter().flat_map(entries_of).collect(),
        Value::Object(fields) if fields.get("type").is_some_and(Value::is_string) => {
            vec![auth_file(fields)]
        }
        Value::Object(fields) => programs::entries(&fields).unwrap_or_else(|| lists(fields)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            vec![Entry::unknown("an entry of the accounts is not an account")]
        }
    }
}

/// A configuration of the engine or of the desktop program, or our own export.
fn lists(mut fields: Map<String, Value>) -> Vec<Entry> {
    let files = fields.remove(FILES).unwrap_or(Value::Array(Vec::new()));
    let mut entries = entries_of(files);
    let github = fields.remove(GITHUB).unwrap_or(Value::Array(Vec::new()));
    let github = github_items(github).into_iter();
    entries.extend(github.map(|item| Entry::new(EXPORT, item)));
    for spec in providers::ALL {
        for list in spec.key_lists() {
            let items = keys(list, fields.remove(list).unwrap_or(Value::Null)).into_iter();
            entries.extend(items.map(|item| Entry::new(ENGINE, item)));
        }
    }
    if entries.is_empty() {
        entries.push(Entry::unknown(NO_ACCOUNT));
    }
    entries
}

fn github_items(value: Value) -> Vec<Result<Item, String>> {
    let Value::Array(entries) = value else {
        return vec![Err(format!("{GITHUB} is not a list"))];
    };
    let entries = entries.into_iter().enumerate();
    let item = |(number, entry)| match serde_json::from_value::<ExportedGithub>(entry) {
        Ok(entry) => Ok(Item::Github(entry.into())),
        Err(_) => Err(format!("entry {} of {GITHUB} is invalid", number + 1)),
    };
    entries.map(item).collect()
}

fn auth_file(content: Map<String, Value>) -> Entry {
    let given_type = auth_file::text(&content, "type").unwrap_or_default();
    match providers::converter(given_type) {
        Some((program, convert)) => Entry::new(program, convert(&content).and_then(login)),
        None => Entry::new(ENGINE, login(content)),
    }
}

fn login(content: Map<String, Value>) -> Result<Item, String> {
    let engine_type = auth_file::text(&content, "type").unwrap_or_default();
    let Some(kind) = providers::by_auth_file(engine_type) else {
        let quoted: String = engine_type.chars().take(MAX_QUOTE).collect();
        return Err(format!(
            "the engine cannot use accounts of the type {quoted:?}"
        ));
    };
    Ok(Item::AuthFile(NewAuthFile {
        kind,
        label: None,
        email: None,
        plan: None,
        file_name: None,
        content,
        expires_at: None,
    }))
}

fn keys(list: &str, value: Value) -> Vec<Result<Item, String>> {
    let entries = match value {
        Value::Null => return Vec::new(),
        Value::Array(entries) => entries,
        single @ (Value::Object(_) | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            vec![single]
        }
    };
    let entries = entries.into_iter().enumerate();
    entries
        .flat_map(
            |(number, entry)| match serde_json::from_value::<KeyEntry>(entry) {
                Ok(entry) => key_items(list, &entry),
                Err(_) => vec![Err(format!("entry {} of {list} is invalid", number + 1))],
            },
        )
        .collect()
}

fn key_items(list: &str, entry: &KeyEntry) -> Vec<Result<Item, String>> {
    let (name, address) = (entry.provider.as_deref(), entry.address.as_deref());
    let Some(kind) = providers::by_key_list(list, name, address) else {
        return vec![Err(format!("no provider has a list {list}"))];
    };
    let keys = entry
        .key
        .iter()
        .chain(entry.keys.iter().map(|entry| &entry.key));
    let models = entry.models.iter().flatten();
    let models: Vec<_> = models
        .map(|model| ProviderModel {
            name: model.name.clone(),
            alias: model.alias.clone(),
        })
        .collect();
    keys.map(|key| {
        Ok(Item::ApiKey(NewProviderApiKey {
            kind,
            api_key: key.as_str().into(),
            label: entry.name.clone(),
            base_url: entry.address.clone().filter(|address| !address.is_empty()),
            headers: headers(entry.headers.as_ref()),
            models: models.clone(),
            prefix: entry.prefix.clone().filter(|prefix| !prefix.is_empty()),
        }))
    })
    .collect()
}

fn headers(headers: Option<&BTreeMap<String, String>>) -> Vec<(String, SecretString)> {
    let headers = headers.into_iter().flatten();
    headers
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use entity::provider_account::ProviderKind;

    use super::*;

    fn understood(content: &str) -> Vec<Result<Item, String>> {
        let entries = entries(&ImportedDocument {
            name: "a file".to_owned(),
            content: content.into(),
        });
        entries.into_iter().map(|entry| entry.item).collect()
    }

    #[test]
    fn a_service_account_becomes_a_vertex_file() {
        let items = understood(
            r#"{"type": "service_account", "project_id": "p", "client_email": "a@p", "private_key": "k"}"#,
        );

        let [Ok(Item::AuthFile(file))] = items.as_slice() else {
            panic!("one auth file");
        };
        assert_eq!(file.kind, ProviderKind::Gemini);
        assert_eq!(file.content["location"], "us-central1");
        assert_eq!(file.content["service_account"]["private_key"], "k");
    }

    #[test]
    fn reads_the_desktop_programs_providers_and_the_engines_lists() {
        let desktop = understood(
            r#"{"port": 8317, "ampOpenaiProviders": [{"id": "1", "name": "lab", "baseUrl": "http://l/v1",
                "apiKey": "k1", "models": [{"name": "m", "alias": "n"}]}], "claudeApiKeys": [{"apiKey": "k2"}]}"#,
        );
        let engine = understood(
            "port: 1\nopenai-compatibility:\n  - name: lab\n    base-url: http://l/v1\n    api-key-entries:\n      - api-key: k1\n      - api-key: k2\n",
        );

        assert_eq!(desktop.iter().filter(|item| item.is_ok()).count(), 2);
        assert_eq!(engine.iter().filter(|item| item.is_ok()).count(), 2);
    }

    #[test]
    fn a_document_without_accounts_gets_a_reason_of_bounded_length() {
        let long = format!(r#"{{"type": "{}"}}"#, "x".repeat(10_000));

        for content in ["[]", "[[], []]", &long] {
            let items = understood(content);
            let [Err(reason)] = items.as_slice() else {
                panic!("one reason for {content:.20}");
            };
            assert!(reason.len() < 200, "{reason}");
        }
    }

    #[test]
    fn reasons_do_not_quote_the_document() {
        for content in [
            "sk-canary",
            "{\"canary\": 1}",
            "{\"a\": canary",
            "[\"canary\"]",
        ] {
            let items = understood(content);
            assert!(!items.is_empty());
            for item in items {
                let reason = item.err().unwrap();
                assert!(!reason.contains("canary"), "{reason}");
            }
        }
    }
    #[test]
    fn a_yaml_bomb_is_rejected() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let before = format!("*a{}, ", level - 1).repeat(8);
            let _ = writeln!(bomb, "a{level}: &a{level} [{before}]");
        }
        let text = "x".repeat(500_000);
        let long = format!("a: &a {text}\nb: [{}]\n", "*a, ".repeat(90));
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));

        for content in [bomb, long, deep] {
            let items = understood(&content);
            assert!(matches!(items.as_slice(), [Err(_)]), "{content:.40}");
        }
    }
}
