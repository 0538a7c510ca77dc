//! A request that arrived at a provider, in every way in which it can be read.

use std::fmt;

use entity::{
    provider_account::{CredentialKind, ProviderKind},
    request::Protocol,
};
use proxypal_server::{
    domain::output_bounds::{ServingModel, is_kept},
    fuzzing::AdmissionReading,
};
use serde::{
    Deserialize,
    de::{MapAccess, Visitor},
};
use serde_json::{Value, json};

/// A request of the engine.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Arrival {
    path: String,
    /// All members of the top level, repeated ones too; `None` when they are no JSON.
    members: Option<Vec<(String, Value)>>,
}

impl Arrival {
    pub(super) fn new(path: &str, body: &[u8]) -> Self {
        let members = serde_json::from_str(&as_lenient_readers_see(body)).ok();
        Self {
            path: path.to_owned(),
            members: members.map(|Members(members)| members),
        }
    }

    /// For a file: what matters of it.
    pub(super) fn printed(self) -> Value {
        let matters = |(name, _): &(String, Value)| self.is_about_bounds(name) || is_model(name);
        let members = self.members.as_ref().map(|members| {
            let matter = members.iter().filter(|member| matters(member));
            matter.cloned().collect::<Vec<_>>()
        });
        json!({ "path": self.path, "members": members })
    }

    /// The same again.
    pub(super) fn read(printed: &Value) -> Self {
        Self {
            path: printed["path"].as_str().unwrap().to_owned(),
            members: serde_json::from_value(printed["members"].clone()).unwrap(),
        }
    }

    /// Where it is anything but what was admitted.
    pub(super) fn contradicts(&self, reading: &AdmissionReading, path: &str) -> Option<String> {
        let Some(model) = &reading.model else {
            return Some("no model was admitted".to_owned());
        };
        let in_path = self.path.strip_prefix("/v1beta/models/");
        let Some(members) = &self.members else {
            // The path of a Gemini request names its model, whatever the body contains.
            let is_of_interest = in_path.is_none() || reading.max_output_tokens.is_some();
            return is_of_interest.then(|| "what arrived is no JSON".to_owned());
        };
        let expected = format!("up-{model}");
        let mut named: Vec<&Value> = members
            .iter()
            .filter(|(name, _)| is_model(name))
            .map(|(_, value)| value)
            .collect();
        let in_path = in_path.map(|rest| Value::from(rest.split(':').next()));
        // The path of a Gemini request is what counts.
        if let Some(in_path) = &in_path {
            named = vec![in_path];
        }
        if named.is_empty() || named.iter().any(|name| **name != expected) {
            return Some(format!(
                "the model is {named:?}, and {expected} was admitted"
            ));
        }
        let bound = reading.max_output_tokens?;
        let kept = is_kept(self.server(), protocol(path), model);
        kept.then(|| self.exceeds(bound, reading.choices, members))
            .flatten()
    }

    fn exceeds(&self, bound: u64, choices: u64, members: &[(String, Value)]) -> Option<String> {
        let bounds: Vec<Value> = if self.path.starts_with("/v1beta") {
            let configs = members
                .iter()
                .filter(|(name, _)| self.is_about_bounds(name));
            configs
                .map(|(_, config)| config["maxOutputTokens"].clone())
                .collect()
        } else {
            let about = members
                .iter()
                .filter(|(name, _)| self.is_about_bounds(name) && !is_count(name));
            about.map(|(_, value)| value.clone()).collect()
        };
        let fits = |value: &Value| {
            value
                .as_u64()
                .is_some_and(|tokens| (1..=bound).contains(&tokens))
        };
        if bounds.is_empty() || !bounds.iter().all(fits) {
            return Some(format!(
                "the bounds are {bounds:?}, and {bound} was admitted"
            ));
        }
        let greatest = members.iter().filter_map(|member| self.count(member)).max();
        greatest
            .filter(|count| *count > choices)
            .map(|count| format!("{count} answers, and {choices} were admitted"))
    }

    /// How many answers a member asks for.
    fn count(&self, (name, value): &(String, Value)) -> Option<u64> {
        if self.path.starts_with("/v1beta") {
            return value["candidateCount"].as_u64();
        }
        let is_chat = self.path.ends_with("/chat/completions");
        (is_chat && is_count(name)).then(|| value.as_u64())?
    }

    /// Whether a member bounds an answer of this provider, under any spelling.
    fn is_about_bounds(&self, name: &str) -> bool {
        let letters = name.replace('_', "").to_lowercase();
        let known: &[&str] = if self.path.starts_with("/v1beta") {
            &["generationconfig"]
        } else if self.path.ends_with("/responses") {
            &["maxoutputtokens"]
        } else if self.path == "/v1/messages" {
            &["maxtokens"]
        } else {
            &["maxtokens", "maxcompletiontokens", "n"]
        };
        known.contains(&letters.as_str())
    }

    fn server(&self) -> ServingModel {
        let kind = match self.path.as_str() {
            "/v1/messages" => ProviderKind::Claude,
            path if path.starts_with("/codex") => ProviderKind::Chatgpt,
            path if path.starts_with("/v1beta") => ProviderKind::Gemini,
            _ => ProviderKind::OpenaiCompatible,
        };
        ServingModel {
            kind,
            credential: Some(CredentialKind::ApiKey),
        }
    }
}

fn is_model(name: &str) -> bool {
    name.eq_ignore_ascii_case("model")
}

fn is_count(name: &str) -> bool {
    name.eq_ignore_ascii_case("n")
}

fn protocol(path: &str) -> Protocol {
    match path {
        "/v1/chat/completions" => Protocol::OpenaiChat,
        "/v1/completions" => Protocol::OpenaiCompletions,
        "/v1/responses" => Protocol::OpenaiResponses,
        "/v1/messages" => Protocol::AnthropicMessages,
        _ => Protocol::Gemini,
    }
}

/// The text without parts that some readers tolerate and others refuse: neither reads another model.
fn as_lenient_readers_see(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').replace("NaN", "null");
    let text: String = text.chars().filter(|letter| !letter.is_control()).collect();
    text.replace("\\ud800", "")
}

/// The members of an object, in their order and with repetitions.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}
