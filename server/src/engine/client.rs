//! A client of the engine's health, model and management APIs. Requests of users use the gateway's own connections.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

/// The time limit of one call.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);
/// The engine blocks its management API for 30 minutes after five wrong keys; the client stops before.
const MAX_REFUSED_KEYS: u32 = 2;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    #[error("it cannot be reached ({0})")]
    Unreachable(String),
    #[error("it answered {0}")]
    Status(StatusCode),
    #[error("its management key is missing or was refused, so its management API is not called")]
    ManagementRefused,
    #[error("its answer has an unexpected format")]
    InvalidAnswer,
}

/// A client of one engine.
#[derive(Debug)]
pub(super) struct EngineClient {
    http: reqwest::Client,
    url: String,
    internal_key: SecretString,
    management_key: Option<SecretString>,
    refusals: AtomicU32,
}

impl EngineClient {
    /// A client for the engine at `url`. Proxies of the environment are not used.
    pub(super) fn new(
        url: &Url,
        internal_key: SecretString,
        management_key: Option<SecretString>,
    ) -> Result<Self, ClientError> {
        let http = crate::tls::http_client()
            .no_proxy()
            .timeout(CALL_TIMEOUT)
            .connect_timeout(CALL_TIMEOUT)
            .build()
            .map_err(|error| unreachable(&error))?;
        Ok(Self {
            http,
            url: url.as_str().trim_end_matches('/').to_owned(),
            internal_key,
            management_key,
            refusals: AtomicU32::new(0),
        })
    }

    /// Succeeds when it answers its health check.
    pub(super) async fn healthy(&self) -> Result<(), ClientError> {
        self.answer(self.http.get(format!("{}/healthz", self.url)))
            .await
            .map(drop)
    }

    /// Succeeds when it accepts the key of the gateway.
    pub(super) async fn accepts_key(&self) -> Result<(), ClientError> {
        let request = self
            .http
            .get(format!("{}/v1/models", self.url))
            .bearer_auth(self.internal_key.expose_secret());
        self.answer(request).await.map(drop)
    }

    /// The models that a request may name.
    pub(super) async fn models(&self) -> Result<Value, ClientError> {
        let request = self
            .http
            .get(format!("{}/v1/models", self.url))
            .bearer_auth(self.internal_key.expose_secret());
        let answer = self.answer(request).await?;
        answer.json().await.map_err(|error| unreachable(&error))
    }

    /// The models of a provider's API.
    pub(super) async fn definitions(&self, channel: &str) -> Result<Value, ClientError> {
        self.get_value(&format!("model-definitions/{channel}"))
            .await
    }

    /// The auth files that it uses.
    pub(super) async fn auth_files(&self) -> Result<Value, ClientError> {
        self.get_value("auth-files").await
    }

    /// The models of one auth file.
    pub(super) async fn auth_file_models(&self, name: &str) -> Result<Value, ClientError> {
        let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        self.get_value(&format!("auth-files/models?name={name}"))
            .await
    }

    /// Its present configuration.
    pub(super) async fn config(&self) -> Result<Value, ClientError> {
        self.get_value("config").await
    }

    /// Removes up to `count` records from its usage queue. The engine keeps no copy.
    pub(super) async fn take_usage(&self, count: usize) -> Result<Vec<Value>, ClientError> {
        let records = self
            .get_value(&format!("usage-queue?count={count}"))
            .await?;
        Ok(match records {
            Value::Array(records) => records,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => Vec::new(),
        })
    }

    /// Sends a GET request to its management API.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let answer = self.get_value(path).await?;
        serde_json::from_value(answer).map_err(|_| ClientError::InvalidAnswer)
    }

    /// Sends a POST request to its management API.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<(), ClientError> {
        let request = self.http.post(self.management_url(path)).json(body);
        self.send_managed(request).await.map(drop)
    }

    /// Sends a slow POST request; returns the response, up to this size.
    pub(super) async fn exchange<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
        time_limit: Duration,
        max_bytes: usize,
    ) -> Result<T, ClientError> {
        let request = self.http.post(self.management_url(path)).json(body);
        let mut answer = self.send_managed(request.timeout(time_limit)).await?;
        let mut text = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| unreachable(&error))? {
            if text.len() + piece.len() > max_bytes {
                return Err(ClientError::InvalidAnswer);
            }
            text.extend_from_slice(&piece);
        }
        serde_json::from_slice(&text).map_err(|_| ClientError::InvalidAnswer)
    }

    /// Sends a DELETE request to its management API.
    pub(super) async fn delete(&self, path: &str) -> Result<(), ClientError> {
        let request = self.http.delete(self.management_url(path));
        self.send_managed(request).await.map(drop)
    }

    async fn get_value(&self, path: &str) -> Result<Value, ClientError> {
        let answer = self
            .send_managed(self.http.get(self.management_url(path)))
            .await?;
        answer.json().await.map_err(|error| unreachable(&error))
    }

    fn management_url(&self, path: &str) -> String {
        format!("{}/v0/management/{path}", self.url)
    }

    async fn send_managed(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<reqwest::Response, ClientError> {
        let Some(key) = &self.management_key else {
            return Err(ClientError::ManagementRefused);
        };
        if self.refusals.load(Ordering::Relaxed) >= MAX_REFUSED_KEYS {
            return Err(ClientError::ManagementRefused);
        }
        let answer = self
            .answer(request.bearer_auth(key.expose_secret()))
            .await
            .inspect_err(|error| self.count_refusal(error))?;
        self.refusals.store(0, Ordering::Relaxed);
        Ok(answer)
    }

    fn count_refusal(&self, error: &ClientError) {
        if matches!(
            error,
            ClientError::Status(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
        ) {
            self.refusals.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn answer(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<reqwest::Response, ClientError> {
        let answer = request.send().await.map_err(|error| unreachable(&error))?;
        match answer.status() {
            status if status.is_success() => Ok(answer),
            status => Err(ClientError::Status(status)),
        }
    }
}

/// The innermost cause, which is the most specific; without the URL.
fn unreachable(error: &reqwest::Error) -> ClientError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    ClientError::Unreachable(if error.is_timeout() {
        "no answer in time".to_owned()
    } else {
        cause.to_string()
    })
}
