//! Accepts only the gateway's key, because other programs can reach the loopback interface.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::AUTHORIZATION;
use secrecy::ExposeSecret as _;
use serde_json::json;
use subtle::ConstantTimeEq as _;

use super::Demo;

/// Refuses with the same error as the engine.
pub(super) async fn require_key(
    State(demo): State<Arc<Demo>>,
    request: Request,
    next: Next,
) -> Response {
    let presented = request
        .headers()
        .get(AUTHORIZATION)
        .map(http::HeaderValue::as_bytes);
    let key = presented.and_then(|value| value.strip_prefix(b"Bearer "));
    if key.is_some_and(|key| bool::from(key.ct_eq(demo.key.expose_secret().as_bytes()))) {
        return next.run(request).await;
    }
    (
        StatusCode::UNAUTHORIZED,
        Json(json!({"error": "Invalid API key"})),
    )
        .into_response()
}
