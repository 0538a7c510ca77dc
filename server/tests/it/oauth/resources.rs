//! The endpoints of providers for authenticated clients.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use chrono::{TimeDelta, Utc};
use serde_json::json;

use super::identity::Identity;

fn brings(headers: &HeaderMap, scheme: &str) -> bool {
    let value = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.starts_with(&format!("{scheme} canary-")))
}

pub(super) async fn claude_profile(headers: HeaderMap) -> Response {
    if !brings(&headers, "Bearer") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(json!({
        "account": { "uuid": "account-1", "email": "ada@example.org" },
        "organization": { "uuid": "organization-1", "name": "Engines", "organization_type": "claude_max" },
    }))
    .into_response()
}

pub(super) async fn github_user(headers: HeaderMap) -> Response {
    if !brings(&headers, "token") || !headers.contains_key("user-agent") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(json!({ "login": "ada", "email": "ada@example.org" })).into_response()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a provider has a clock of its own"
)]
pub(super) async fn copilot_token(
    State(identity): State<Identity>,
    headers: HeaderMap,
) -> Response {
    let mut world = identity.world();
    if let Some(status) = world.copilot_refuses {
        let status = StatusCode::from_u16(status).unwrap();
        return (status, Json(json!({ "message": "canary-in-a-message" }))).into_response();
    }
    if !brings(&headers, "token") || !headers.contains_key("editor-version") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    world.copilot_exchanges += 1;
    let token = world.secret("copilot");
    let expires_at = Utc::now() + TimeDelta::seconds(world.token_seconds);
    Json(json!({
        "token": token, "expires_at": expires_at.timestamp(), "sku": "monthly_subscriber",
        "endpoints": { "api": "https://evil.example" },
    }))
    .into_response()
}

pub(super) async fn copilot_models(headers: HeaderMap) -> Response {
    if !brings(&headers, "Bearer") || !headers.contains_key("copilot-integration-id") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(json!({ "data": [
        { "id": "gpt-x", "capabilities": { "type": "chat" } },
        { "id": "gpt-x", "capabilities": { "type": "chat" } },
        { "id": "embed-x", "capabilities": { "type": "embeddings" } },
    ]}))
    .into_response()
}
