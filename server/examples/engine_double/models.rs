//! Lists the models in the format of the caller's SDK.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::{Value, json};

use crate::config::Live;

/// `GET /v1/models`, for OpenAI's or Anthropic's SDKs.
pub(crate) async fn list(State(live): State<Arc<Live>>, headers: HeaderMap) -> Json<Value> {
    let agent = headers
        .get("user-agent")
        .and_then(|agent| agent.to_str().ok())
        .unwrap_or_default();
    let is_anthropic = headers.contains_key("anthropic-version") || agent.starts_with("claude-cli");
    let names = names(&live);
    if is_anthropic {
        let data: Vec<_> = names
            .iter()
            .map(|id| json!({"type": "model", "id": id, "display_name": id, "created_at": "2026-01-01T00:00:00Z"}))
            .collect();
        return Json(json!({
            "data": data, "has_more": false, "first_id": names.first(), "last_id": names.last(),
        }));
    }
    let data: Vec<_> = names
        .iter()
        .map(|id| json!({"id": id, "object": "model", "created": 1_767_225_600, "owned_by": "double"}))
        .collect();
    Json(json!({"object": "list", "data": data}))
}

/// `GET /v1beta/models`.
pub(crate) async fn list_gemini(State(live): State<Arc<Live>>) -> Json<Value> {
    let models: Vec<_> = names(&live)
        .iter()
        .map(|id| {
            json!({
                "name": format!("models/{id}"), "displayName": id,
                "supportedGenerationMethods": ["generateContent", "countTokens"],
            })
        })
        .collect();
    Json(json!({"models": models}))
}

fn names(live: &Live) -> Vec<String> {
    let credentials = live.credentials();
    let models = credentials.iter().flat_map(|credential| &credential.models);
    let mut names: Vec<_> = models.map(|(alias, _)| alias.clone()).collect();
    names.sort();
    names.dedup();
    names
}
