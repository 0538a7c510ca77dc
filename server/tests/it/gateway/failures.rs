//! Engines that are unavailable, hang, answer garbage or crash.

use std::net::SocketAddr;

use axum::http::StatusCode;
use entity::request::Outcome;
use proxypal_server::engine::EngineState;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::support::{Options, TestApp, TestDatabase, soon, test_context};

/// The answer of an engine that hangs.
const SILENCE: &str = "";

/// An engine on a bare socket: well when probed, and with this answer to everything else.
async fn bare(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "the engine is killed with the test"
    )]
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(speak(stream, answer));
        }
    });
    address
}

async fn speak(mut stream: TcpStream, answer: &'static str) {
    let mut request = [0; 4096];
    let count = stream.read(&mut request).await.unwrap();
    let head = String::from_utf8_lossy(&request[..count]).into_owned();
    let answer = if head.starts_with("GET") {
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{}"
    } else {
        answer
    };
    stream.write_all(answer.as_bytes()).await.unwrap();
    if answer == SILENCE {
        while stream.read(&mut request).await.is_ok_and(|count| count > 0) {}
    }
}

async fn ask(app: &TestApp, key: &str, path: &str) -> reqwest::Response {
    app.http
        .post(app.url(path))
        .bearer_auth(key)
        .body(r#"{"model":"m"}"#)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn an_unavailable_engine_is_reported_as_unavailable() {
    let nowhere = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let mut options = Options::default()
        .with("--engine=external")
        .with(&format!("--engine-url=http://{nowhere}"));
    options.secrets.engine_api_key = Some("k".into());
    let app = TestApp::start(options, TestDatabase::create().await).await;
    app.engine_is(EngineState::BackingOff).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;

    let answer = ask(&app, &key, "/v1/messages").await;

    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key("retry-after"));
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["type"], "error");
    let record = records.next().await;
    assert_eq!(record.outcome, Outcome::UpstreamError);
    assert_eq!(
        record.error_code.as_deref(),
        Some("proxypal_engine_unavailable")
    );
}

#[tokio::test]
async fn an_invalid_answer_of_the_engine_is_a_bad_gateway() {
    let app = TestApp::before(bare("I am not HTTP\r\n\r\n").await, Options::default()).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;

    let answer = ask(&app, &key, "/v1/chat/completions").await;

    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(
        answer.headers()["retry-after"],
        "2",
        "without it some tools retry immediately"
    );
    assert_eq!(
        answer.json::<Value>().await.unwrap()["error"]["code"],
        "proxypal_engine_failed"
    );
    assert_eq!(records.next().await.outcome, Outcome::UpstreamError);
}

#[tokio::test]
async fn a_stream_whose_engine_crashes_ends_with_an_error_in_the_dialect() {
    let dying = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n\
        20\r\ndata: {\"choices\":[],\"model\":\"m\"}\r\n2\r\n\n\n\r\n";
    for (path, error) in [
        ("/v1/chat/completions", "data: {\"error\""),
        ("/v1/messages", "event: error\n"),
        ("/v1/responses", "event: error\n"),
        ("/v1beta/models/m:streamGenerateContent", "data: {\"error\""),
    ] {
        let app = TestApp::before(bare(dying).await, Options::default()).await;
        let key = app.issue_key().await;
        let mut records = app.records().await;

        let body = ask(&app, &key, path).await.text().await.unwrap();

        assert!(body.contains(error), "{path}: {body}");
        let codex = body.contains("event: response.failed\n");
        assert_eq!(codex, path == "/v1/responses", "{path}: {body}");
        let record = records.next().await;
        assert_eq!(record.outcome, Outcome::UpstreamError, "{path}");
        assert_eq!(
            record.error_code.as_deref(),
            Some("engine_failed"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_answer_whose_engine_crashes_is_truncated_and_not_complete() {
    let dying = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"half\":";
    let app = TestApp::before(bare(dying).await, Options::default()).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;

    let answer = ask(&app, &key, "/v1/chat/completions").await;

    assert!(soon("the cut", answer.bytes()).await.is_err());
    assert_eq!(records.next().await.outcome, Outcome::UpstreamError);
}

#[tokio::test]
async fn a_request_to_a_hanging_engine_times_out() {
    let app = TestApp::before(bare(SILENCE).await, Options::default()).await;
    let settings = &app.services.settings;
    let hurry = settings.update(test_context(), settings.current().version, |gateway| {
        gateway.answer_timeout_seconds = 1;
    });
    hurry.await.unwrap();
    let key = app.issue_key().await;
    let mut records = app.records().await;

    let answer = soon("a fault", ask(&app, &key, "/v1/messages")).await;

    assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"]["code"], "proxypal_engine_too_slow");
    let record = records.next().await;
    assert_eq!(record.outcome, Outcome::UpstreamError);
}
