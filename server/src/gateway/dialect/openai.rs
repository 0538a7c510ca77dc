//! `{"error":{message,type,code,param}}`; the SDKs choose the class of an error by the status.

use http::StatusCode;
use serde_json::{Value, json};

use super::GatewayError;

/// The body of an error.
pub(super) fn error(fault: &GatewayError) -> Value {
    json!({ "error": inner(fault) })
}

/// What stands under `error`.
pub(super) fn inner(fault: &GatewayError) -> Value {
    json!({
        "message": fault.to_string(),
        "type": kind(fault),
        "code": fault.code(),
        "param": param(fault),
    })
}

fn kind(fault: &GatewayError) -> &'static str {
    if matches!(fault, GatewayError::QuotaExceeded { .. }) {
        return "insufficient_quota";
    }
    match fault.status() {
        StatusCode::UNAUTHORIZED => "authentication_error",
        StatusCode::FORBIDDEN => "permission_error",
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        status if status.is_server_error() => "server_error",
        _ => "invalid_request_error",
    }
}

fn param(fault: &GatewayError) -> Option<&'static str> {
    matches!(
        fault,
        GatewayError::ModelNotAllowed { .. }
            | GatewayError::ModelRequired
            | GatewayError::ModelAmbiguous
            | GatewayError::ModelUnspecific { .. }
    )
    .then_some("model")
}
