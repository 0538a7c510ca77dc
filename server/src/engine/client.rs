//! Talks to the engine about itself: health, models, configuration, usage. Requests of users do not
//! come this way.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

/// How long the engine may take for any of these small answers.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// The engine shuts its management door for half an hour after five wrong keys; we stop long before.
const MOST_REFUSALS: u32 = 2;

/// Why the engine did not tell.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    #[error("it cannot be reached ({0})")]
    Unreachable(String),
    #[error("it answered {0}")]
    Status(StatusCode),
    #[error("its management key is missing or was refused, so it is not asked any more")]
    Barred,
    #[error("it sent an invalid response")]
    Unintelligible,
}

/// One life of one engine, as we ask it.
#[derive(Debug)]
pub(super) struct EngineClient {
    http: reqwest::Client,
    url: String,
    internal_key: SecretString,
    management_key: Option<SecretString>,
    refusals: AtomicU32,
}

impl EngineClient {
    /// A client for the engine at `url`. The proxies of the environment are not for it.
    pub(super) fn new(
        url: &Url,
        internal_key: SecretString,
        management_key: Option<SecretString>,
    ) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(TIME_LIMIT)
            .connect_timeout(TIME_LIMIT)
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

    /// Whether it answers at all.
    pub(super) async fn healthy(&self) -> Result<(), ClientError> {
        self.answer(self.http.get(format!("{}/healthz", self.url)))
            .await
            .map(drop)
    }

    /// Whether it lets our requests in.
    pub(super) async fn opens(&self) -> Result<(), ClientError> {
        let request = self
            .http
            .get(format!("{}/v1/models", self.url))
            .bearer_auth(self.internal_key.expose_secret());
        self.answer(request).await.map(drop)
    }

    /// Every model that a request may name.
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
        self.manage(&format!("model-definitions/{channel}")).await
    }

    /// The auth files that it works with.
    pub(super) async fn auth_files(&self) -> Result<Value, ClientError> {
        self.manage("auth-files").await
    }

    /// The models of one auth file.
    pub(super) async fn auth_file_models(&self, name: &str) -> Result<Value, ClientError> {
        let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        self.manage(&format!("auth-files/models?name={name}")).await
    }

    /// The configuration that it works with.
    pub(super) async fn config(&self) -> Result<Value, ClientError> {
        self.manage("config").await
    }

    /// Takes up to `count` records off its usage queue; they are ours to keep or lose.
    pub(super) async fn take_usage(&self, count: usize) -> Result<Vec<Value>, ClientError> {
        let records = self.manage(&format!("usage-queue?count={count}")).await?;
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
    pub(super) async fn read<T: DeserializeOwned>(&self, what: &str) -> Result<T, ClientError> {
        let answer = self.manage(what).await?;
        serde_json::from_value(answer).map_err(|_| ClientError::Unintelligible)
    }

    /// Sends a POST request to its management API.
    pub(super) async fn tell(&self, what: &str, body: &Value) -> Result<(), ClientError> {
        let request = self.http.post(self.management(what)).json(body);
        self.managed(request).await.map(drop)
    }

    /// Sends a slow POST request; returns the response, up to this size.
    pub(super) async fn exchange<T: DeserializeOwned>(
        &self,
        what: &str,
        body: &(impl Serialize + Sync),
        time_limit: Duration,
        largest: usize,
    ) -> Result<T, ClientError> {
        let request = self.http.post(self.management(what)).json(body);
        let mut answer = self.managed(request.timeout(time_limit)).await?;
        let mut text = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| unreachable(&error))? {
            if text.len() + piece.len() > largest {
                return Err(ClientError::Unintelligible);
            }
            text.extend_from_slice(&piece);
        }
        serde_json::from_slice(&text).map_err(|_| ClientError::Unintelligible)
    }

    /// Makes it forget what is at this place of its management.
    pub(super) async fn forget(&self, what: &str) -> Result<(), ClientError> {
        let request = self.http.delete(self.management(what));
        self.managed(request).await.map(drop)
    }

    async fn manage(&self, what: &str) -> Result<Value, ClientError> {
        let answer = self.managed(self.http.get(self.management(what))).await?;
        answer.json().await.map_err(|error| unreachable(&error))
    }

    fn management(&self, what: &str) -> String {
        format!("{}/v0/management/{what}", self.url)
    }

    async fn managed(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<reqwest::Response, ClientError> {
        let Some(key) = &self.management_key else {
            return Err(ClientError::Barred);
        };
        if self.refusals.load(Ordering::Relaxed) >= MOST_REFUSALS {
            return Err(ClientError::Barred);
        }
        let answer = self
            .answer(request.bearer_auth(key.expose_secret()))
            .await
            .inspect_err(|error| self.note(error))?;
        self.refusals.store(0, Ordering::Relaxed);
        Ok(answer)
    }

    fn note(&self, error: &ClientError) {
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

/// The innermost cause, which is the most specific; without the known URL.
fn unreachable(error: &reqwest::Error) -> ClientError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    ClientError::Unreachable(if error.is_timeout() {
        "it did not answer in time".to_owned()
    } else {
        cause.to_string()
    })
}
