//! `{"type":"error","error":{type,message},"request_id"}`; the SDKs go by status and inner type.

use http::StatusCode;
use serde_json::{Value, json};

use super::GatewayError;

/// The body of an error, or the data of an `error` event.
pub(super) fn error(fault: &GatewayError, request_id: &str) -> Value {
    json!({
        "type": "error",
        "error": {
            "type": kind(fault),
            "message": fault.to_string(),
            "code": fault.code(),
        },
        "request_id": request_id,
    })
}

fn kind(fault: &GatewayError) -> &'static str {
    match fault.status() {
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
