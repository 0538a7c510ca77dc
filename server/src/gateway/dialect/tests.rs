//! Errors as the SDKs see them.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::{
    quota::WindowKind,
    request_failure::{LimitScope, RejectedBy, RejectingLimit, RejectingQuota},
};
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue, Response, header::USER_AGENT};
use limits::Metric;
use serde_json::Value;
use uuid::Uuid;

use crate::domain::{ledger::LimitKind, users::api_keys::KeyProblem};

use super::{Dialect, ErrorRecipient, GatewayError, in_socket_error, in_stream_error};

const DIALECTS: [Dialect; 4] = [
    Dialect::OpenAi,
    Dialect::Responses,
    Dialect::Anthropic,
    Dialect::Gemini,
];

fn recipient(dialect: Dialect, user_agent: &'static str) -> ErrorRecipient {
    let agent = HeaderValue::from_static(user_agent);
    ErrorRecipient::of(dialect, &HeaderMap::from_iter([(USER_AGENT, agent)]))
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_796_000_000, 0).unwrap()
}

fn used_up(resets_in: Option<Duration>) -> GatewayError {
    GatewayError::QuotaExceeded {
        kind: LimitKind::Quota(Metric::Cost),
        retry_after: resets_in,
        limit: "10 USD a day (UTC) for this user".to_owned(),
        rejected_by: Some(Box::new(RejectedBy {
            kind: RejectingLimit::QuotaCost,
            scope: LimitScope::User,
            limit: 10,
            used: 10,
            reserved: 0,
            needed: None,
            resets_at: None,
            quota: Some(RejectingQuota {
                id: Uuid::nil(),
                window: WindowKind::Day,
                rolling_seconds: None,
                timezone: None,
                provider: None,
                model_pattern: None,
            }),
        })),
    }
}

fn faults() -> Vec<GatewayError> {
    let retry_after = Duration::from_millis(1500);
    let limit = || "60 requests per minute".to_owned();
    vec![
        GatewayError::UnknownKey,
        GatewayError::KeyProblem(KeyProblem::Revoked(DateTime::UNIX_EPOCH)),
        GatewayError::KeyProblem(KeyProblem::Replaced(DateTime::UNIX_EPOCH)),
        GatewayError::KeyProblem(KeyProblem::Expired(DateTime::UNIX_EPOCH)),
        GatewayError::KeyProblem(KeyProblem::Idle(DateTime::UNIX_EPOCH)),
        GatewayError::KeyProblem(KeyProblem::WrongNetwork(Some([198, 51, 100, 7].into()))),
        GatewayError::KeyProblem(KeyProblem::WrongNetwork(None)),
        GatewayError::KeyProblem(KeyProblem::WrongClient),
        GatewayError::KeyProblem(KeyProblem::SignInRevoked(DateTime::UNIX_EPOCH)),
        GatewayError::KeyProblem(KeyProblem::SignInExpired(DateTime::UNIX_EPOCH)),
        GatewayError::KeyProblem(KeyProblem::UserDisabled),
        GatewayError::KeyProblem(KeyProblem::UserArchived),
        GatewayError::ModelNotAllowed {
            model: "gpt-5\"".to_owned(),
        },
        GatewayError::AccountNotAllowed,
        GatewayError::ModelRequired,
        GatewayError::ModelAmbiguous,
        GatewayError::BodyTooLarge { limit: 67_108_864 },
        GatewayError::BodyTooSlow,
        GatewayError::NotFound {
            base_url: "https://ai.example.org".into(),
        },
        GatewayError::Blocked,
        GatewayError::RateLimited {
            kind: LimitKind::RequestsPerMinute,
            retry_after,
            limit: limit(),
            rate_limits: None,
            rejected_by: None,
        },
        used_up(Some(Duration::from_hours(1))),
        used_up(Some(Duration::from_secs(40))),
        used_up(None),
        GatewayError::AccountsStopped {
            retry_after: Duration::from_hours(1),
            window: "five_hour".to_owned(),
            resets_at: "2026-11-30T17:00:00Z".to_owned(),
        },
        GatewayError::AccountsRefused { retry_after },
        GatewayError::AccountsBusy { retry_after },
        GatewayError::SocketElsewhere,
        GatewayError::EngineUnavailable { retry_after },
        GatewayError::EngineFailed,
        GatewayError::EngineTooSlow,
        GatewayError::Overloaded {
            retry_after: Duration::ZERO,
        },
    ]
}

fn refusals(dialect: Dialect) -> String {
    let mut page = String::new();
    for fault in faults() {
        let response = recipient(dialect, "curl/8").refuse(&fault, "019a-request", now());
        writeln!(page, "{}", response.status()).unwrap();
        for (name, value) in response.headers() {
            writeln!(page, "{name}: {}", value.to_str().unwrap()).unwrap();
        }
        writeln!(
            page,
            "\n{}\n",
            std::str::from_utf8(response.body()).unwrap()
        )
        .unwrap();
    }
    page
}

