//! Forwards a request to an upstream of the same protocol, and returns its response.

use std::collections::HashSet;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::answers::{failure, no_credential, unknown_model};
use crate::config::{Live, Provider};
use crate::record::{Attempt, Counts, forwarded_for, request_id};
use crate::tap::{self, Tapped};

/// The parsed parts of a request.
pub(crate) struct Asked {
    pub(crate) live: Arc<Live>,
    pub(crate) protocol: Provider,
    pub(crate) endpoint: &'static str,
    pub(crate) model: String,
    /// For Gemini: the rest of the path after the model, with the query.
    pub(crate) action: String,
    pub(crate) body: Value,
    pub(crate) forwarded_for: String,
    pub(crate) request_id: String,
}

/// `POST /v1/chat/completions`.
pub(crate) async fn chat(state: State<Arc<Live>>, headers: HeaderMap, body: Bytes) -> Response {
    post(
        state,
        &headers,
        &body,
        Provider::Compatible,
        "POST /v1/chat/completions",
    )
    .await
}

/// `POST /v1/messages`.
pub(crate) async fn messages(state: State<Arc<Live>>, headers: HeaderMap, body: Bytes) -> Response {
    post(
        state,
        &headers,
        &body,
        Provider::Claude,
        "POST /v1/messages",
    )
    .await
}

/// `POST /v1/responses`.
pub(crate) async fn responses(
    state: State<Arc<Live>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    post(
        state,
        &headers,
        &body,
        Provider::Codex,
        "POST /v1/responses",
    )
    .await
}

/// `POST /v1beta/interactions`.
pub(crate) async fn interactions(
    state: State<Arc<Live>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    post(
        state,
        &headers,
        &body,
        Provider::Interactions,
        "POST /v1beta/interactions",
    )
    .await
}

/// `POST /v1/messages/count_tokens`: estimated here, and never recorded.
pub(crate) async fn count_tokens(body: Bytes) -> Response {
    Json(json!({"input_tokens": body.len() / 4})).into_response()
}

/// `POST /v1beta/models/{model}:{action}`.
pub(crate) async fn gemini(
    State(live): State<Arc<Live>>,
    Path(action): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (model, action) = action.split_once(':').unwrap_or((&action, ""));
    let query = if query.is_some_and(|query| query.contains("alt=sse")) {
        "?alt=sse"
    } else {
        ""
    };
    let asked = Asked {
        live,
        protocol: Provider::Gemini,
        endpoint: "POST /v1beta/models/*action",
        model: model.to_owned(),
        action: format!("{action}{query}"),
        body: serde_json::from_slice(&body).unwrap_or_default(),
        forwarded_for: forwarded_for(&headers),
        request_id: request_id(),
    };
    asked.answer().await
}

async fn post(
    State(live): State<Arc<Live>>,
    headers: &HeaderMap,
    body: &Bytes,
    protocol: Provider,
    endpoint: &'static str,
) -> Response {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let asked = Asked {
        live,
        protocol,
        endpoint,
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        action: String::new(),
        body,
        forwarded_for: forwarded_for(headers),
        request_id: request_id(),
    };
    asked.answer().await
}

impl Asked {
    /// Tries one credential after another, and records each attempt.
    async fn answer(&self) -> Response {
        let mut serving = self.live.serving(&self.model);
        let mut last = if serving.is_empty() {
            unknown_model(&self.model, self.protocol)
        } else {
            no_credential(&self.model, &serving[0].0.provider_name)
        };
        serving.retain(|(credential, _)| !lock(&self.live).contains(&credential.auth_index));
        for (credential, name) in serving {
            let mut attempt = self.attempt(credential);
            let sent = self.send(&attempt, &name).await;
            if let Ok(upstream) = &sent {
                attempt.response_headers = values(upstream.headers());
            }
            last = match sent {
                Ok(upstream) if upstream.status().is_success() => {
                    return self.pass(upstream, attempt).await;
                }
                Ok(upstream) => {
                    let status = upstream.status();
                    let body = upstream.bytes().await.unwrap_or_default();
                    attempt.record_error(status.as_u16(), &body);
                    if matches!(status.as_u16(), 401..=404) {
                        lock(&self.live).insert(attempt.credential.auth_index.clone());
                    }
                    // A provider's error goes through as it is.
                    (status, [("content-type", "application/json")], body).into_response()
                }
                Err(reason) => {
                    attempt.record(500, Counts::default());
                    failure(StatusCode::INTERNAL_SERVER_ERROR, &reason)
                }
            };
            trace(&mut last, &attempt);
        }
        last
    }

    /// The attempt with one credential.
    pub(crate) fn attempt(&self, credential: crate::config::Credential) -> Attempt {
        Attempt {
            live: self.live.clone(),
            credential,
            endpoint: self.endpoint,
            alias: self.model.clone(),
            request_id: self.request_id.clone(),
            forwarded_for: self.forwarded_for.clone(),
            response_headers: Value::Null,
        }
    }

