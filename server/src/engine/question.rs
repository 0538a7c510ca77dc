//! Sends a request to a provider with an account's credential, through the engine, which has and refreshes the tokens.

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use metering::{Observation, Protocol, Tap};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::client::ClientError;
use super::error::EngineError;
use super::error_text::error_text;
use super::handle::EngineHandle;
use crate::domain::provider_accounts::{CredentialSecret, ProviderCredential};
use crate::redaction;

/// The time limit of the provider's response.
const PROVIDER_TIMEOUT: Duration = Duration::from_secs(20);
/// The same for a request for a model.
const MODEL_TIMEOUT: Duration = Duration::from_secs(45);
/// The maximum size in bytes; lists of models have some hundred kilobytes.
const MAX_RESPONSE_BYTES: usize = 4 * 1024 * 1024;
/// The engine replaces this placeholder with the account's token.
const TOKEN_PLACEHOLDER: &str = "$TOKEN$";

/// A request to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderQuestion {
    pub url: Url,
    /// The authorization header, and the prefix of the token in it.
    pub authorization: (&'static str, &'static str),
    /// Other headers.
    pub headers: Vec<(String, String)>,
    /// The body of a request for a model, and its protocol; `None` for a free `GET` request.
    pub body: Option<(Protocol, String)>,
}

/// The provider's response.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ProviderAnswer {
    #[serde(rename = "status_code")]
    pub status: u16,
    pub body: String,
    /// Whether the body of a successful status reports an error, as streams do.
    #[serde(skip)]
    pub is_failed: bool,
    /// The message of an error, without secrets.
    #[serde(skip)]
    pub message: Option<String>,
}

impl ProviderAnswer {
    pub fn is_success(&self) -> bool {
        (200..=299).contains(&self.status) && !self.is_failed
    }
}

/// The body of the engine's call. It may contain a key.
#[derive(Serialize)]
struct Call<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_index: Option<String>,
    method: &'static str,
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_url: Option<&'a str>,
    header: serde_json::Map<String, serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a str>,
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut call = formatter.debug_struct("Call");
        call.field("url", &self.url).finish_non_exhaustive()
    }
}

impl EngineHandle {
    /// Sends the request; none when the provider could not be reached.
    pub async fn ask_provider(
        &self,
        credential: &ProviderCredential,
        question: &ProviderQuestion,
    ) -> Result<Option<ProviderAnswer>, EngineError> {
        // For an account that it does not know the engine would send the placeholder itself; keys are known here.
        let (auth_index, token) = match &credential.secret {
            CredentialSecret::ApiKey(key) => (None, key.expose_secret()),
            CredentialSecret::AuthFile { .. } => {
                (Some(self.index_of(credential).await?), TOKEN_PLACEHOLDER)
            }
        };
        let proxy_url = credential.proxy_url.as_ref();
        let call = Call {
            auth_index,
            method: if question.body.is_some() {
                "POST"
            } else {
                "GET"
            },
            url: question.url.as_str(),
            proxy_url: proxy_url.map(SecretString::expose_secret),
            header: header(credential, question, token),
            data: question.body.as_ref().map(|(_, body)| body.as_str()),
        };
        let time_limit = match question.body {
            Some(_) => MODEL_TIMEOUT,
            None => PROVIDER_TIMEOUT,
        };
        let client = self.client_of(credential.account_id)?;
        match client
            .exchange::<ProviderAnswer>("api-call", &call, time_limit, MAX_RESPONSE_BYTES)
            .await
        {
            Ok(mut answer) => {
                self.read_error(&mut answer, credential, question);
                Ok(Some(answer))
            }
            Err(ClientError::Status(StatusCode::BAD_GATEWAY)) => Ok(None),
            Err(error) => Err(EngineError::Refused(error.to_string())),
        }
    }

    fn read_error(
        &self,
        answer: &mut ProviderAnswer,
        credential: &ProviderCredential,
        question: &ProviderQuestion,
    ) {
        let text = match &question.body {
            Some((protocol, _)) if answer.is_success() => {
                let observed = observe(*protocol, &answer.body);
                answer.is_failed =
                    observed.error_code.is_some() || observed.error_message.is_some();
                observed.error_message.or(observed.error_code)
            }
            _ if answer.is_success() => None,
            _ => error_text(&answer.body),
        };
        answer.message = text.and_then(|text| {
            let mut text = self.public.logs.redacted(&text);
            // The log does not know the key of an account that is not saved yet.
            if let CredentialSecret::ApiKey(key) = &credential.secret {
                text = text.replace(key.expose_secret(), "[redacted]");
            }
            redaction::error_message(&text)
        });
    }
}

/// Reads a response with a successful status.
fn observe(protocol: Protocol, body: &str) -> Observation {
    let is_stream = ["event:", "data:"]
        .iter()
        .any(|start| body.starts_with(start));
    let content_type = if is_stream {
        "text/event-stream"
    } else {
        "application/json"
    };
    let mut tap = Tap::new(protocol, content_type, "");
    tap.observe(body.as_bytes());
    tap.finish()
}

fn header(
    credential: &ProviderCredential,
    question: &ProviderQuestion,
    token: &str,
) -> serde_json::Map<String, serde_json::Value> {
    let (name, scheme) = question.authorization;
    let own = credential.headers.iter();
    let own = own.map(|(name, value)| (name.clone(), value.expose_secret().to_owned()));
    let authorization = (name.to_owned(), format!("{scheme}{token}"));
    let all = own
        .chain(question.headers.iter().cloned())
        .chain([authorization]);
    all.map(|(name, value)| (name, value.into())).collect()
}
