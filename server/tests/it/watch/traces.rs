//! Traces: one span for each request, under the client's, with counts and names and never a word of what was
//! said. A slow, stopped or hanging collector delays no request.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{Json, Router, http::HeaderMap, response::IntoResponse as _, routing::post};
use nix::sys::signal::Signal;
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use serde_json::json;

use super::{
    CHAT, Watched,
    collector::{Collector, Seen, attributes},
    engine, secrets,
};
use crate::support::{
    ClientEnd, Options, Script, SocketEngine, TestApp, TestDatabase,
    operator::Operator,
    scripted,
    server::{PASSWORD, Server, before, server},
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

fn traced(collector: &Collector) -> Options {
    let options = Options {
        secrets: secrets(),
        ..Options::default()
    };
    options.with(&format!("--otlp-endpoint={}", collector.endpoint()))
}

fn hex(bytes: &[u8]) -> String {
    hex::encode(bytes)
}

fn attributes_of(span: &Span) -> BTreeMap<String, String> {
    attributes(&span.attributes)
}

fn has_attributes(span: &Span, expected: &[(&str, &str)]) {
    let actual = attributes_of(span);
    for (name, value) in expected {
        let found = actual.get(*name).map(String::as_str);
        assert_eq!(found, Some(*value), "{name} in {actual:?}");
    }
}

/// Stops the server, which sends what it has not sent.
async fn spans_of(app: TestApp, mut collector: Collector, count: usize) -> Seen {
    app.stop().await;
    let seen = collector.spans(count).await;
    assert_eq!(seen.spans.len(), count);
    seen
}

/// An engine that keeps the headers of what it is asked.
fn listening(received: &Arc<Mutex<HeaderMap>>) -> Script {
    let received = Arc::clone(received);
    let listen = move |headers: HeaderMap| async move {
        *received.lock().unwrap() = headers;
        Json(json!({ "choices": [] })).into_response()
    };
    Router::new().fallback(post(listen))
}

#[tokio::test]
async fn a_request_is_a_span_below_its_clients() {
    let collector = Collector::start().await;
    let watched = Watched::with(traced(&collector)).await;
    let request = watched.app.http.post(watched.app.url(CHAT));
    let request = request
        .bearer_auth(&watched.key)
        .header("traceparent", format!("00-{TRACE}-{PARENT}-01"))
        .json(&json!({
            "model": "asked", "use": [100, 20, 30],
            "messages": [{ "role": "user", "content": "prompt-canary" }],
        }));
    let answer = request.send().await.unwrap();
    let id = answer.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    answer.text().await.unwrap();
    let key = watched.key.clone();

    let seen = spans_of(watched.app, collector, 1).await;

    let span = &seen.spans[0];
    assert_eq!(span.name, "chat asked");
    assert_eq!(span.kind, SpanKind::Server as i32);
    assert_eq!(hex(&span.trace_id), TRACE);
    assert_eq!(hex(&span.parent_span_id), PARENT);
    assert!(span.end_time_unix_nano >= span.start_time_unix_nano);
    assert!(span.status.as_ref().is_none_or(|status| status.code == 0));
    has_attributes(
        span,
        &[
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.provider.name", "openai"),
            ("gen_ai.request.model", "asked"),
            ("gen_ai.response.model", "served"),
            ("gen_ai.usage.input_tokens", "100"),
            ("gen_ai.usage.cache_read.input_tokens", "30"),
            ("gen_ai.usage.output_tokens", "20"),
            ("http.request.method", "POST"),
            ("http.response.status_code", "200"),
            ("url.path", CHAT),
            ("proxypal.request.id", &id),
            ("proxypal.outcome", "completed"),
            ("proxypal.usage_source", "wire"),
        ],
    );
    assert!(!attributes_of(span).contains_key("error.type"));
    assert_eq!(seen.resource["service.name"], "proxypal-server");
    assert!(seen.resource.contains_key("service.version"));
    let raw = String::from_utf8_lossy(&seen.raw);
    for secret in ["canary", key.as_str(), "internal-engine-key"] {
        assert!(!raw.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn the_engine_gets_our_span_or_without_a_collector_the_clients() {
    let received = Arc::new(Mutex::new(HeaderMap::new()));
    let parent = format!("00-{TRACE}-{PARENT}-01");
    let ask = async |app: &TestApp| {
        let key = app.issue_key().await;
        let request = app.http.post(app.url(CHAT)).bearer_auth(key);
        let request = request
            .header("traceparent", &parent)
            .header("tracestate", "vendor=1");
        let answer = request.body("{}").send().await.unwrap();
        answer.text().await.unwrap();
        let headers = received.lock().unwrap().clone();
        assert_eq!(headers["tracestate"], "vendor=1");
        headers["traceparent"].to_str().unwrap().to_owned()
    };

    let app = TestApp::with_engine(listening(&received)).await;
    assert_eq!(ask(&app).await, parent);

    let collector = Collector::start().await;
    let engine = scripted(listening(&received)).await;
    let app = Box::pin(TestApp::before(engine, traced(&collector))).await;
    let parent_of_engine = ask(&app).await;
    let seen = spans_of(app, collector, 1).await;
    let ours = hex(&seen.spans[0].span_id);
    assert_eq!(parent_of_engine, format!("00-{TRACE}-{ours}-01"));
}

#[tokio::test]
async fn errors_are_named_and_only_server_errors_are_failures() {
    let collector = Collector::start().await;
    let watched = Watched::with(traced(&collector)).await;
    let app = &watched.app;
    for status in [503, 404] {
        let answer = watched.ask(json!({ "model": "m", "status": status })).await;
        answer.text().await.unwrap();
    }
    let restricted = app.issue_restricted_key(&["other"]).await;
    let request = app.http.post(app.url(CHAT)).bearer_auth(restricted);
    let refused = request.json(&json!({ "model": "m" })).send().await.unwrap();
    assert_eq!(refused.status(), 403);
    // Whom we do not know must not fill the operator's collector.
    let anonymous = app.http.post(app.url(CHAT)).bearer_auth("sk-anonymous");
    assert_eq!(anonymous.send().await.unwrap().status(), 401);

    let seen = spans_of(watched.app, collector, 3).await;

    let of = |status: &str| {
        let mut spans = seen.spans.iter();
        spans
            .find(|span| attributes_of(span)["http.response.status_code"] == status)
            .unwrap()
    };
    let is_failure = |span: &Span| {
        let status = span.status.as_ref();
        status.is_some_and(|status| status.code == StatusCode::Error as i32)
    };
    assert!(is_failure(of("503")));
    has_attributes(of("503"), &[("error.type", "503")]);
    assert!(!is_failure(of("404")));
    has_attributes(of("403"), &[("error.type", "proxypal_model_not_allowed")]);
    assert!(!is_failure(of("403")));
}

#[tokio::test]
async fn each_turn_of_a_socket_is_a_span_below_the_handshake() {
    let collector = Collector::start().await;
    let (mut engine, script) = SocketEngine::script();
    let (address, options) = (scripted(script).await, traced(&collector));
    let app = Box::pin(TestApp::before(address, options)).await;
    let key = app.issue_key().await;
    let mut client = ClientEnd::connect(&app, &key).await;
    let mut engine = engine.accept().await;
    let completed = json!({ "type": "response.completed", "response": {
        "usage": { "input_tokens": 7, "output_tokens": 3 },
    } });
    for _ in 0..2 {
        client.ask("m").await;
        engine.next_json().await;
        engine.send(&completed).await;
        client.next_json().await;
    }
    drop((client, engine));

    let seen = spans_of(app, collector, 3).await;

    let (handshakes, turns): (Vec<_>, Vec<_>) = seen
        .spans
        .iter()
        .partition(|span| span.parent_span_id.is_empty());
    assert_eq!((handshakes.len(), turns.len()), (1, 2));
    let handshake = handshakes[0];
    has_attributes(handshake, &[("http.response.status_code", "101")]);
    for turn in turns {
        assert_eq!(turn.parent_span_id, handshake.span_id);
        assert_eq!(turn.trace_id, handshake.trace_id);
        let tokens = ("gen_ai.usage.input_tokens", "7");
        has_attributes(turn, &[("gen_ai.operation.name", "chat"), tokens]);
    }
}

/// The program before a collector, set up by the standard variables alone.
async fn program(collector: &Collector, home: &TestDatabase) -> Server {
    let mut command = server(home);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
        .env(
            "OTEL_EXPORTER_OTLP_HEADERS",
            "x-collector-key=header-canary",
        )
        .env("OTEL_SERVICE_NAME", "our-gateway")
        .env("OTEL_BSP_SCHEDULE_DELAY", "1")
        .env("LOG_LEVEL", "trace");
    Server::start(before(scripted(engine()).await, &mut command)).await
}

async fn ask(server: &Server, key: &str) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.post(format!("{}{CHAT}", server.url)).bearer_auth(key);
    let body = json!({ "model": "m", "use": [1, 1, 0], "messages": "prompt-canary" });
    let answer = request.json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap();
}

#[tokio::test]
async fn the_standard_variables_hold_and_their_secrets_stay_out_of_the_log() {
    let (mut collector, home) = (Collector::start().await, TestDatabase::create().await);
    let mut server = program(&collector, &home).await;
    server.engine_runs().await;
    let operator = Operator::sign_in(&server.url, PASSWORD).await.unwrap();
    let key = operator.issue_key().await;

    ask(&server, &key).await;

    let seen = collector.spans(1).await;
    assert_eq!(seen.resource["service.name"], "our-gateway");
    assert_eq!(seen.headers["x-collector-key"], "header-canary");
    server.program.signal(Signal::SIGTERM);
    assert!(server.program.ended().await.success());
    let log = server.program.errors.text();
    for secret in ["header-canary", "prompt-canary", &key] {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_hanging_collector_delays_neither_requests_nor_the_shutdown() {
    let (mut collector, home) = (Collector::hanging().await, TestDatabase::create().await);
    let mut server = program(&collector, &home).await;
    server.engine_runs().await;
    let operator = Operator::sign_in(&server.url, PASSWORD).await.unwrap();
    operator.lift_rate_limit().await;
    let key = operator.issue_key().await;
    ask(&server, &key).await;
    collector.spans(1).await;

    // It hangs from now on: these would never come back if they waited for it.
    for _ in 0..50 {
        ask(&server, &key).await;
    }

    assert_eq!(collector.so_far().spans.len(), 1);
    server.program.signal(Signal::SIGTERM);
    assert!(server.program.ended().await.success());
}
