//! Requests to the engine under trial.

use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use reqwest::{RequestBuilder, Response};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::upstream::StubProvider;
use crate::engine::managed::{TrialConfiguration, TrialEngine};

/// The time limit of one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// The time limit for a change that the engine notices by itself.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(3);
const CHANGE_INTERVAL: Duration = Duration::from_millis(50);

/// The engine, the provider behind it, and its configuration.
pub(super) struct Probe<'a> {
    pub(super) engine: &'a TrialEngine,
    pub(super) upstream: &'a StubProvider,
    pub(super) configuration: &'a TrialConfiguration,
    http: reqwest::Client,
}

impl<'a> Probe<'a> {
    pub(super) fn new(
        engine: &'a TrialEngine,
        upstream: &'a StubProvider,
        configuration: &'a TrialConfiguration,
    ) -> Self {
        let http = crate::tls::http_client()
            .no_proxy()
            .timeout(REQUEST_TIMEOUT)
            .build()
            .unwrap_or_default();
        Self {
            engine,
            upstream,
            configuration,
            http,
        }
    }

    /// A request without a key.
    pub(super) fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        let url = self.engine.url.as_str().trim_end_matches('/');
        self.http.request(method, format!("{url}{path}"))
    }

    /// A request of the gateway.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let key = self.engine.keys.internal.expose_secret();
        self.anonymous(method, path).bearer_auth(key)
    }

    /// The answer of the management API to a GET request.
    pub(super) async fn managed(&self, path: &str) -> Result<Value, String> {
        let key = self.engine.keys.management.expose_secret();
        let path = format!("/v0/management/{path}");
        let request = self.anonymous(Method::GET, &path).bearer_auth(key);
        json(send(request).await?).await
    }

    /// Waits until the engine has noticed a change: repeats the check until it passes or the time is over.
    pub(super) async fn eventually(
        &self,
        check: impl AsyncFn() -> Result<String, String>,
    ) -> Result<String, String> {
        let deadline = Instant::now() + CHANGE_TIMEOUT;
        loop {
            let found = check().await;
            if found.is_ok() || Instant::now() > deadline {
                return found;
            }
            tokio::time::sleep(CHANGE_INTERVAL).await;
        }
    }

    /// The names in the list of models.
    pub(super) async fn models(&self) -> Result<Vec<String>, String> {
        let list = json(send(self.request(Method::GET, "/v1/models")).await?).await?;
        let models = list["data"].as_array().ok_or("no list in `data`")?;
        let names = models.iter().filter_map(|model| model["id"].as_str());
        Ok(names.map(str::to_owned).collect())
    }
}

/// The answer, whatever its status.
pub(super) async fn send(request: RequestBuilder) -> Result<Response, String> {
    request.send().await.map_err(|error| {
        if error.is_timeout() {
            "no answer in time".to_owned()
        } else {
            format!("no answer: {}", error.without_url())
        }
    })
}

/// The body of a successful answer.
pub(super) async fn text(answer: Response) -> Result<String, String> {
    let (status, path) = (answer.status(), answer.url().path().to_owned());
    let text = answer
        .text()
        .await
        .map_err(|error| error.without_url().to_string())?;
    if status == StatusCode::OK {
        return Ok(text);
    }
    let status = status.as_u16();
    Err(if text.is_empty() {
        format!("status {status} of {path}, without a text")
    } else {
        format!("status {status} of {path}: {text}")
    })
}

pub(super) async fn json(answer: Response) -> Result<Value, String> {
    let text = text(answer).await?;
    serde_json::from_str(&text).map_err(|_| format!("no JSON: {text}"))
}

/// Succeeds when an answer has this status.
pub(super) async fn has_status(request: RequestBuilder, expected: u16) -> Result<String, String> {
    let status = send(request).await?.status().as_u16();
    let found = format!("status {status}");
    if status == expected {
        Ok(found)
    } else {
        Err(found)
    }
}

/// Whether a condition holds for what was found.
pub(super) fn when(holds: bool, found: String) -> Result<String, String> {
    if holds { Ok(found) } else { Err(found) }
}
