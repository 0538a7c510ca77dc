//! Copilot: exchanges a GitHub token for a token that is valid for half an hour.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::provider_account::ProviderModel;
use http::HeaderName;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use url::Url;

use super::{
    http::{Header, Http},
    provider::OAuthProvider,
    sign_in_error::SignInError,
};
use crate::{
    domain::provider_accounts::{CopilotToken, NewGithubToken},
    providers::TokenExchange,
};

const MAX_MODELS: usize = 200;

/// Whether the list of models is fetched with the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Models {
    Listed,
    Known,
}

/// A client of GitHub's and Copilot's APIs.
#[derive(Clone, Debug)]
pub(super) struct Copilot {
    pub(super) http: Http,
    pub(super) provider: Arc<OAuthProvider>,
    pub(super) exchange: &'static TokenExchange,
}

impl Copilot {
    /// Fetches the identity, a Copilot token and the models.
    pub(super) async fn account(
        &self,
        label: Option<String>,
        github_token: SecretString,
    ) -> Result<NewGithubToken, SignInError> {
        let copilot = self.token(&github_token, Models::Listed).await?;
        let url = self.provider.profile_url.as_ref();
        let url = url.ok_or(SignInError::NotConfigured("profile address"))?;
        let person = self
            .http
            .get(url, &github(&github_token), &self.headers())
            .await?;
        let text = |name: &str| Some(person.get(name)?.as_str()?.to_owned());
        Ok(NewGithubToken {
            label,
            login: text("login").ok_or(SignInError::Garbage)?,
            email: text("email"),
            token: github_token,
            copilot,
        })
    }

    /// Exchanges the GitHub token for a Copilot token.
    pub(super) async fn token(
        &self,
        github_token: &SecretString,
        models: Models,
    ) -> Result<CopilotToken, SignInError> {
        let url = self.provider.exchange_url.as_ref();
        let url = url.ok_or(SignInError::NotConfigured("exchange address"))?;
        let answer = self
            .http
            .get(url, &github(github_token), &self.headers())
            .await;
        let answer = answer.map_err(github_error)?;
        let mut token = self.read(&answer).ok_or(SignInError::Garbage)?;
        if models == Models::Listed {
            // The token works without a list of models, which is fetched again at the next refresh.
            token.models = self.models(&token).await.unwrap_or_default();
        }
        Ok(token)
    }

    fn read(&self, answer: &Map<String, Value>) -> Option<CopilotToken> {
        let text = |name: &str| answer.get(name)?.as_str();
        let expires_at = DateTime::<Utc>::from_timestamp(answer.get("expires_at")?.as_i64()?, 0)?;
        let reported = answer
            .get("endpoints")
            .and_then(|all| all.get("api")?.as_str());
        Some(CopilotToken {
            token: text("token").filter(|token| !token.is_empty())?.into(),
            expires_at: Some(expires_at),
            base_url: self.base_url(reported)?,
            headers: self
                .exchange
                .headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), SecretString::from(*value)))
                .collect(),
            models: Vec::new(),
            plan: text("sku").map(str::to_owned),
        })
    }

    /// The API address that GitHub reports, if it belongs to Copilot.
    fn base_url(&self, reported: Option<&str>) -> Option<String> {
        let usual = self.provider.api_url.as_ref()?;
        let reported = reported.and_then(|reported| reported.parse::<Url>().ok());
        let reported = reported.filter(|reported| {
            let host = reported.host_str().unwrap_or_default();
            let domain = self.exchange.api_domain;
            let is_copilots = host == domain || host.ends_with(&format!(".{domain}"));
            // A configured API URL takes precedence.
            let is_usual = usual.host_str().is_some_and(|host| host.ends_with(domain));
            reported.scheme() == "https" && is_copilots && is_usual
        });
        let url = reported.as_ref().unwrap_or(usual);
        Some(url.as_str().trim_end_matches('/').to_owned())
    }

    fn headers(&self) -> Vec<Header> {
        let headers = self.exchange.headers.iter();
        headers
            .map(|(name, value)| (HeaderName::from_static(name), SecretString::from(*value)))
            .collect()
    }

    async fn models(&self, token: &CopilotToken) -> Result<Vec<ProviderModel>, SignInError> {
        let url = format!("{}/models", token.base_url);
        let url: Url = url.parse().map_err(|_| SignInError::Garbage)?;
        let bearer = format!("Bearer {}", token.token.expose_secret()).into();
        let answer = self.http.get(&url, &bearer, &self.headers()).await?;
        let listed = answer.get("data").and_then(Value::as_array);
        let mut models: Vec<ProviderModel> = Vec::new();
        for model in listed.into_iter().flatten().filter(|model| is_chat(model)) {
            let name = model.get("id").and_then(Value::as_str).unwrap_or_default();
            let is_new = models.iter().all(|known| known.name != name);
            if is_new && !name.is_empty() && name.len() <= 200 && models.len() < MAX_MODELS {
                let name = name.to_owned();
                models.push(ProviderModel { name, alias: None });
            }
        }
        Ok(models)
    }
}

/// Maps the status of an error response of GitHub.
fn github_error(fault: SignInError) -> SignInError {
    if fault == SignInError::Status(401) {
        return SignInError::Refused("bad_credentials".to_owned());
    }
    if matches!(fault, SignInError::Status(403 | 404)) {
        return SignInError::NoSubscription;
    }
    fault
}

/// The engine does not support embedding and completion models.
fn is_chat(model: &Value) -> bool {
    let kind = model.get("capabilities").and_then(|all| all.get("type"));
    kind.is_none_or(|kind| kind == "chat")
}

fn github(token: &SecretString) -> SecretString {
    format!("token {}", token.expose_secret()).into()
}
