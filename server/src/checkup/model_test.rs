//! Tests an account with one small request for a model, in the protocol of its provider. The engine adds the tokens and
//! the proxy of the account, but chooses no other account and translates nothing.

use std::time::{Duration, Instant};

use entity::{
    provider_account::{self, ProviderModel},
    request::Protocol,
};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};
use url::Url;
use uuid::Uuid;

use super::{
    Checkup,
    question::{File, owned, sign_in_headers, with_content_type},
};
use crate::{
    domain::{
        Error, Result,
        provider_accounts::{CredentialSecret, ProviderCredential},
    },
    engine::{ProviderAnswer, ProviderQuestion},
    providers::{self, BEARER, SignInTest},
};

const PROMPT: &str = "Reply with OK.";
/// Some providers accept no less.
const MAX_OUTPUT_TOKENS: u32 = 16;
const MAX_MODEL_CHARS: usize = 200;
/// A subscription rejects requests without it.
const CLAUDE_CODE: &str = "You are Claude Code, Anthropic's official CLI for Claude.";

/// The result of a test.
#[derive(Debug)]
pub struct ModelTest {
    pub account: provider_account::Model,
    pub succeeded: bool,
    /// The HTTP status; `None` if the provider did not answer.
    pub status: Option<u16>,
    pub latency: Duration,
    /// The provider's message of an error, without secrets.
    pub message: Option<String>,
}

/// A request for a model, before its body is written.
#[derive(Clone, Copy, Debug)]
struct Prompt<'a> {
    protocol: Protocol,
    model: &'a str,
    as_claude_code: bool,
    has_output_limit: bool,
}

impl Checkup {
    /// Sends one request for a model through an account, enabled or not. The account pays for it; no user does.
    pub async fn test_model(&self, id: Uuid, model: &str) -> Result<ModelTest> {
        self.require_engine()?;
        let model = model.trim();
        if model.is_empty() || model.chars().count() > MAX_MODEL_CHARS {
            let message = format!("model must have 1 to {MAX_MODEL_CHARS} characters");
            return Err(Error::BadInput(message));
        }
        let credential = self.0.accounts.credential(id).await?;
        let question = question(&credential, model)?;
        let start = Instant::now();
        let answer = self.0.engine.ask_provider(&credential, &question).await;
        let latency = start.elapsed();
        let answer = answer.map_err(|error| Error::EngineUnavailable(error.to_string()))?;
        let succeeded = answer.as_ref().is_some_and(ProviderAnswer::is_success);
        let status = answer.as_ref().map(|answer| answer.status);
        let message = answer.and_then(|answer| answer.message);
        let kept = message
            .clone()
            .filter(|_| self.0.settings.current().gateway.keep_error_messages);
        let failure = (!succeeded).then_some((status.unwrap_or_default(), kept));
        Ok(ModelTest {
            account: self.0.accounts.record_test(id, failure).await?,
            succeeded,
            status,
            latency,
            message,
        })
    }
}

fn question(credential: &ProviderCredential, model: &str) -> Result<ProviderQuestion> {
    let model = upstream_name(credential, model);
    match &credential.secret {
        CredentialSecret::ApiKey(_) => of_key(credential, model),
        CredentialSecret::AuthFile { json, .. } => {
            let unsupported = || {
                Error::bad_input(
                    "this kind of account can only be tested by a request through the gateway",
                )
            };
            let file: File =
                serde_json::from_str(json.expose_secret()).map_err(anyhow::Error::from)?;
            let sign_in = providers::spec(credential.kind).sign_in.as_ref();
            let test = sign_in.and_then(|sign_in| Some((sign_in, sign_in.test?)));
            let (sign_in, test) = test.ok_or_else(unsupported)?;
            of_sign_in(test, &file, (sign_in_headers(sign_in, &file), model))
        }
    }
}

fn of_key(credential: &ProviderCredential, model: &str) -> Result<ProviderQuestion> {
    let keys = &providers::spec(credential.kind).api_keys;
    let base = credential
        .base_url
        .as_deref()
        .unwrap_or(keys.check_base_url);
    let (protocol, path) = keys.test;
    let prompt = Prompt {
        protocol,
        model,
        as_claude_code: false,
        has_output_limit: true,
    };
    Ok(ProviderQuestion {
        url: url(base, path, model)?,
        authorization: keys.authorization,
        headers: with_content_type(owned(keys.check_headers)),
        body: Some((protocol, prompt.body())),
    })
}

fn of_sign_in(
    test: SignInTest,
    file: &File,
    (headers, model): (Vec<(String, String)>, &str),
) -> Result<ProviderQuestion> {
    let prompt = Prompt {
        protocol: test.protocol,
        model,
        as_claude_code: test.as_claude_code,
        has_output_limit: test.has_output_limit,
    };
    Ok(ProviderQuestion {
        url: url(file.base_url().unwrap_or(test.base_url), test.path, model)?,
        authorization: BEARER,
        headers: with_content_type(headers),
        body: Some((test.protocol, prompt.body())),
    })
}

fn url(base: &str, path: &str, model: &str) -> Result<Url> {
    let model: String = url::form_urlencoded::byte_serialize(model.as_bytes()).collect();
    let url = format!(
        "{}{}",
        base.trim_end_matches('/'),
        path.replace("{model}", &model)
    );
    let invalid = |_| Error::bad_input("the account has no valid base URL");
    url.parse().map_err(invalid)
}

/// The provider's name of a model that the account may offer under another one.
fn upstream_name<'a>(credential: &'a ProviderCredential, model: &'a str) -> &'a str {
    let prefix = credential.prefix.as_deref().unwrap_or_default();
    let without_prefix = model
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('/'));
    let model = without_prefix
        .filter(|_| !prefix.is_empty())
        .unwrap_or(model);
    let is_alias = |known: &&ProviderModel| known.alias.as_deref() == Some(model);
    let known = credential.models.iter().find(is_alias);
    known.map_or(model, |known| known.name.as_str())
}

