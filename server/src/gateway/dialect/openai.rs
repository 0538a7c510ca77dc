//! `{"error":{message,type,code,param}}`; the SDKs choose the class of an error by the status.

use http::StatusCode;
use serde_json::{Value, json};

use super::GatewayError;

pub(super) fn body(error: &GatewayError) -> Value {
    json!({ "error": inner(error) })
}

/// The value of `error`.
pub(super) fn inner(error: &GatewayError) -> Value {
    json!({
        "message": error.to_string(),
        "type": kind(error),
        "code": error.code(),
        "param": param(error),
    })
}

fn kind(error: &GatewayError) -> &'static str {
    if matches!(error, GatewayError::QuotaExceeded { .. }) {
        return "insufficient_quota";
    }
    match error.status() {
        StatusCode::UNAUTHORIZED => "authentication_error",
        StatusCode::FORBIDDEN => "permission_error",
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        status if status.is_server_error() => "server_error",
        _ => "invalid_request_error",
    }
}

fn param(error: &GatewayError) -> Option<&'static str> {
    matches!(
        error,
        GatewayError::ModelNotAllowed { .. }
            | GatewayError::ModelRequired
            | GatewayError::ModelAmbiguous
            | GatewayError::ModelUnspecific { .. }
    )
    .then_some("model")
}