#[test]
fn refuses_in_the_dialect_of_openai() {
    insta::assert_snapshot!(refusals(Dialect::OpenAi));
}

#[test]
fn refuses_in_the_dialect_of_responses() {
    insta::assert_snapshot!(refusals(Dialect::Responses));
}

#[test]
fn refuses_in_the_dialect_of_anthropic() {
    insta::assert_snapshot!(refusals(Dialect::Anthropic));
}

#[test]
fn refuses_in_the_dialect_of_gemini() {
    insta::assert_snapshot!(refusals(Dialect::Gemini));
}

#[test]
fn ends_streams_and_sockets_with_an_error() {
    let mut page = String::new();
    for dialect in DIALECTS {
        let recipient = recipient(dialect, "curl/8");
        let event = in_stream_error(
            recipient,
            &GatewayError::EngineFailed,
            "019a-request",
            now(),
        );
        let event = std::str::from_utf8(&event).unwrap();
        writeln!(page, "{dialect:?}\n{event}").unwrap();
    }
    let recipient = recipient(Dialect::Responses, "codex_exec/0.171.0");
    for error in [
        GatewayError::KeyProblem(KeyProblem::UserDisabled),
        used_up(Some(Duration::from_hours(1))),
    ] {
        writeln!(page, "{}\n", in_socket_error(recipient, &error, now())).unwrap();
    }
    insta::assert_snapshot!(page);
}

/// Of a response: the status, the type of the error, `Retry-After` and `x-should-retry`.
fn in_short(response: &Response<bytes::Bytes>) -> String {
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    let error = &body["error"];
    let kind = error.get("status").unwrap_or(&error["type"]);
    let header = |name: HeaderName| {
        let value = response.headers().get(name);
        value
            .map_or("-", |value| value.to_str().unwrap())
            .to_owned()
    };
    let status = response.status().as_u16();
    let (wait, retry) = (
        header(RETRY_AFTER),
        header(HeaderName::from_static("x-should-retry")),
    );
    format!("{status} {} {wait} {retry}", kind.as_str().unwrap())
}

/// The contract with the agents: what makes each of them wait when waiting helps, and stop when it does not.
#[test]
fn each_tool_waits_when_waiting_helps_and_stops_when_it_does_not() {
    let rate = |seconds| GatewayError::RateLimited {
        kind: LimitKind::TokensPerMinute,
        retry_after: Duration::from_secs(seconds),
        limit: String::new(),
        rate_limits: None,
        rejected_by: None,
    };
    let not_allowed = || GatewayError::ModelNotAllowed {
        model: "m".to_owned(),
    };
    let hour = Some(Duration::from_hours(1));
    let clients = [
        (Dialect::Anthropic, "claude-cli/2.1.332 (external, cli)"),
        (Dialect::Responses, "codex_exec/0.171.0 (Linux)"),
        (Dialect::OpenAi, "opencode/1.18.33 ai-sdk/provider-utils"),
        (Dialect::OpenAi, "QwenCode/0.15.10 (linux; x64)"),
        (Dialect::OpenAi, "OpenAI/Python 2.0"),
        (Dialect::Gemini, "GeminiCLI/0.61.0/gemini-pro (linux)"),
        (Dialect::Anthropic, "opencode/1.18.33 ai-sdk/anthropic"),
    ];
    let errors = [
        ("used up", used_up(hour)),
        (
            "used up, resets soon",
            used_up(Some(Duration::from_secs(40))),
        ),
        ("used up for good", used_up(None)),
        ("rate", rate(7)),
        ("rate, long", rate(300)),
        ("key", GatewayError::UnknownKey),
        ("not allowed", not_allowed()),
        ("engine failed", GatewayError::EngineFailed),
        ("engine too slow", GatewayError::EngineTooSlow),
        (
            "engine away",
            GatewayError::EngineUnavailable {
                retry_after: Duration::from_millis(1500),
            },
        ),
    ];
    let mut page = String::new();
    for (name, error) in &errors {
        writeln!(page, "{name}").unwrap();
        for (dialect, user_agent) in clients {
            let recipient = recipient(dialect, user_agent);
            let response = recipient.refuse(error, "019a-request", now());
            assert_eq!(recipient.status(error), response.status());
            let tool = user_agent.split(['/', ' ']).next().unwrap();
            writeln!(page, "  {tool} ({dialect:?}): {}", in_short(&response)).unwrap();
        }
    }
    insta::assert_snapshot!(page);
}

#[test]
fn marks_every_error_as_ours() {
    for fault in faults() {
        assert!(fault.code().starts_with("proxypal_"));
        assert!(fault.to_string().contains("ProxyPal"));
    }
}

#[test]
fn a_lifetime_quota_does_not_ask_to_wait() {
    let error = GatewayError::QuotaExceeded {
        kind: LimitKind::Quota(Metric::Cost),
        retry_after: None,
        limit: "10 USD in all".to_owned(),
        rejected_by: None,
    };

    assert_eq!(
        error.to_string(),
        "ProxyPal: the quota is used up (10 USD in all). It does not reset: ask your administrator to raise it."
    );
}
