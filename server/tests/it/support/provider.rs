//! A provider of all four protocols, which keeps a list of what it produced: the example
//! `provider_stub`, whose answers are scripted by the text of a request.

use entity::provider_account::{ProviderKind, ProviderModel};
use proxypal_server::{
    domain::{provider_accounts::NewProviderApiKey, tokens::Tokens},
    providers::{self, OPENAI_COMPATIBLE_LIST},
};
use serde_json::Value;
use tokio::process::Command;

use super::programs::{Program, example};

/// A provider that runs.
pub(crate) struct Provider {
    pub(crate) url: String,
    _program: Program,
}

impl Provider {
    pub(crate) async fn start() -> Self {
        let mut command = Command::new(example("provider_stub"));
        let mut program = Program::start(command.args(["--port", "0"]));
        let url = program.output.line_with("http://").await;
        Self {
            url,
            _program: program,
        }
    }

    /// Its usage of all answers.
    pub(crate) async fn list(&self) -> Vec<Value> {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("{}/produced", self.url)).send().await;
        let list = answer.unwrap().text().await.unwrap();
        let entries = list.lines().map(|line| serde_json::from_str(line).unwrap());
        entries.collect()
    }

    /// Its usage of the answer with this tag.
    pub(crate) async fn produced(&self, tag: &str) -> Value {
        let mut list = self.list().await.into_iter();
        list.find(|entry| entry["tag"] == tag).unwrap()
    }

    /// The tokens that it reported.
    pub(crate) async fn tokens(&self, tag: &str) -> Tokens {
        let tokens = &self.produced(tag).await["tokens"];
        let count = |name: &str| tokens[name].as_i64().unwrap();
        Tokens {
            input: count("input"),
            cache_read: count("cacheRead"),
            cache_write: count("cacheWrite"),
            cache_write_1h: count("cacheWrite1h"),
            output: count("output"),
            reasoning: count("reasoning"),
            ..Tokens::default()
        }
    }

    /// An account of this kind, for one model.
    pub(crate) fn account(&self, kind: ProviderKind, model: &str) -> NewProviderApiKey {
        let url = &self.url;
        let list = providers::spec(kind).engine.key_list;
        let base_url = match list {
            Some(OPENAI_COMPATIBLE_LIST) => format!("{url}/v1"),
            Some("codex-api-key") => format!("{url}/codex"),
            _ => url.clone(),
        };
        NewProviderApiKey {
            kind,
            api_key: format!("sk-canary-of-the-provider-{model}").into(),
            label: Some(format!("account of {model}")),
            base_url: Some(base_url),
            headers: Vec::new(),
            models: vec![ProviderModel {
                name: model.to_owned(),
                alias: None,
            }],
            prefix: None,
        }
    }
}
