//! Parses one record of the usage queue. Records contain keys, so unused fields are not kept.

use chrono::{DateTime, Utc};
use entity::window_reading::ReadingSource;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use uuid::Uuid;

use crate::domain::engine_usage::EngineUsage;
use crate::domain::provider_accounts::EngineAttempt;
use crate::domain::tokens::Tokens;
use crate::domain::window_readings::WindowReport;
use crate::engine::config::EngineAccounts;
use crate::engine::error_text::error_text;
use crate::providers::{self, LimitHeaders};

/// One attempt at a provider, as the engine reports it.
#[derive(Deserialize)]
pub(super) struct Record {
    #[serde(default)]
    x_forwarded_for: String,
    #[serde(default)]
    auth_index: String,
    #[serde(default)]
    provider: String,
    #[serde(default)]
    failed: bool,
    #[serde(default)]
    fail: Failure,
    token_breakdown: Option<Breakdown>,
    #[serde(default)]
    response_service_tier: String,
    /// When the attempt began.
    timestamp: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "limit_headers")]
    response_headers: LimitHeaders,
}

fn limit_headers<'de, D: Deserializer<'de>>(headers: D) -> Result<LimitHeaders, D::Error> {
    Ok(LimitHeaders::of(&Value::deserialize(headers)?))
}

#[derive(Default, Deserialize)]
struct Failure {
    #[serde(default)]
    status_code: u16,
    /// The provider's response.
    #[serde(default)]
    body: String,
}

