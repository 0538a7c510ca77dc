//! `{"type":"error","error":{type,message},"request_id"}`; the SDKs go by status and inner type.

use entity::quota::WindowKind;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::{ErrorReport, GatewayError, class::ErrorClass};

const STATUS: HeaderName = HeaderName::from_static("anthropic-ratelimit-unified-status");
const RESET: HeaderName = HeaderName::from_static("anthropic-ratelimit-unified-reset");
const OVERAGE_RESET: HeaderName =
    HeaderName::from_static("anthropic-ratelimit-unified-overage-reset");
const OVERAGE_UTILIZATION: HeaderName =
    HeaderName::from_static("anthropic-ratelimit-unified-overage-utilization");
const OVERAGE_THRESHOLD: HeaderName =
    HeaderName::from_static("anthropic-ratelimit-unified-overage-surpassed-threshold");
const OVERAGE_PERIOD: HeaderName =
    HeaderName::from_static("anthropic-ratelimit-unified-overage-period");
const OVERAGE_DISABLED: HeaderName =
    HeaderName::from_static("anthropic-ratelimit-unified-overage-disabled-reason");

/// Also the data of an `error` event.
pub(super) fn body(report: &ErrorReport<'_>) -> Value {
    json!({
        "type": "error",
        "error": {
            "type": report.answer.kind,
            "message": report.error.to_string(),
            "code": report.error.code(),
        },
        "request_id": report.request_id,
    })
}

/// With these, Claude Code prints our message in its mode for gateways; without them it blames the server. Naming a window as
/// exceeded would make it print a text of its own instead.
pub(super) fn add_headers(report: &ErrorReport<'_>, headers: &mut HeaderMap) {
    if !matches!(report.answer.class, ErrorClass::UsedUp { .. }) {
        return;
    }
    let one = HeaderValue::from_static("1");
    headers.insert(STATUS, HeaderValue::from_static("rejected"));
    if let Some(reset) = report.resets_at() {
        headers.insert(RESET, HeaderValue::from(reset));
        headers.insert(OVERAGE_RESET, HeaderValue::from(reset));
    }
    headers.insert(OVERAGE_UTILIZATION, one.clone());
    headers.insert(OVERAGE_THRESHOLD, one);
    if let Some(period) = period(report.error) {
        headers.insert(OVERAGE_PERIOD, HeaderValue::from_static(period));
    }
    headers.insert(
        OVERAGE_DISABLED,
        HeaderValue::from_static("org_spend_cap_reached"),
    );
}

fn period(error: &GatewayError) -> Option<&'static str> {
    match error.rejected_by()?.quota.as_ref()?.window {
        WindowKind::Day => Some("daily"),
        WindowKind::Week => Some("weekly"),
        WindowKind::Month => Some("monthly"),
        WindowKind::Lifetime | WindowKind::Hour | WindowKind::Rolling => None,
    }
}
