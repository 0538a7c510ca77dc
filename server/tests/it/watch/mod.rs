//! Monitoring: metrics, traces and logs show the requests, and no secrets.

mod alerts;
mod collector;
mod leaked_key;
mod log;
mod metrics;
mod page;
mod traces;

use std::collections::BTreeMap;

use axum::{Json, Router, http::StatusCode, response::IntoResponse as _, routing::post};
use proxypal_server::config::SecretsConfig;
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{Options, Script, TestApp, scripted};

/// Values that no page, span or log line may contain.
const TOKEN: &str = "metrics-token-canary-0123456789";
const CHAT: &str = "/v1/chat/completions";

/// An engine that answers with the usage that it is asked for, or with the status.
fn engine() -> Script {
    let answer = async |Json(asked): Json<Value>| {
        let status = asked["status"].as_u64().unwrap_or(200);
        let status = StatusCode::from_u16(u16::try_from(status).unwrap()).unwrap();
        let usage = json!({
            "prompt_tokens": asked["use"][0], "completion_tokens": asked["use"][1],
            "prompt_tokens_details": { "cached_tokens": asked["use"][2] },
        });
        let said = json!({ "message": { "content": "answer-canary" } });
        let body = json!({ "model": "served", "choices": [said], "usage": usage });
        (status, Json(body)).into_response()
    };
    Router::new().fallback(post(answer))
}

fn secrets() -> SecretsConfig {
    SecretsConfig {
        metrics_token: Some(TOKEN.into()),
        ..SecretsConfig::default()
    }
}

/// A server with metrics, and their values.
struct Watched {
    app: TestApp,
    key: String,
}

impl Watched {
    async fn start() -> Self {
        Self::with(Options {
            secrets: secrets(),
            ..Options::default()
        })
        .await
    }

    async fn with(options: Options) -> Self {
        let app = Box::pin(TestApp::before(scripted(engine()).await, options)).await;
        app.without_rate_limit().await;
        let key = app.issue_key().await;
        Self { app, key }
    }

    /// Asks the engine through the gateway.
    async fn ask(&self, body: Value) -> Response {
        let request = self.app.http.post(self.app.url(CHAT));
        let answer = request.bearer_auth(&self.key).json(&body).send().await;
        answer.unwrap()
    }

    async fn scrape(&self) -> Scrape {
        let request = self.app.http.get(self.app.url("/metrics"));
        let answer = request.bearer_auth(TOKEN).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let content_type = answer.headers()["content-type"].to_str().unwrap();
        assert_eq!(content_type, "text/plain; version=0.0.4; charset=utf-8");
        Scrape::read(&answer.text().await.unwrap())
    }
}

/// One scrape: the value of each series.
#[derive(Debug, PartialEq)]
struct Scrape {
    text: String,
    series: BTreeMap<String, f64>,
}

impl Scrape {
    fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let series = lines.map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            (series.to_owned(), value.parse().unwrap())
        });
        Self {
            text: text.to_owned(),
            series: series.collect(),
        }
    }

    /// The sum over the series of this name that have all these labels.
    fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let fits = |series: &str| {
            let (family, actual) = series.split_once('{').unwrap_or((series, ""));
            let has =
                |(label, value): &(&str, &str)| actual.contains(&format!("{label}=\"{value}\""));
            family == name && labels.iter().all(has)
        };
        let found = self.series.iter().filter(|(series, _)| fits(series));
        found.map(|(_, value)| value).sum()
    }
}
