//! The stub provider behind the engine: the same short answer in each protocol, and a token endpoint.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use canned::{Answer, Finish, TokenCounts, anthropic, gemini, openai, openai_responses, sse};
use serde_json::{Value, json};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

/// The pieces of the text.
pub(super) const TEXT: [&str; 2] = ["contract-", "kept"];
/// The tokens of each answer, in counts that every protocol has.
pub(super) const TOKENS: TokenCounts = TokenCounts {
    input: 11,
    cache_read: 0,
    cache_write: 0,
    cache_write_1h: 0,
    output: 7,
    reasoning: 0,
};
const ACCESS: &str = "access-";

/// Runs until it is dropped.
pub(super) struct StubProvider {
    /// Without a slash at its end.
    pub(super) url: String,
    state: Arc<Stub>,
    _server: AbortOnDropHandle<()>,
}

#[derive(Debug, Default)]
struct Stub {
    refreshes: AtomicU64,
    saw_access_token: AtomicBool,
}

impl StubProvider {
    pub(super) async fn start() -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let state = Arc::<Stub>::default();
        let router = Router::new()
            .route("/v1/chat/completions", post(chat))
            .route("/v1/messages", post(messages))
            .route("/codex/responses", post(responses))
            .route("/v1beta/models/{action}", post(generate))
            .route("/token", post(token))
            .with_state(state.clone());
        let server = TaskTracker::new().spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::debug!(%error, "the stub provider ended");
            }
        });
        Ok(Self {
            url,
            state,
            _server: AbortOnDropHandle::new(server),
        })
    }

    /// Whether a request had the access token of the made-up account.
    pub(super) fn saw_access_token(&self) -> bool {
        self.state.saw_access_token.load(Ordering::Relaxed)
    }
}

fn answer() -> Answer {
    Answer {
        id: "contract".to_owned(),
        model: "contract".to_owned(),
        created: 1,
        pieces: TEXT.map(str::to_owned).to_vec(),
        tool_call: None,
        finish: Finish::Complete,
        tokens: TOKENS,
        service_tier: None,
    }
}

fn is_streamed(body: &Bytes) -> bool {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    body["stream"] == true
}

fn events(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/event-stream")], text).into_response()
}

async fn chat(body: Bytes) -> Response {
    if is_streamed(&body) {
        return events(openai::events(&answer()).concat());
    }
    Json(openai::whole(&answer())).into_response()
}

async fn messages(body: Bytes) -> Response {
    if is_streamed(&body) {
        return events(
            anthropic::events(&answer())
                .iter()
                .map(sse::named)
                .collect(),
        );
    }
    Json(anthropic::whole(&answer())).into_response()
}

async fn responses(State(stub): State<Arc<Stub>>, headers: HeaderMap) -> Response {
    let bearer = headers.get(header::AUTHORIZATION);
    let bearer = bearer.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if bearer.is_some_and(|token| token.starts_with(ACCESS)) {
        stub.saw_access_token.store(true, Ordering::Relaxed);
    }
    events(
        openai_responses::events(&answer())
            .iter()
            .map(sse::named)
            .collect(),
    )
}

async fn generate(Path(action): Path<String>) -> Response {
    if action.ends_with(":streamGenerateContent") {
        return events(gemini::chunks(&answer()).iter().map(sse::data).collect());
    }
    Json(gemini::whole(&answer())).into_response()
}

async fn token(State(stub): State<Arc<Stub>>) -> Json<Value> {
    let number = stub.refreshes.fetch_add(1, Ordering::Relaxed) + 1;
    Json(json!({
        "access_token": format!("{ACCESS}{number}"), "refresh_token": format!("refresh-{number}"),
        "token_type": "Bearer", "expires_in": 3600,
    }))
}
