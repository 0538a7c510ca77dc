//! Authentication: a client key in any of five headers or parameters, and a management key with a lock-out.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::config::Live;

/// Wrong management keys before all are rejected, the right one too.
const MOST_FAILURES: u32 = 5;

/// Accepts the configured `api-keys`; any client if there are none.
pub(crate) async fn require_key(
    State(live): State<Arc<Live>>,
    request: Request,
    next: Next,
) -> Response {
    let config = live.config.load_full();
    let keys: Vec<&str> = config.document["api-keys"]
        .as_array()
        .map(|keys| keys.iter().filter_map(|key| key.as_str()).collect())
        .unwrap_or_default();
    let presented = presented(request.headers(), request.uri());
    if keys.is_empty() || presented.iter().any(|key| keys.contains(&key.as_str())) {
        return next.run(request).await;
    }
    let message = if presented.is_empty() {
        "Missing API key"
    } else {
        "Invalid API key"
    };
    (StatusCode::UNAUTHORIZED, Json(json!({"error": message}))).into_response()
}

/// Accepts the management key only.
pub(crate) async fn require_management_key(
    State(live): State<Arc<Live>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(key) = &live.management_key else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if live.failures.load(Ordering::Relaxed) >= MOST_FAILURES {
        let message = "IP banned due to too many failed attempts. Try again in 30m0s";
        return (StatusCode::FORBIDDEN, Json(json!({"error": message}))).into_response();
    }
    let presented = bearer(request.headers(), "authorization")
        .or(bearer(request.headers(), "x-management-key"));
    if presented.as_ref() == Some(key) {
        return next.run(request).await;
    }
    live.failures.fetch_add(1, Ordering::Relaxed);
    let message = if presented.is_none() {
        "missing management key"
    } else {
        "invalid management key"
    };
    (StatusCode::UNAUTHORIZED, Json(json!({"error": message}))).into_response()
}

fn presented(headers: &HeaderMap, uri: &Uri) -> Vec<String> {
    let carriers = ["authorization", "x-goog-api-key", "x-api-key"];
    let query = uri.query().unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let in_query = pairs
        .filter(|(name, _)| name == "key" || name == "auth_token")
        .map(|(_, value)| value.into_owned());
    carriers
        .iter()
        .filter_map(|carrier| bearer(headers, carrier))
        .chain(in_query)
        .filter(|key| !key.is_empty())
        .collect()
}

fn bearer(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(match value.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim().to_owned(),
        _ => value.to_owned(),
    })
}
