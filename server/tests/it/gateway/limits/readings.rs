//! Limits count what the engine will do, however a request is written.

use axum::{Json, Router, routing::post};
use entity::quota::Metric;
use proxypal_server::domain::{
    prices::{Conditions, NewPrice, Rates},
    usd,
    users::quotas::NewQuota,
};
use serde_json::{Value, json};

use super::{CHAT, GEMINI, MESSAGES, User, passed, quota, tokens, used_up};
use crate::support::test_context;
use crate::{gateway::raw::Raw, support::TestApp};

fn code(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// Sends a body as it is written.
async fn outcome(user: &User, path: &str, body: &str) -> (u16, String) {
    let request = user
        .app
        .http
        .post(user.app.url(path))
        .bearer_auth(&user.key);
    let answer = request
        .header("content-type", "application/json")
        .body(body.to_owned())
        .send()
        .await
        .unwrap();
    let said = answer.headers().get("x-proxypal-error");
    let said = said.map_or_else(String::new, |code| code.to_str().unwrap().to_owned());
    (answer.status().as_u16(), said)
}

fn strict() -> NewQuota {
    NewQuota {
        strict: true,
        ..tokens(100_000)
    }
}

#[tokio::test]
async fn an_ambiguous_request_is_refused_for_every_caller() {
    let user = User::new().await;
    for body in [
        r#"{"model":"m","model":"n","use":[1,1]}"#,
        r#"{"Model":"n","model":"m","use":[1,1]}"#,
        r#"{"model":"m","use":[1,1]}{"model":"n"}"#,
        r#"[{"model":"m","use":[1,1]}]"#,
        r#"{"model":5,"use":[1,1]}"#,
        r#"{"model":"m","use":[1,1]"#,
    ] {
        let result = outcome(&user, CHAT, body).await;
        assert_eq!(result, code(400, "proxypal_model_ambiguous"), "{body}");
    }
    assert_eq!(
        outcome(&user, CHAT, r#"{"mod\u0065l":"m","use":[1,1]}"#).await,
        passed()
    );
}

#[tokio::test]
async fn a_second_model_later_in_the_body_aborts_the_request() {
    let user = User::new().await;
    let first = r#"{"model":"m","use":[1,1],"#;
    let second = r#""model":"n"}"#;
    let mut raw = Raw::connect(user.app.address).await;
    let length = first.len() + second.len();
    raw.send(format!(
        "POST {CHAT} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {}\r\nContent-Length: {length}\r\n\r\n{first}",
        user.key
    ))
    .await;
    // Time to be forwarded does not matter: the engine acts on whole bodies only.
    tokio::task::yield_now().await;

    raw.send(second).await;

    let answer = raw.read_until("proxypal_model_ambiguous").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[tokio::test]
async fn a_chunked_body_with_a_content_length_is_forwarded_as_chunks() {
    let user = User::new().await;
    let mut raw = Raw::connect(user.app.address).await;
    raw.send(format!(
        "POST {CHAT} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n24\r\n{{\"model\":\"m\",\"use\":[1,1],\"a\":\"bcde\"}}\r\n0\r\n\r\n",
        user.key
    ))
    .await;

    let answer = raw.read_until("\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn auto_is_not_the_name_of_a_model() {
    let user = User::new().await;
    for body in [
        r#"{"model":"auto","use":[1,1]}"#,
        r#"{"model":"auto(high)","use":[1,1]}"#,
        r#"{"model":" auto ","use":[1,1]}"#,
        r#"{"model":"models/auto","use":[1,1]}"#,
    ] {
        let result = outcome(&user, CHAT, body).await;
        assert_eq!(result, code(400, "proxypal_model_unspecific"), "{body}");
    }
    let gemini = "/v1beta/models/auto:generateContent";
    let result = outcome(&user, gemini, r#"{"use":[1,1]}"#).await;
    assert_eq!(result, code(400, "proxypal_model_unspecific"));
    assert_eq!(
        outcome(&user, CHAT, r#"{"model":"auto-x","use":[1,1]}"#).await,
        passed()
    );
}

#[tokio::test]
async fn a_quota_for_a_model_counts_every_spelling_of_its_name() {
    for name in ["m (low)", "m(low)", " m ", "models/m", "m\u{a0}(8192)"] {
        let mut user = User::new().await;
        let of_m = NewQuota {
            model_pattern: Some("m".to_owned()),
            ..tokens(15)
        };
        user.limit(&[of_m]).await;

        user.spend(name, [10, 5]).await;

        assert_eq!(user.standing().used, 15, "{name:?}");
        assert_eq!(
            user.outcome(json!({ "model": "m", "use": [1, 1] })).await,
            used_up()
        );
    }
}

#[tokio::test]
async fn a_quota_for_a_model_counts_the_model_that_served() {
    let answer = async || {
        Json(json!({ "model": "Dear-1", "usage": { "prompt_tokens": 10, "completion_tokens": 5 } }))
    };
    let mut user = User::before(Router::new().fallback(post(answer))).await;
    let of_dear = NewQuota {
        model_pattern: Some("dear*".to_owned()),
        ..tokens(1000)
    };
    user.limit(&[of_dear]).await;

    user.spend("cheap", [10, 5]).await;

    assert_eq!(user.standing().used, 15);
}

#[tokio::test]
async fn a_request_under_a_cost_quota_must_name_a_model() {
    let user = User::new().await;
    user.limit(&[quota(Metric::Cost, usd::DOLLAR)]).await;

    let result = outcome(
        &user,
        "/v1/images/generations",
        r#"{"prompt":"p","use":[1,1]}"#,
    )
    .await;

    assert_eq!(result, code(400, "proxypal_model_required"));
}

#[tokio::test]
async fn a_strict_quota_ignores_a_bound_that_the_engine_does_not_read() {
    let user = User::new().await;
    user.limit(&[strict()]).await;
    let cases = [
        (CHAT, r#""model":"m","messages":[],"max_output_tokens":5"#),
        (CHAT, r#""model":"m","messages":[],"max_tokens":"60000""#),
        (CHAT, r#""model":"m","messages":[],"max_tokens":60000.5"#),
        (CHAT, r#""model":"m","messages":[],"max_tokens":-1"#),
        (CHAT, r#""model":"m","messages":[],"max_tokens":0"#),
        (
            CHAT,
            r#""model":"m","messages":[],"max_tokens":5,"max_tokens":60000"#,
        ),
        (
            CHAT,
            r#""model":"m","messages":[],"max_tokens":5,"Max_Tokens":60000"#,
        ),
        (CHAT, r#""model":"m","messages":[],"max_tokens":5,"n":"9""#),
        (CHAT, r#""model":"m","input":"hi","max_tokens":5"#),
        (MESSAGES, r#""model":"m","max_completion_tokens":5"#),
        (
            "/v1/completions",
            r#""model":"m","max_completion_tokens":5"#,
        ),
        ("/v1/responses", r#""model":"m","max_tokens":5"#),
        (
            "/v1/responses/compact",
            r#""model":"m","max_output_tokens":5"#,
        ),
        ("/v1/images/generations", r#""model":"m","max_tokens":5"#),
        (GEMINI, r#""max_tokens":5"#),
        (GEMINI, r#""generation_config":{"max_output_tokens":5}"#),
        (GEMINI, r#""generationConfig":[{"maxOutputTokens":5}]"#),
        (
            GEMINI,
            r#""generationConfig":{"maxOutputTokens":5},"generationConfig":{}"#,
        ),
    ];
    for (path, members) in cases {
        let body = format!(r#"{{{members},"use":[1,1]}}"#);
        let result = outcome(&user, path, &body).await;
        assert_eq!(result, code(400, "proxypal_unbounded"), "{path} {members}");
    }
    let believed = [
        (CHAT, r#""model":"m","messages":[],"max_tokens":5"#),
        (CHAT, r#""model":"m","input":"hi","max_output_tokens":5"#),
        (MESSAGES, r#""model":"m","max_tokens":5"#),
        ("/v1/responses", r#""model":"m","max_output_tokens":5"#),
        (GEMINI, r#""generationConfig":{"maxOutputTokens":5}"#),
    ];
    for (path, members) in believed {
        let body = format!(r#"{{{members},"use":[1,1]}}"#);
        assert_eq!(
            outcome(&user, path, &body).await,
            passed(),
            "{path} {members}"
        );
    }
}

#[tokio::test]
async fn a_strict_quota_reads_a_long_body_to_its_end() {
    let user = User::new().await;
    user.limit(&[NewQuota {
        strict: true,
        ..tokens(10_000_000)
    }])
    .await;
    let long = "x".repeat(3 * 512 * 1024);
    let late = format!(r#"{{"model":"m","use":[1,1],"a":"{long}","max_tokens":5}}"#);
    let again =
        format!(r#"{{"model":"m","use":[1,1],"max_tokens":5,"a":"{long}","max_tokens":60000000}}"#);

    assert_eq!(outcome(&user, MESSAGES, &late).await, passed());
    assert_eq!(
        outcome(&user, MESSAGES, &again).await,
        code(400, "proxypal_unbounded")
    );
}

#[tokio::test]
async fn a_strict_quota_counts_the_decompressed_body() {
    let user = User::new().await;
    user.limit(&[strict()]).await;
    let text = format!(
        r#"{{"model":"m","use":[1,1],"max_tokens":5,"messages":[],"a":"{}"}}"#,
        "x".repeat(200_000)
    );
    let body = zstd::encode_all(text.as_bytes(), 3).unwrap();
    assert!(body.len() < 1000);
    let request = user
        .app
        .http
        .post(user.app.url(CHAT))
        .bearer_auth(&user.key);

    let answer = request
        .header("content-encoding", "zstd")
        .body(body)
        .send()
        .await
        .unwrap();

    assert_eq!(answer.status(), 429);
    assert_eq!(
        answer.headers()["x-proxypal-error"],
        "proxypal_quota_exceeded"
    );
}

async fn price(app: &TestApp, pattern: &str, dollars: i64) {
    let price = NewPrice {
        model_pattern: pattern.to_owned(),
        provider: None,
        effective_from: None,
        rates: Rates {
            input: dollars * usd::DOLLAR,
            output: dollars * usd::DOLLAR,
            ..Rates::default()
        },
        conditions: Conditions::default(),
        source: None,
    };
    app.services
        .prices
        .create(test_context(), &price)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_serving_model_is_priced_unless_an_administrator_priced_the_requested_one() {
    let answer = async |Json(asked): Json<Value>| {
        let served = asked["serve"].clone();
        Json(
            json!({ "model": served, "usage": { "prompt_tokens": 1_000_000, "completion_tokens": 0 } }),
        )
    };
    let user = User::before(Router::new().fallback(post(answer))).await;
    price(&user.app, "dear-model", 500).await;
    price(&user.app, "fixed-model", 1).await;
    let mut records = user.app.records().await;
    let mut cost = async |asked: &str, served: &str| {
        let body = json!({ "model": asked, "serve": served });
        assert_eq!(user.outcome(body).await, passed());
        records.next().await.cost
    };

    let dear = Some(500 * usd::DOLLAR);
    assert_eq!(cost("gpt-5-nano", "dear-model").await, dear);
    assert_eq!(cost("dear-model", "gpt-5-nano").await, dear);
    assert_eq!(cost("unpriced-model", "dear-model").await, dear);
    assert_eq!(cost("fixed-model", "dear-model").await, Some(usd::DOLLAR));
}
