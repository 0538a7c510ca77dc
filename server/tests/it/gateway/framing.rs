//! How the engine frames its answers on the wire, and how ambiguous framing is refused.

use std::net::SocketAddr;

use axum::http::StatusCode;
use entity::request::Outcome;
use proxypal_server::domain::requests::tokens_of;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::raw::Raw;
use crate::support::{Options, TestApp, soon};

/// The answer to a probe of the server.
const HEALTHY: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{}";

/// An engine that reads the beginning of a request, sends an answer, and closes the connection or reads no more.
async fn engine(answer: String, closes: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "the engine is killed with the test"
    )]
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            open.push(respond(stream, &answer, closes).await);
        }
    });
    address
}

async fn respond(mut stream: TcpStream, answer: &str, closes: bool) -> Option<TcpStream> {
    let mut request = [0; 4096];
    let count = stream.read(&mut request).await.ok()?;
    let is_probe = request[..count].starts_with(b"GET");
    let answer = if is_probe { HEALTHY } else { answer };
    stream.write_all(answer.as_bytes()).await.ok()?;
    (!closes && !is_probe).then_some(stream)
}

async fn started(answer: &str, closes: bool) -> (TestApp, String) {
    let engine = engine(answer.to_owned(), closes).await;
    let app = TestApp::before(engine, Options::default()).await;
    let key = app.issue_key().await;
    (app, key)
}

async fn ask(app: &TestApp, key: &str) -> reqwest::Response {
    let request = app.http.post(app.url("/v1/chat/completions"));
    let request = request.bearer_auth(key).body(r#"{"model":"m"}"#);
    soon("an answer", request.send()).await.unwrap()
}

#[tokio::test]
async fn an_answer_arrives_whole_however_it_is_framed() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
    for (answer, closes) in [
        ("HTTP/1.1 200 OK\r\n\r\n{\"a\":\"b\"}", true),
        ("HTTP/1.0 200 OK\r\n\r\n{\"a\":\"b\"}", true),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"a\":\"b\"}",
            false,
        ),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
             3;name=\"value\"\r\n{\"a\r\n06 \r\n\":\"b\"}\r\n0\r\nx-sum: 1\r\n\r\n",
            false,
        ),
    ] {
        let (app, key) = started(&format!("{interim}{answer}"), closes).await;
        let mut records = app.records().await;

        let response = ask(&app, &key).await;

        assert_eq!(response.status(), StatusCode::OK, "{answer}");
        assert_eq!(response.headers().get("link"), None);
        assert_eq!(response.text().await.unwrap(), "{\"a\":\"b\"}", "{answer}");
        assert_eq!(records.next().await.outcome, Outcome::Completed, "{answer}");
    }
}

#[tokio::test]
async fn an_answer_that_could_be_read_in_two_ways_is_refused() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nx-folded: a\r\n b\r\ncontent-length: 2\r\n\r\n{}",
        "\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
    ] {
        let (app, key) = started(answer, false).await;
        let mut records = app.records().await;

        let response = ask(&app, &key).await;

        assert_eq!(response.status(), StatusCode::BAD_GATEWAY, "{answer}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], "proxypal_engine_failed");
        assert_eq!(records.next().await.outcome, Outcome::UpstreamError);
    }
}

#[tokio::test]
async fn a_malformed_chunk_cuts_the_answer() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n\
        8\r\n{\"half\":\r\n-1\r\n";
    let (app, key) = started(answer, false).await;
    let mut records = app.records().await;

    let response = ask(&app, &key).await;

    assert_eq!(response.status(), StatusCode::OK);
    assert!(soon("the cut", response.bytes()).await.is_err());
    assert_eq!(records.next().await.outcome, Outcome::UpstreamError);
}

#[tokio::test]
async fn a_reason_phrase_passes_unchanged() {
    let (app, key) = started(
        "HTTP/1.1 400 No such luck\r\ncontent-length: 2\r\n\r\n{}",
        false,
    )
    .await;

    let mut raw = Raw::connect(app.address).await;
    raw.send(format!(
        "POST /v1/messages HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {key}\r\ncontent-length: 13\r\n\r\n{{\"model\":\"m\"}}"
    ))
    .await;

    let answer = raw.read_until("{}").await;
    assert!(
        answer.starts_with("HTTP/1.1 400 No such luck\r\n"),
        "{answer}"
    );
}

/// The declared length of a request whose end is never sent, in bytes.
const LARGE: usize = 16 * 1024 * 1024;

#[tokio::test]
async fn an_answer_arrives_while_the_request_is_still_being_sent() {
    let refusal = "HTTP/1.1 413 Payload Too Large\r\ncontent-length: 6\r\n\r\n{\"e\":1";
    let (app, key) = started(refusal, false).await;
    let mut records = app.records().await;

    let mut raw = Raw::connect(app.address).await;
    raw.send(format!(
        "POST /v1/messages HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {key}\r\ncontent-length: {LARGE}\r\n\r\n{{\"model\":\"m\",\"x\":\""
    ))
    .await;

    let answer = raw.read_until("{\"e\":1").await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let record = records.next().await;
    assert_eq!(record.http_status, Some(413));
    assert_eq!(record.outcome, Outcome::UpstreamError);
}

#[tokio::test]
async fn a_burst_of_events_leaves_apart_from_the_event_that_ends_it() {
    let text =
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n";
    let end = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}\n\ndata: [DONE]\n\n";
    let events: Vec<String> = std::iter::repeat_n(text, 5)
        .chain(end.split_inclusive("\n\n"))
        .map(|event| format!("{:x}\r\n{event}\r\n", event.len()))
        .collect();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n{}0\r\n\r\n",
        events.concat()
    );
    let (app, key) = started(&answer, false).await;
    let mut records = app.records().await;

    let mut raw = Raw::connect(app.address).await;
    raw.send(format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {key}\r\ncontent-length: 13\r\n\r\n{{\"model\":\"m\"}}"
    ))
    .await;

    let answer = raw.read_until("\r\n0\r\n\r\n").await;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let before = text.repeat(5);
    let (first, second) = (before.len(), end.len());
    let expected = format!("{first:X}\r\n{before}\r\n{second:X}\r\n{end}\r\n0\r\n\r\n");
    assert_eq!(body, expected);
    assert_eq!(tokens_of(&records.next().await).unwrap().total(), 15);
}
