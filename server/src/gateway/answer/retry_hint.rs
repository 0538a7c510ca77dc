//! When a caller may try again whom the engine itself refused because no account is free: the engine leaves
//! `Retry-After` out, and without it some tools repeat at once and others never.

use axum::http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CONTENT_ENCODING, RETRY_AFTER},
};
use serde_json::Value;

/// The engine's own refusals are shorter; nothing longer is read, in bytes.
const LONGEST_REFUSAL: u64 = 4096;
/// Until a refused account is used again, as a rule, in seconds.
const REFUSED_ACCOUNT: u64 = 10;

/// Whether an answer may be such a refusal, by its head.
pub(in crate::gateway) fn may_be_missing(
    status: StatusCode,
    headers: &HeaderMap,
    length: Option<u64>,
) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    ) && !headers.contains_key(RETRY_AFTER)
        && !headers.contains_key(CONTENT_ENCODING)
        && length.is_some_and(|length| (1..=LONGEST_REFUSAL).contains(&length))
}

/// Adds the header if the body is a refusal of the engine's own.
pub(in crate::gateway) fn put_on(headers: &mut HeaderMap, body: &[u8]) {
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
        .then_some(REFUSED_ACCOUNT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_says_how_long_a_model_cools() {
        let body = br#"{"error":{"code":"model_cooldown","message":"All credentials for model m are cooling down","model":"m","reset_seconds":42,"reset_time":"42s"}}"#;
        assert_eq!(seconds(body), Some(42));
        let body = br#"{"error":{"code":"model_cooldown","reset_seconds":0}}"#;
        assert_eq!(seconds(body), Some(1));
    }

    #[test]
    fn a_model_without_an_account_is_worth_another_try_soon() {
        let openai = br#"{"error":{"message":"auth_unavailable: no auth available (providers=claude, model=m)","type":"server_error","code":"internal_server_error"}}"#;
        let anthropic = br#"{"type":"error","error":{"type":"api_error","message":"auth_unavailable: no auth available"}}"#;
        assert_eq!(seconds(openai), Some(REFUSED_ACCOUNT));
        assert_eq!(seconds(anthropic), Some(REFUSED_ACCOUNT));
    }

    #[test]
    fn a_refusal_of_the_provider_passes_as_it_is() {
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