#[derive(Deserialize)]
struct Breakdown {
    #[serde(default)]
    quality: String,
    #[serde(default)]
    input: Input,
    #[serde(default)]
    output: Output,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Input {
    #[serde(rename = "uncached_tokens")]
    uncached: i64,
    #[serde(rename = "cache_read_tokens")]
    cache_read: i64,
    #[serde(rename = "cache_write_tokens")]
    cache_write: i64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Output {
    #[serde(rename = "non_reasoning_tokens")]
    non_reasoning: i64,
    #[serde(rename = "reasoning_tokens")]
    reasoning: i64,
}

impl Record {
    /// Parses a record; none when it is invalid.
    pub(super) fn read(record: Value) -> Option<Self> {
        serde_json::from_value(record).ok()
    }

    /// The usage of a request of the gateway; none for requests of other clients.
    pub(super) fn usage(&self, accounts: &EngineAccounts) -> Option<EngineUsage> {
        let account = accounts.find(&self.auth_index);
        Some(EngineUsage {
            request_id: request_id(&self.x_forwarded_for)?,
            provider: account
                .map(|account| account.kind)
                .or_else(|| providers::by_usage_record(&self.provider)),
            account_id: account.map(|account| account.id),
            failed: self.failed,
            status: self.failure().filter(|status| *status > 0),
            message: None,
            tokens: self.token_breakdown.as_ref().and_then(tokens),
            service_tier: Some(self.response_service_tier.trim())
                .filter(|tier| !tier.is_empty())
                .map(str::to_owned),
        })
    }

    /// The engine's id of the account, and the status of a failure.
    pub(super) fn outcome(&self) -> (&str, Option<u16>) {
        (&self.auth_index, self.failure())
    }

    /// The message in the provider's response to a failed attempt.
    pub(super) fn message(&self) -> Option<String> {
        let body = Some(self.fail.body.as_str()).filter(|_| self.failed)?;
        error_text(body)
    }

    fn failure(&self) -> Option<u16> {
        self.failed.then_some(self.fail.status_code)
    }

    /// The usage windows in the headers of the provider's answer; none without any. After a failover a record may have
    /// the headers of another attempt, so only those of the account's provider are read.
    pub(super) fn windows(
        &self,
        accounts: &EngineAccounts,
        now: DateTime<Utc>,
    ) -> Option<WindowReport> {
        let account = accounts.find(&self.auth_index)?;
        let read = providers::spec(account.kind).answer_windows?;
        let windows = read(&self.response_headers);
        (!windows.is_empty()).then(|| WindowReport {
            account_id: account.id,
            observed_at: self.timestamp.unwrap_or(now),
            source: ReadingSource::Answer,
            windows,
        })
    }

    /// The names of headers about limits whose meaning is unknown.
    pub(super) fn unknown_limits(&self) -> impl Iterator<Item = &str> {
        self.response_headers.unknown()
    }

    /// The outcome at an account of this server.
    pub(super) fn attempt(
        &self,
        accounts: &EngineAccounts,
        at: DateTime<Utc>,
        message: Option<String>,
    ) -> Option<EngineAttempt> {
        Some(EngineAttempt {
            account_id: accounts.find(&self.auth_index)?.id,
            at,
            failure: self.failure(),
            message,
        })
    }
}

/// The gateway writes only the request id; a proxy before an external engine may append addresses.
fn request_id(forwarded_for: &str) -> Option<Uuid> {
    let first = forwarded_for.split(',').next()?;
    Uuid::try_parse(first.trim()).ok()
}

/// Only `complete` counts are exact: the others do not add up (`inconsistent`), or belong to no bucket
/// (`unclassified`). Zero input means that it was not counted: the client disconnected, the provider reported nothing, or an
/// Anthropic stream reported it at its start, which the engine does not read. Counts beside an implausible one are not
/// used. Unknown is not zero.
fn tokens(breakdown: &Breakdown) -> Option<Tokens> {
    let tokens = Tokens {
        input: breakdown.input.uncached,
        cache_read: breakdown.input.cache_read,
        cache_write: breakdown.input.cache_write,
        // Reported by the answer alone.
        cache_write_1h: 0,
        output: breakdown.output.non_reasoning,
        reasoning: breakdown.output.reasoning,
        ..Tokens::default()
    };
    let has_input = tokens.input > 0 || tokens.cache_read > 0 || tokens.cache_write > 0;
    let is_reported = breakdown.quality == "complete" && has_input;
    (is_reported && tokens.are_credible()).then_some(tokens)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use entity::provider_account::ProviderKind;

    use super::*;

    fn read(record: Value, accounts: &EngineAccounts) -> Option<EngineUsage> {
        Record::read(record)?.usage(accounts)
    }

    fn record() -> Value {
        json!({
            "source": "sk-canary", "api_key": "pp-canary", "some_later_field": [1],
            "x_forwarded_for": "01934f00-0000-7000-8000-000000000001",
            "auth_index": "39772ba5256c1817", "provider": "openai-compatible-stub", "failed": false,
            "token_breakdown": {"quality": "complete",
                "input": {"uncached_tokens": 6, "cache_read_tokens": 4, "cache_write_tokens": 1},
                "output": {"non_reasoning_tokens": 3, "reasoning_tokens": 2}},
        })
    }

    #[test]
    fn reads_the_five_buckets() {
        let usage = read(record(), &EngineAccounts::default()).unwrap();

        assert_eq!(usage.provider, Some(ProviderKind::OpenaiCompatible));
        assert_eq!(usage.account_id, None);
        let expected = Tokens {
            input: 6,
            cache_read: 4,
            cache_write: 1,
            cache_write_1h: 0,
            output: 3,
            reasoning: 2,
            ..Tokens::default()
        };
        assert_eq!(usage.tokens, Some(expected));
    }

    #[test]
    fn the_message_of_a_failed_attempt_is_read() {
        let mut record = record();
        record["fail"] =
            json!({"status_code": 429, "body": r#"{"error":{"message":"slow down"}}"#});
        let message = |record: Value| Record::read(record).unwrap().message();

        assert_eq!(message(record.clone()), None);
        record["failed"] = json!(true);
        assert_eq!(message(record.clone()).as_deref(), Some("slow down"));
        let usage = read(record.clone(), &EngineAccounts::default()).unwrap();
        assert_eq!(usage.status, Some(429));

        record["fail"] = json!({"status_code": 0, "body": "<html>"});
        assert_eq!(message(record.clone()), None);
        let usage = read(record, &EngineAccounts::default()).unwrap();
        assert_eq!((usage.failed, usage.status), (true, None));
    }

    #[test]
    fn a_record_without_counts_is_unknown_and_not_zero() {
        let mut record = record();
        record["failed"] = json!(true);
        record["token_breakdown"] = json!({"quality": "complete", "input": {}, "output": {}});

        let usage = read(record, &EngineAccounts::default()).unwrap();

        assert!(usage.failed);
        assert_eq!(usage.tokens, None);
    }

    #[test]
    fn output_without_input_is_unknown() {
        let mut record = record();
        record["token_breakdown"]["input"] = json!({});

        assert_eq!(
            read(record, &EngineAccounts::default()).unwrap().tokens,
            None
        );
    }

    #[test]
    fn inconsistent_counts_are_unknown() {
        let mut record = record();
        record["token_breakdown"]["quality"] = json!("inconsistent");

        assert_eq!(
            read(record, &EngineAccounts::default()).unwrap().tokens,
            None
        );
    }

    #[test]
    fn implausible_counts_are_unknown() {
        for (bucket, name) in [
            ("input", "cache_read_tokens"),
            ("output", "reasoning_tokens"),
        ] {
            for count in [-1_i64, 100_000_001, i64::MAX] {
                let mut record = record();
                record["token_breakdown"][bucket][name] = json!(count);

                let usage = read(record, &EngineAccounts::default()).unwrap();

                assert_eq!(usage.tokens, None, "{name} is {count}");
            }
        }
        let mut record = record();
        record["token_breakdown"]["input"]["uncached_tokens"] = json!(100_000_000);
        let usage = read(record, &EngineAccounts::default()).unwrap();
        assert_eq!(usage.tokens.unwrap().input, 100_000_000);
    }

    #[test]
    fn ignores_records_of_other_clients() {
        let mut foreign = record();
        foreign["x_forwarded_for"] = json!("203.0.113.9");

        assert_eq!(read(foreign, &EngineAccounts::default()), None);
        assert_eq!(read(json!("no record"), &EngineAccounts::default()), None);
    }
}
