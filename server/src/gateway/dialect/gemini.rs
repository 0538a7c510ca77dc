//! `{"error":{code,message,status}}`, the format of Google's APIs, with the reason among the details.

use http::StatusCode;
use serde_json::{Value, json};

use super::GatewayError;

/// Also the data of a chunk that reports an error.
pub(super) fn body(error: &GatewayError) -> Value {
    json!({
        "error": {
            "code": error.status().as_u16(),
            "message": error.to_string(),
            "status": status(error),
            "details": [{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": error.code(),
                "domain": "proxypal",
            }],
        },
    })
}

fn status(error: &GatewayError) -> &'static str {
    match error.status() {
        StatusCode::UNAUTHORIZED => "UNAUTHENTICATED",
        StatusCode::FORBIDDEN => "PERMISSION_DENIED",
        StatusCode::NOT_FOUND => "NOT_FOUND",
        StatusCode::TOO_MANY_REQUESTS => "RESOURCE_EXHAUSTED",
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE => "UNAVAILABLE",
        StatusCode::GATEWAY_TIMEOUT | StatusCode::REQUEST_TIMEOUT => "DEADLINE_EXCEEDED",
        status if status.is_server_error() => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    }
}
