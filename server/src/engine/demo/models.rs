//! The models of the demo engine in the format of each protocol.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use serde_json::{Value, json};

use super::Demo;
use super::error::{DemoDialect, DemoError};

/// Each answers in every protocol.
pub(super) const NAMES: [&str; 3] = ["demo-gpt", "demo-claude", "demo-gemini"];

/// Whether the demo engine has this model.
pub(super) fn known(model: &str) -> Result<&'static str, DemoError> {
    let mut names = NAMES.into_iter();
    names
        .find(|name| *name == model)
        .ok_or_else(|| DemoError::UnknownModel(model.to_owned()))
}

/// The model that a body names.
pub(super) fn of(body: &Value) -> Result<&'static str, DemoError> {
    known(body["model"].as_str().unwrap_or_default())
}

/// `GET /healthz`.
pub(super) async fn healthy() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// `GET /v1/models`, in the format of Anthropic for its clients and of OpenAI for others.
pub(super) async fn list(State(demo): State<Arc<Demo>>, headers: HeaderMap) -> Json<Value> {
    let now = demo.clock.now();
    if headers.contains_key("anthropic-version") {
        let models = NAMES
            .map(|id| json!({"type": "model", "id": id, "display_name": id, "created_at": now}));
        return Json(json!({
            "data": models, "has_more": false, "first_id": NAMES[0], "last_id": NAMES[NAMES.len() - 1],
        }));
    }
    let models = NAMES.map(|id| {
        json!({"id": id, "object": "model", "created": now.timestamp(), "owned_by": "proxypal-demo"})
    });
    Json(json!({"object": "list", "data": models}))
}

/// `GET /v1beta/models`.
pub(super) async fn list_gemini() -> Json<Value> {
    Json(json!({"models": NAMES.map(gemini_model)}))
}

/// `GET /v1beta/models/{model}`.
pub(super) async fn one_gemini(Path(model): Path<String>) -> Response {
    match known(&model) {
        Ok(name) => Json(gemini_model(name)).into_response(),
        Err(error) => error.answer(DemoDialect::Gemini),
    }
}

fn gemini_model(name: &str) -> Value {
    json!({
        "name": format!("models/{name}"), "version": "demo", "displayName": name,
        "description": "Canned text of the demo engine of ProxyPal Server",
        "inputTokenLimit": 1_000_000, "outputTokenLimit": 8192,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    })
}
