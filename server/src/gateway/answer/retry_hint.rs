//! Adds `Retry-After` to refusals of the engine for want of an account. The engine omits it, and without it some tools retry
//! immediately and others never.

use axum::http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CONTENT_ENCODING, RETRY_AFTER},
};
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::domain::engine_accounts::EngineAccounts;

/// In bytes. The engine's own refusals are shorter; nothing longer is read.
const MAX_REFUSAL: u64 = 4096;
/// In seconds. The engine usually tries an account again after this time.
const ACCOUNT_COOLDOWN: u64 = 10;
/// The engine's message, which names the model and the provider.
const ALL_COOLING: &str = "All credentials for model ";
const COOLING: &str = " are cooling down";

/// Whether the head of an answer fits such a refusal.
pub(super) fn may_be_missing(status: StatusCode, headers: &HeaderMap, length: Option<u64>) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    ) && !headers.contains_key(RETRY_AFTER)
        && !headers.contains_key(CONTENT_ENCODING)
        && length.is_some_and(|length| (1..=MAX_REFUSAL).contains(&length))
}

/// When the engine's own refusal may be retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RetryHint {
    Seconds(u64),
    /// When the first account leaves its cooldown: in Anthropic's format the engine leaves the time out.
    AtFirstAccount,
}

/// `None` if the body is not the engine's own refusal.
pub(super) fn of(body: &[u8]) -> Option<RetryHint> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let error = &body["error"];
    if error["code"] == "model_cooldown" {
        let seconds = error["reset_seconds"].as_u64()?;
        return Some(RetryHint::Seconds(seconds.max(1)));
    }
    let message = error["message"].as_str()?;
    if message.starts_with(ALL_COOLING) && message.contains(COOLING) {
        return Some(RetryHint::AtFirstAccount);
    }
    ["auth_unavailable:", "auth_not_found:"]
        .iter()
        .any(|code| message.starts_with(code))
        .then_some(RetryHint::Seconds(ACCOUNT_COOLDOWN))
}

pub(super) fn put_on(headers: &mut HeaderMap, seconds: u64) {
    headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
}

/// The seconds until the first account is used again, rounded up; `None` if none is in cooldown.
pub(super) fn first_account(accounts: &EngineAccounts, now: DateTime<Utc>) -> Option<u64> {
    let ends = accounts.by_file.values().filter_map(|file| file.retry_at);
    let first = ends.filter(|end| *end > now).min()?;
    let left = (first - now).num_milliseconds();
    u64::try_from(left).ok().map(|left| left.div_ceil(1000))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::domain::engine_accounts::EngineAccount;

    #[test]
    fn a_cooling_model_is_retried_after_the_time_that_the_engine_gives() {
        let body = br#"{"error":{"code":"model_cooldown","message":"All credentials for model m are cooling down","model":"m","reset_seconds":42,"reset_time":"42s"}}"#;
        assert_eq!(of(body), Some(RetryHint::Seconds(42)));
        let body = br#"{"error":{"code":"model_cooldown","reset_seconds":0}}"#;
        assert_eq!(of(body), Some(RetryHint::Seconds(1)));
    }

    #[test]
    fn a_model_without_a_free_account_is_retried_after_the_usual_cooldown() {
        let openai = br#"{"error":{"message":"auth_unavailable: no auth available (providers=claude, model=m)","type":"server_error","code":"internal_server_error"}}"#;
        let anthropic = br#"{"type":"error","error":{"type":"api_error","message":"auth_unavailable: no auth available"}}"#;
        let usual = Some(RetryHint::Seconds(ACCOUNT_COOLDOWN));
        assert_eq!((of(openai), of(anthropic)), (usual, usual));
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
            assert_eq!(of(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn without_a_time_a_cooling_model_is_retried_when_the_first_account_is_free() {
        let anthropic = br#"{"type":"error","error":{"type":"rate_limit_error","message":"All credentials for model m are cooling down via provider claude"}}"#;
        assert_eq!(of(anthropic), Some(RetryHint::AtFirstAccount));

        let now = DateTime::UNIX_EPOCH;
        let account = |millis: Option<i64>| EngineAccount {
            retry_at: millis.map(|millis| now + TimeDelta::milliseconds(millis)),
            ..EngineAccount::default()
        };
        let accounts = |ends: &[Option<i64>]| EngineAccounts {
            by_file: ends
                .iter()
                .enumerate()
                .map(|(file, end)| (file.to_string(), account(*end)))
                .collect(),
        };

        let ends = accounts(&[None, Some(-5), Some(90_000), Some(3_500)]);
        assert_eq!(first_account(&ends, now), Some(4));
        assert_eq!(first_account(&accounts(&[None, Some(-5)]), now), None);
    }
}
