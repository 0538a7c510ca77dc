//! `{"error":{message,type,code,param}}`; the SDKs choose the class of an error by the status.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::{Dialect, ErrorReport, GatewayError, class::ErrorClass};

/// Codex shows it in place of the message when usage is used up.
const PROMO_MESSAGE: HeaderName = HeaderName::from_static("x-codex-promo-message");
/// Of that header, in bytes.
const MAX_PROMO: usize = 500;

pub(super) fn body(report: &ErrorReport<'_>) -> Value {
    json!({ "error": inner(report) })
}

/// The value of `error`.
pub(super) fn inner(report: &ErrorReport<'_>) -> Value {
    let mut error = json!({
        "message": report.error.to_string(),
        "type": report.answer.kind,
        "code": report.error.code(),
        "param": param(report.error),
    });
    if is_codex_limit(report)
        && let Some(reset) = report.resets_at()
    {
        error["resets_at"] = json!(reset);
    }
    error
}

pub(super) fn add_headers(report: &ErrorReport<'_>, headers: &mut HeaderMap) {
    if !is_codex_limit(report) {
        return;
    }
    if let Some(message) = promo_message(report.error) {
        headers.insert(PROMO_MESSAGE, message);
    }
}

fn is_codex_limit(report: &ErrorReport<'_>) -> bool {
    let is_used_up = matches!(report.answer.class, ErrorClass::UsedUp { .. });
    is_used_up && report.recipient.dialect == Dialect::Responses
}

/// Codex continues it: "…, or try again at 7:36 PM."
fn promo_message(error: &GatewayError) -> Option<HeaderValue> {
    let mut text = error.as_clause();
    text.retain(|character| character == ' ' || character.is_ascii_graphic());
    text.truncate(MAX_PROMO);
    HeaderValue::try_from(text).ok()
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
