//! Errors as the SDKs see them.

use std::fmt::Write as _;
use std::time::Duration;

use entity::request::Protocol;
use limits::Metric;

use chrono::DateTime;

use crate::domain::{ledger::LimitKind, users::api_keys::KeyProblem};

use super::{Dialect, GatewayError, in_socket_error, in_stream_error};

const DIALECTS: [Dialect; 3] = [Dialect::OpenAi, Dialect::Anthropic, Dialect::Gemini];

fn faults() -> Vec<GatewayError> {
    let retry_after = Duration::from_millis(1500);
    let limit = || "60 requests per minute".to_owned();
    vec![
        GatewayError::UnknownKey,
        GatewayError::KeyProblem(KeyProblem::Revoked(DateTime::UNIX_EPOCH)),
        GatewayError::KeyProblem(KeyProblem::Replaced(DateTime::UNIX_EPOCH)),
        GatewayError::KeyProblem(KeyProblem::Expired(DateTime::UNIX_EPOCH)),
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
        GatewayError::QuotaExceeded {
            kind: LimitKind::Quota(Metric::Cost),
            retry_after: Some(Duration::from_hours(1)),
            limit: "10 USD per month".to_owned(),
            rejected_by: None,
        },
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
        let response = dialect.refuse(&fault, "019a-request");
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
        for protocol in [Protocol::OpenaiChat, Protocol::OpenaiResponses] {
            let event = in_stream_error(
                dialect,
                protocol,
                &GatewayError::EngineFailed,
                "019a-request",
            );
            writeln!(
                page,
                "{dialect:?} {protocol:?}\n{}",
                std::str::from_utf8(&event).unwrap()
            )
            .unwrap();
        }
    }
    writeln!(
        page,
        "{}",
        in_socket_error(&GatewayError::KeyProblem(KeyProblem::UserDisabled))
    )
    .unwrap();
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
