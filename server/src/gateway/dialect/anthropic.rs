//! `{"type":"error","error":{type,message},"request_id"}`; the SDKs go by status and inner type.

use http::StatusCode;
use serde_json::{Value, json};

use super::GatewayError;

/// Also the data of an `error` event.
pub(super) fn body(error: &GatewayError, request_id: &str) -> Value {
    json!({
        "type": "error",
        "error": {
            "type": kind(error),
            "message": error.to_string(),
            "code": error.code(),
        },
        "request_id": request_id,
    })
}

fn kind(error: &GatewayError) -> &'static str {
    match error.status() {
        StatusCode::UNAUTHORIZED => "authentication_error",
        StatusCode::FORBIDDEN => "permission_error",
        StatusCode::NOT_FOUND => "not_found_error",
        StatusCode::PAYLOAD_TOO_LARGE => "request_too_large",
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        StatusCode::SERVICE_UNAVAILABLE => "overloaded_error",
        status if status.is_server_error() => "api_error",
        _ => "invalid_request_error",
    }
}
