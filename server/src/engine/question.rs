//! Sends a request to a provider with an account's credential, through the engine, which has and refreshes the tokens.

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::client::ClientError;
use super::error::EngineError;
use super::handle::EngineHandle;
use crate::domain::provider_accounts::{CredentialSecret, ProviderCredential};

/// How long a provider may take.
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// Lists of models have some hundred kilobytes.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;
/// The engine puts the account's token here.
const TOKEN: &str = "$TOKEN$";

/// A free `GET` request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderQuestion {
    pub url: Url,
    /// The authorization header, and the prefix of the token in it.
    pub authorization: (&'static str, &'static str),
    /// Other headers.
    pub headers: Vec<(String, String)>,
}

/// The provider's response.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ProviderAnswer {
    #[serde(rename = "status_code")]
    pub status: u16,
    pub body: String,
}

/// A question in the engine's form. It may hold a key.
#[derive(Serialize)]
struct Call<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_index: Option<String>,
    method: &'static str,
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_url: Option<&'a str>,
    header: serde_json::Map<String, serde_json::Value>,
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut call = formatter.debug_struct("Call");
        call.field("url", &self.url).finish_non_exhaustive()
    }
}

impl EngineHandle {
    /// Asks the provider; nothing when it could not be reached.
    pub async fn ask_provider(
        &self,
        credential: &ProviderCredential,
        question: &ProviderQuestion,
    ) -> Result<Option<ProviderAnswer>, EngineError> {
        // Where the engine does not know an account, it would send the mark itself. We have keys anyway.
        let (auth_index, token) = match &credential.secret {
            CredentialSecret::ApiKey(key) => (None, key.expose_secret()),
            CredentialSecret::AuthFile { .. } => (Some(self.index_of(credential).await?), TOKEN),
        };
        let proxy_url = credential.proxy_url.as_ref();
        let call = Call {
            auth_index,
            method: "GET",
            url: question.url.as_str(),
            proxy_url: proxy_url.map(SecretString::expose_secret),
            header: header(credential, question, token),
        };
        let client = self.client()?;
        match client
            .exchange("api-call", &call, TIME_LIMIT, LARGEST_ANSWER)
            .await
        {
            Ok(answer) => Ok(Some(answer)),
            Err(ClientError::Status(StatusCode::BAD_GATEWAY)) => Ok(None),
            Err(error) => Err(EngineError::Unwilling(error.to_string())),
        }
    }
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
