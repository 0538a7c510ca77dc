//! The account endpoints of a provider: authentication check and usage.

use axum::{
    Json,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

/// A credential that contains this text is revoked.
const REVOKED: &str = "revoked";

/// The list of models, for valid credentials.
pub(crate) async fn models(headers: HeaderMap) -> Response {
    to_whom_is_let_in(&headers, json!({"data": [{"id": "stub"}]}))
}

/// A subscription's windows, in the formats of Claude and ChatGPT.
pub(crate) async fn usage(headers: HeaderMap) -> Response {
    let windows = json!({
        "five_hour": {"utilization": 42.0, "resets_at": "2030-01-01T00:00:00Z"},
        "seven_day": {"utilization": 7.0, "resets_at": null},
        "plan_type": "team",
        "rate_limit": {
            "primary_window":
                {"used_percent": 12, "limit_window_seconds": 18000, "reset_at": 1_893_456_000},
        },
    });
    to_whom_is_let_in(&headers, windows)
}

fn to_whom_is_let_in(headers: &HeaderMap, answer: Value) -> Response {
    match credential(headers) {
        Some(credential) if !credential.contains(REVOKED) && !credential.contains('$') => {
            Json(answer).into_response()
        }
        Some(_) | None => {
            let error = json!({"error": {"message": "this credential was revoked"}});
            (StatusCode::UNAUTHORIZED, Json(error)).into_response()
        }
    }
}

/// The revoked credential of a call, if it has one.
pub(crate) fn revoked(headers: &HeaderMap) -> Option<&str> {
    credential(headers).filter(|credential| credential.contains(REVOKED))
}

pub(crate) fn credential(headers: &HeaderMap) -> Option<&str> {
    let credentials = ["authorization", "x-api-key", "x-goog-api-key"];
    let mut given = credentials.iter().filter_map(|name| headers.get(*name));
    given.next()?.to_str().ok()
}