    /// Sends the request upstream, under the model's real name.
    pub(crate) async fn send(
        &self,
        attempt: &Attempt,
        name: &str,
    ) -> Result<reqwest::Response, String> {
        let credential = &attempt.credential;
        let base = credential.base_url.trim_end_matches('/');
        let url = match (self.protocol, credential.provider) {
            (Provider::Compatible, Provider::Compatible) => format!("{base}/chat/completions"),
            (Provider::Claude, Provider::Claude) => format!("{base}/v1/messages?beta=true"),
            (Provider::Codex, Provider::Codex | Provider::Xai) => format!("{base}/responses"),
            (Provider::Gemini, Provider::Gemini) => {
                format!("{base}/v1beta/models/{name}:{}", self.action)
            }
            (Provider::Gemini, Provider::Vertex) => {
                format!("{base}/v1/publishers/google/models/{name}:{}", self.action)
            }
            (Provider::Interactions, Provider::Interactions) => {
                format!("{base}/v1beta/interactions")
            }
            _ => return Err("the double does not translate between protocols".to_owned()),
        };
        let mut request = self.live.http.post(url).json(&self.upstream_body(name));
        request = match credential.provider {
            Provider::Gemini | Provider::Vertex | Provider::Interactions => {
                request.header("x-goog-api-key", &credential.api_key)
            }
            Provider::Claude | Provider::Codex | Provider::Xai | Provider::Compatible => {
                request.bearer_auth(&credential.api_key)
            }
        };
        for (header, value) in &credential.headers {
            request = request.header(header, value);
        }
        request.send().await.map_err(|error| error.to_string())
    }

    fn upstream_body(&self, name: &str) -> Value {
        let mut body = self.body.clone();
        let is_streamed = body["stream"] == true;
        match self.protocol {
            Provider::Gemini | Provider::Vertex => return body,
            Provider::Compatible if is_streamed => {
                body["stream_options"] = json!({"include_usage": true});
            }
            Provider::Codex => body["stream"] = json!(true),
            Provider::Compatible | Provider::Claude | Provider::Xai | Provider::Interactions => {}
        }
        body["model"] = json!(name);
        body
    }

    async fn pass(&self, upstream: reqwest::Response, attempt: Attempt) -> Response {
        let content_type = upstream.headers().get("content-type").cloned();
        let is_stream = content_type
            .as_ref()
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        let wants_stream = self.body["stream"] == true || self.action.starts_with("stream");
        let mut response = if !is_stream {
            whole(upstream, &attempt).await
        } else if wants_stream {
            streamed(upstream, attempt.clone()).await
        } else {
            gathered(upstream, attempt.clone()).await
        };
        trace(&mut response, &attempt);
        response
    }
}

fn values(headers: &HeaderMap) -> Value {
    let mut all = serde_json::Map::new();
    for (name, value) in headers {
        if let Ok(value) = value.to_str() {
            all.insert(name.to_string(), json!([value]));
        }
    }
    Value::Object(all)
}

fn lock(live: &Live) -> MutexGuard<'_, HashSet<String>> {
    live.refused.lock().unwrap_or_else(PoisonError::into_inner)
}

fn trace(response: &mut Response, attempt: &Attempt) {
    if let Ok(value) = HeaderValue::from_str(&attempt.trace_id()) {
        response.headers_mut().insert("x-cpa-trace-id", value);
    }
}

async fn whole(upstream: reqwest::Response, attempt: &Attempt) -> Response {
    let body = upstream.bytes().await.unwrap_or_default();
    let mut counts = Counts::default();
    counts.read(
        attempt.credential.provider,
        &serde_json::from_slice(&body).unwrap_or_default(),
    );
    if attempt.credential.provider != Provider::Gemini || !is_count_of_tokens(&body) {
        attempt.record(200, counts);
    }
    ([("content-type", "application/json")], body).into_response()
}

fn is_count_of_tokens(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|body| body.get("totalTokens").is_some())
}

/// Sends the status and headers with the upstream's first bytes.
async fn streamed(upstream: reqwest::Response, attempt: Attempt) -> Response {
    let seconds = attempt.live.config.load().document["streaming"]["keepalive-seconds"].as_u64();
    let pause = seconds
        .filter(|seconds| *seconds > 0)
        .map(Duration::from_secs);
    let mut tapped = Tapped::new(upstream.bytes_stream().boxed(), attempt);
    let first = tapped.next().await;
    let rest = stream::unfold(tapped, move |mut tapped| async move {
        let piece = match pause {
            Some(pause) => timeout(pause, tapped.next()).await,
            None => Ok(tapped.next().await),
        };
        let comment = || Some(Ok(Bytes::from_static(b": keep-alive\n\n")));
        Some((piece.unwrap_or_else(|_| comment())?, tapped))
    });
    let body = Body::from_stream(stream::iter(first).chain(rest));
    let headers = [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-cache"),
    ];
    (headers, body).into_response()
}

/// Collects the stream of an upstream that always streams, for a caller that requested none.
async fn gathered(upstream: reqwest::Response, attempt: Attempt) -> Response {
    let mut tapped = Tapped::new(upstream.bytes_stream().boxed(), attempt);
    let mut all = Vec::new();
    while let Some(Ok(bytes)) = tapped.next().await {
        all.extend_from_slice(&bytes);
    }
    let mut events = all.split(|byte| *byte == b'\n').filter_map(tap::event);
    match events.find(|event| event["type"] == "response.completed") {
        Some(event) => Json(event["response"].clone()).into_response(),
        None => failure(
            StatusCode::INTERNAL_SERVER_ERROR,
            "stream closed before response.completed",
        ),
    }
}
