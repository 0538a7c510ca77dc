//! `{"error":{code,message,status}}`, as Google's APIs say it, with the reason among the details.

use http::StatusCode;
use serde_json::{Value, json};

use super::GatewayError;

/// The body of an error, or the data of a chunk that says one.
pub(super) fn error(fault: &GatewayError) -> Value {
    json!({
        "error": {
            "code": fault.status().as_u16(),
            "message": fault.to_string(),
            "status": status(fault),
            "details": [{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": fault.code(),
                "domain": "proxypal",
            }],
        },
    })
}

fn status(fault: &GatewayError) -> &'static str {
    match fault.status() {
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
