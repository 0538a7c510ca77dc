//! The contract of the engine on which other modules rely. The tests run against the double and the real one.

use futures_util::{SinkExt as _, StreamExt as _};
use proxypal_server::domain::tokens::Tokens;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use uuid::Uuid;

use super::support::{EVENT_TIMEOUT, TestEngine, compatible, provider};
use super::upstream;

const INCLUSIVE: Tokens = Tokens {
    input: 6,
    cache_read: 4,
    cache_write: 0,
    cache_write_1h: 0,
    output: 3,
    reasoning: 2,
    media: proxypal_server::domain::tokens::MediaCounts::NONE,
};

async fn test_engine() -> TestEngine {
    TestEngine::with(upstream::credentials().await).await
}

/// Asks, reads to the end, and answers the text and what was recorded.
async fn ask(test_engine: &mut TestEngine, path: &str, body: &Value) -> (String, Option<Tokens>) {
    let request_id = Uuid::now_v7();
    let request = test_engine
        .request(Method::POST, path)
        .header("x-forwarded-for", request_id.to_string());
    let answer = request.json(body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains_key("x-cpa-trace-id"));
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    let text = answer.text().await.unwrap();
    let usage = test_engine.next_usage().await;
    assert_eq!((usage.request_id, usage.failed), (request_id, false));
    assert!(usage.account_id.is_some());
    (text, usage.tokens)
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_streamed_and_counted() {
    let mut test_engine = test_engine().await;
    let body = json!({"model": "stub-claude", "max_tokens": 9, "stream": true,
        "messages": [{"role": "user", "content": "hello"}]});

    let (text, tokens) = ask(&mut test_engine, "/v1/messages", &body).await;

    assert!(text.contains("event: message_stop"), "{text}");
    let expected = Tokens {
        input: 7,
        cache_read: 2,
        cache_write: 3,
        cache_write_1h: 0,
        output: 5,
        reasoning: 0,
        ..Tokens::default()
    };
    assert_eq!(tokens, Some(expected));
}

/// The engine looks at the end of a message alone.
#[tokio::test(flavor = "multi_thread")]
async fn input_reported_only_at_the_start_is_not_counted() {
    let mut test_engine = test_engine().await;
    let body = json!({"model": "stub-terse", "max_tokens": 9, "stream": true,
        "messages": [{"role": "user", "content": "hello"}]});

    let (_, tokens) = ask(&mut test_engine, "/v1/messages", &body).await;

    assert_eq!(tokens, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_are_streamed_and_counted() {
    let mut test_engine = test_engine().await;
    let body = json!({"model": "stub-codex", "stream": true, "input": "hello"});

    let (text, tokens) = ask(&mut test_engine, "/v1/responses", &body).await;

    assert!(text.contains("event: response.completed"), "{text}");
    assert_eq!(tokens, Some(INCLUSIVE));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_that_is_not_streamed_is_gathered() {
    let mut test_engine = test_engine().await;

    let (text, tokens) = ask(
        &mut test_engine,
        "/v1/responses",
        &json!({"model": "stub-codex", "input": "hello"}),
    )
    .await;

    let response: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(response["usage"]["total_tokens"], 15);
    assert_eq!(tokens, Some(INCLUSIVE));
}

#[tokio::test(flavor = "multi_thread")]
async fn gemini_reports_usage_at_the_end_only() {
    let mut test_engine = test_engine().await;
    let body = json!({"contents": [{"role": "user", "parts": [{"text": "hello"}]}]});

    let (text, tokens) = ask(
        &mut test_engine,
        "/v1beta/models/stub-gemini:streamGenerateContent?alt=sse",
        &body,
    )
    .await;

    assert_eq!(text.matches("\"usageMetadata\"").count(), 1, "{text}");
    assert_eq!(text.matches("\"cpaUsageMetadata\"").count(), 1, "{text}");
    assert_eq!(
        tokens,
        Some(Tokens {
            output: 3,
            ..INCLUSIVE
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_leaves_is_recorded_without_counts() {
    let mut test_engine = test_engine().await;
    let request_id = Uuid::now_v7();
    let body = json!({"model": "stub-endless", "max_tokens": 9, "stream": true,
        "messages": [{"role": "user", "content": "hello"}]});

    let request = test_engine
        .request(Method::POST, "/v1/messages")
        .header("x-forwarded-for", request_id.to_string());
    let mut answer = request.json(&body).send().await.unwrap();
    answer.chunk().await.unwrap().unwrap();
    drop(answer);

    let usage = test_engine.next_usage().await;
    assert_eq!(
        (usage.request_id, usage.failed, usage.tokens),
        (request_id, true, None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn turns_of_a_socket_are_recorded_one_by_one() {
    let mut test_engine = test_engine().await;
    let request_id = Uuid::now_v7();
    let endpoint = test_engine.engine.endpoint().unwrap();
    let mut request = format!("ws://{}/v1/responses", endpoint.authority)
        .into_client_request()
        .unwrap();
    request
        .headers_mut()
        .insert("authorization", endpoint.authorization.clone());
    request
        .headers_mut()
        .insert("x-forwarded-for", request_id.to_string().parse().unwrap());
    let stream = tokio::net::TcpStream::connect(endpoint.authority.as_str())
        .await
        .unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream)
        .await
        .unwrap();

    for _ in 0..2 {
        let turn = json!({"type": "response.create", "model": "stub-codex", "input": []});
        socket.send(Message::text(turn.to_string())).await.unwrap();
        let completed = async {
            while !socket
                .next()
                .await
                .unwrap()
                .unwrap()
                .to_text()
                .unwrap()
                .contains("response.completed")
            {}
        };
        tokio::time::timeout(EVENT_TIMEOUT, completed)
            .await
            .unwrap();
        let usage = test_engine.next_usage().await;
        assert_eq!(
            (usage.request_id, usage.tokens),
            (request_id, Some(INCLUSIVE))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fail_over_is_recorded_attempt_by_attempt() {
    let broken = axum::Router::new().fallback(|| async { http::StatusCode::INTERNAL_SERVER_ERROR });
    let mut first = compatible("stub-gpt", &super::support::serve(broken).await);
    first.label = "broken".to_owned();
    let second = compatible("stub-gpt", &provider().await);
    let mut test_engine = TestEngine::with(vec![first.clone(), second.clone()]).await;
    let request_id = Uuid::now_v7();

    // The engine takes turns, so one of two requests meets the broken provider first.
    assert_eq!(test_engine.chat("stub-gpt", request_id).await.status(), 200);
    assert_eq!(test_engine.chat("stub-gpt", request_id).await.status(), 200);

    let mut failed = Vec::new();
    for _ in 0..3 {
        let usage = test_engine.next_usage().await;
        failed.push((usage.account_id.unwrap(), usage.failed));
    }
    failed.sort_by_key(|(_, has_failed)| !has_failed);
    let expected = [
        (first.account_id, true),
        (second.account_id, false),
        (second.account_id, false),
    ];
    assert_eq!(failed, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_of_sending_a_key_is_accepted() {
    let test_engine = test_engine().await;
    let endpoint = test_engine.engine.endpoint().unwrap();
    let url = format!("http://{}/v1/models", endpoint.authority);
    let key = endpoint
        .authorization
        .to_str()
        .unwrap()
        .trim_start_matches("Bearer ")
        .to_owned();
    let get = |url: &str| test_engine.http.get(url);

    let answers = [
        get(&url).header("authorization", &key),
        get(&url).header("x-goog-api-key", &key),
        get(&url).header("x-api-key", &key),
        get(&format!("{url}?key={key}")),
        get(&format!("{url}?auth_token={key}")),
    ];
    for answer in answers {
        assert_eq!(answer.send().await.unwrap().status(), 200);
    }
    for (request, problem) in [
        (get(&url), "Missing"),
        (get(&url).bearer_auth("wrong"), "Invalid"),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 401);
        assert_eq!(
            answer.text().await.unwrap(),
            format!("{{\"error\":\"{problem} API key\"}}")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_model_is_a_bad_request_in_each_dialect() {
    let test_engine = test_engine().await;
    let body = json!({"model": "unknown", "max_tokens": 1, "messages": [{"role": "user", "content": "hello"}]});

    for (path, kind) in [
        ("/v1/chat/completions", "/error/code"),
        ("/v1/messages", "/error/type"),
    ] {
        let answer = test_engine
            .request(Method::POST, path)
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 400);
        let error: Value = answer.json().await.unwrap();
        let kind = error.pointer(kind).and_then(Value::as_str).unwrap();
        assert!(
            ["model_not_found", "invalid_request_error"].contains(&kind),
            "{error}"
        );
        assert_eq!(
            error["error"]["message"],
            "unknown provider for model unknown"
        );
    }
}

/// Why we write in place. Should this fail with a later engine, that is good news.
#[tokio::test(flavor = "multi_thread")]
async fn the_engine_does_not_notice_a_renamed_configuration() {
    let test_engine = test_engine().await;
    let file = test_engine.folder.path().join("engine/run/config.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let new = file.with_extension("new");

    std::fs::write(&new, text.replace("stub-codex", "renamed-codex")).unwrap();
    std::fs::rename(&new, &file).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    std::fs::write(&file, text.replace("stub-codex", "later-codex")).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;

    assert!(
        test_engine
            .models()
            .await
            .contains(&"stub-codex".to_owned())
    );
}
