//! Adds `Retry-After` to refusals of the engine for want of an account. The engine omits it, and without it some tools retry
//! immediately and others never.

use axum::http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CONTENT_ENCODING, RETRY_AFTER},
};
use serde_json::Value;

/// In bytes. The engine's own refusals are shorter; nothing longer is read.
const MAX_REFUSAL: u64 = 4096;
/// In seconds. The engine usually tries an account again after this time.
const ACCOUNT_COOLDOWN: u64 = 10;

/// Whether the head of an answer fits such a refusal.
pub(super) fn may_be_missing(status: StatusCode, headers: &HeaderMap, length: Option<u64>) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    ) && !headers.contains_key(RETRY_AFTER)
        && !headers.contains_key(CONTENT_ENCODING)
        && length.is_some_and(|length| (1..=MAX_REFUSAL).contains(&length))
}

/// Adds the header if the body is the engine's own refusal.
pub(super) fn put_on(headers: &mut HeaderMap, body: &[u8]) {
    if let Some(seconds) = seconds(body) {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
}

fn seconds(body: &[u8]) -> Option<u64> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let error = &body["error"];
    if error["code"] == "model_cooldown" {
        return error["reset_seconds"]
            .as_u64()
            .map(|seconds| seconds.max(1));
    }
    let message = error["message"].as_str()?;
    ["auth_unavailable:", "auth_not_found:"]
        .iter()
        .any(|code| message.starts_with(code))
        .then_some(ACCOUNT_COOLDOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cooling_model_is_retried_after_the_time_that_the_engine_gives() {
        let body = br#"{"error":{"code":"model_cooldown","message":"All credentials for model m are cooling down","model":"m","reset_seconds":42,"reset_time":"42s"}}"#;
        assert_eq!(seconds(body), Some(42));
        let body = br#"{"error":{"code":"model_cooldown","reset_seconds":0}}"#;
        assert_eq!(seconds(body), Some(1));
    }

    #[test]
    fn a_model_without_a_free_account_is_retried_after_the_usual_cooldown() {
        let openai = br#"{"error":{"message":"auth_unavailable: no auth available (providers=claude, model=m)","type":"server_error","code":"internal_server_error"}}"#;
        let anthropic = br#"{"type":"error","error":{"type":"api_error","message":"auth_unavailable: no auth available"}}"#;
        assert_eq!(seconds(openai), Some(ACCOUNT_COOLDOWN));
        assert_eq!(seconds(anthropic), Some(ACCOUNT_COOLDOWN));
    }

    #[test]
    fn a_refusal_of_the_provider_is_unchanged() {
        for body in [
            r#"{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}"#,
            r#"{"error":"Overloaded"}"#,
            "[]",
            "no JSON",
            "",
        ] {
            assert_eq!(seconds(body.as_bytes()), None, "{body}");
        }
    }
}