impl Prompt<'_> {
    fn body(self) -> String {
        let mut body = match self.protocol {
            Protocol::AnthropicMessages => self.of_messages(),
            Protocol::Gemini => json!({
                "contents": [{ "role": "user", "parts": [{ "text": PROMPT }] }],
                "generationConfig": { "maxOutputTokens": MAX_OUTPUT_TOKENS },
            }),
            Protocol::OpenaiResponses => self.of_responses(),
            Protocol::OpenaiChat
            | Protocol::OpenaiCompletions
            | Protocol::OpenaiImages
            | Protocol::Unmetered
            | Protocol::Other => json!({
                "model": self.model,
                "messages": [{ "role": "user", "content": PROMPT }],
                "max_tokens": MAX_OUTPUT_TOKENS,
            }),
        };
        if !self.has_output_limit {
            body.as_object_mut().map(remove_limits);
        }
        body.to_string()
    }

    fn of_messages(self) -> Value {
        let mut body = json!({
            "model": self.model,
            "max_tokens": MAX_OUTPUT_TOKENS,
            "messages": [{ "role": "user", "content": PROMPT }],
        });
        if self.as_claude_code {
            body["system"] = json!([{ "type": "text", "text": CLAUDE_CODE }]);
        }
        body
    }

    /// As a stream: a subscription accepts nothing else.
    fn of_responses(self) -> Value {
        json!({
            "model": self.model,
            "instructions": "Answer briefly.",
            "input": [{ "type": "message", "role": "user",
                "content": [{ "type": "input_text", "text": PROMPT }] }],
            "max_output_tokens": MAX_OUTPUT_TOKENS,
            "stream": true,
            "store": false,
        })
    }
}

fn remove_limits(body: &mut Map<String, Value>) {
    for limit in ["max_tokens", "max_output_tokens"] {
        body.remove(limit);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use entity::provider_account::ProviderKind;

    use super::*;

    fn credential(kind: ProviderKind, secret: CredentialSecret) -> ProviderCredential {
        ProviderCredential {
            account_id: Uuid::nil(),
            kind,
            label: String::new(),
            secret,
            headers: BTreeMap::new(),
            base_url: None,
            models: vec![ProviderModel {
                name: "real".to_owned(),
                alias: Some("alias".to_owned()),
            }],
            prefix: Some("team".to_owned()),
            priority: 0,
            weight: 1,
            proxy_url: None,
        }
    }

    fn with_key(kind: ProviderKind, model: &str) -> (String, Value) {
        let credential = credential(kind, CredentialSecret::ApiKey("k".into()));
        let question = question(&credential, model).unwrap();
        let body = serde_json::from_str(&question.body.unwrap().1).unwrap();
        (question.url.to_string(), body)
    }

    fn signed_in(kind: ProviderKind, file: &Value) -> Result<ProviderQuestion> {
        let secret = CredentialSecret::AuthFile {
            json: file.to_string().into(),
            file_name: String::new(),
        };
        question(&credential(kind, secret), "m")
    }

    #[test]
    fn each_provider_is_asked_in_its_own_protocol() {
        let (url, body) = with_key(ProviderKind::Claude, "m");
        assert_eq!(url, "https://api.anthropic.com/v1/messages");
        assert_eq!(
            (&body["model"], &body["max_tokens"]),
            (&json!("m"), &json!(16))
        );
        assert_eq!(body["system"], Value::Null);

        let (url, body) = with_key(ProviderKind::Gemini, "a/b?c");
        assert!(
            url.ends_with("/v1beta/models/a%2Fb%3Fc:generateContent"),
            "{url}"
        );
        assert_eq!(body["generationConfig"]["maxOutputTokens"], 16);

        let (url, body) = with_key(ProviderKind::Chatgpt, "m");
        assert_eq!(url, "https://api.openai.com/v1/responses");
        assert_eq!(body["max_output_tokens"], 16);

        let (url, _) = with_key(ProviderKind::Openrouter, "m");
        assert_eq!(url, "https://openrouter.ai/api/v1/chat/completions");
    }

    #[test]
    fn an_alias_and_a_prefix_stand_for_the_model_of_the_provider() {
        for (asked, sent) in [
            ("alias", "real"),
            ("team/alias", "real"),
            ("real", "real"),
            ("other/alias", "other/alias"),
        ] {
            assert_eq!(with_key(ProviderKind::Openrouter, asked).1["model"], sent);
        }
    }

    #[test]
    fn a_subscription_gets_the_headers_and_the_body_that_it_requires() {
        let claude = signed_in(ProviderKind::Claude, &json!({ "type": "claude" })).unwrap();
        assert!(claude.body.unwrap().1.contains("Claude Code"));
        let file = json!({ "type": "codex", "account_id": "a-1" });
        let chatgpt = signed_in(ProviderKind::Chatgpt, &file).unwrap();
        assert!(
            chatgpt
                .headers
                .contains(&("chatgpt-account-id".to_owned(), "a-1".to_owned()))
        );
        assert!(!chatgpt.body.unwrap().1.contains("max_output_tokens"));
        let file = json!({ "type": "xai", "using_api": true, "base_url": "http://127.0.0.1:9/v1" });
        let xai = signed_in(ProviderKind::Xai, &file).unwrap();
        assert_eq!(xai.url.as_str(), "http://127.0.0.1:9/v1/responses");

        let google = signed_in(ProviderKind::Gemini, &json!({ "type": "antigravity" }));
        assert!(matches!(google, Err(Error::BadInput(_))));
    }
}
