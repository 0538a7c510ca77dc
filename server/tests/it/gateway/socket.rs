//! The Responses WebSocket: two sockets joined transparently.

mod turns;

use axum::{
    Router,
    extract::ws::{CloseFrame as EnginesFrame, Message as FromEngine, WebSocket},
    http::StatusCode,
    routing::get,
};
use entity::request::Outcome;
use futures_util::{SinkExt as _, StreamExt as _, stream::SplitSink};
use proxypal_server::engine::EngineState;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::raw::Raw;
use crate::support::{ClientEnd, EngineEnd, SocketEngine, TURN_STATE, TestApp, soon};

const MIB: usize = 1024 * 1024;
/// Messages of one MiB that no buffers on the way hold together.
const FLOOD: usize = 48;

/// A server with one joined pair of sockets.
struct Joined {
    app: TestApp,
    key: String,
    client: ClientEnd,
    engine: EngineEnd,
}

impl Joined {
    async fn pair() -> Self {
        let (mut sockets, script) = SocketEngine::script();
        let app = Box::pin(TestApp::with_engine(script)).await;
        let key = app.issue_key().await;
        let client = ClientEnd::connect(&app, &key).await;
        let engine = sockets.accept().await;
        Self {
            app,
            key,
            client,
            engine,
        }
    }
}

fn handshake(key: &str) -> String {
    format!(
        "GET /v1/responses HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {key}\r\nconnection: Upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

#[tokio::test]
async fn the_handshake_is_forwarded_unchanged() {
    let (mut sockets, script) = SocketEngine::script();
    let app = TestApp::with_engine(script).await;
    let key = app.issue_key().await;

    let asked = [
        ("sec-websocket-protocol", "responses"),
        ("sec-websocket-extensions", "permessage-deflate"),
        (TURN_STATE, "opaque=="),
        ("openai-beta", "responses_websockets=2026-02-06"),
    ];
    let client = ClientEnd::connect_with(app.address, &key, &asked).await;
    let engine = sockets.accept().await;

    assert_eq!(engine.headers["sec-websocket-protocol"], "responses");
    assert_eq!(engine.headers[TURN_STATE], "opaque==");
    assert_eq!(
        engine.headers["openai-beta"],
        "responses_websockets=2026-02-06"
    );
    assert_eq!(
        engine.headers["authorization"],
        "Bearer internal-engine-key"
    );
    // Compressed messages could not be metered.
    assert!(!engine.headers.contains_key("sec-websocket-extensions"));
    let answer = client.handshake.headers();
    assert_eq!(answer["sec-websocket-protocol"], "responses");
    assert_eq!(answer[TURN_STATE], "opaque==");
    assert_eq!(
        engine.headers["x-forwarded-for"],
        client.request_id().to_string()
    );
}

#[tokio::test]
async fn the_engines_refusal_is_the_answer() {
    let refusal = || async {
        (
            StatusCode::UPGRADE_REQUIRED,
            [("x-reason", "http only")],
            "use HTTP",
        )
    };
    let app = TestApp::with_engine(Router::new().route("/v1/responses", get(refusal))).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;

    let mut raw = Raw::connect(app.address).await;
    raw.send(handshake(&key)).await;
    let answer = raw.read_until("use HTTP").await;

    assert!(answer.starts_with("HTTP/1.1 426 "), "{answer}");
    assert!(answer.contains("x-reason: http only"), "{answer}");
    let record = records.next().await;
    assert_eq!(record.outcome, Outcome::UpstreamError);
    assert_eq!(record.http_status, Some(426));
}

#[tokio::test]
async fn a_handshake_while_the_engine_is_unavailable_is_refused_and_recorded() {
    let app = TestApp::with_engine(Router::new()).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;
    app.services.engine.stop().await.unwrap();
    app.engine_is(EngineState::Stopped).await;

    let mut raw = Raw::connect(app.address).await;
    raw.send(handshake(&key)).await;
    let answer = raw.read_until("proxypal_engine_unavailable").await;

    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    let record = records.next().await;
    assert_eq!(record.outcome, Outcome::UpstreamError);
    assert_eq!(
        record.error_code.as_deref(),
        Some("proxypal_engine_unavailable")
    );
}

#[tokio::test]
async fn messages_pass_unchanged_and_in_order_in_both_directions() {
    let mut joined = Joined::pair().await;
    let long = "x".repeat(MIB);
    let odd = "{\"type\" :\n\"session.update\", \"a\":1, \"a\":2e400}";

    for text in ["", odd, &long, "no JSON"] {
        joined.client.send(Message::text(text)).await;
        joined.client.send(Message::binary(text.to_owned())).await;
        joined.engine.socket.send(text.into()).await.unwrap();
        let binary = FromEngine::binary(text.to_owned());
        joined.engine.socket.send(binary).await.unwrap();
    }

    for text in ["", odd, &long, "no JSON"] {
        let binary = text.as_bytes().to_vec();
        assert!(joined.engine.next().await == Some(text.into()));
        assert!(joined.engine.next().await == Some(binary.clone().into()));
        assert!(joined.client.next().await == Some(text.into()));
        assert!(joined.client.next().await == Some(binary.into()));
    }
}

/// Sends more to a client who does not read than all buffers on the way hold together.
fn flood(mut to_client: SplitSink<WebSocket, FromEngine>) -> JoinHandle<()> {
    let message = "x".repeat(MIB);
    #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
    tokio::spawn(async move {
        for _ in 0..FLOOD {
            let _ = to_client.send(message.as_str().into()).await;
        }
    })
}

#[tokio::test]
async fn a_client_that_reads_slowly_can_still_send() {
    let mut joined = Joined::pair().await;
    let (to_client, mut from_client) = joined.engine.socket.split();
    let flooding = flood(to_client);

    for number in 0..100 {
        let message = format!("{{\"type\":\"session.update\",\"number\":{number}}}");
        joined.client.send(Message::text(message.as_str())).await;
        let arrived = soon("the message", from_client.next()).await;
        assert_eq!(arrived.unwrap().unwrap(), FromEngine::text(message));
    }

    assert!(!flooding.is_finished());
    for _ in 0..FLOOD {
        assert_eq!(joined.client.next().await.unwrap().len(), MIB);
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_the_close_frame_is_disconnected() {
    let joined = Joined::pair().await;
    let (to_client, mut from_client) = joined.engine.socket.split();
    let flooding = flood(to_client);

    joined.app.disable_user_of(&joined.key).await;

    while let Some(Ok(message)) = soon("the end", from_client.next()).await {
        assert!(matches!(message, FromEngine::Close(_)));
    }
    soon("the end of the flood", flooding).await.unwrap();
}

#[tokio::test]
async fn a_clients_close_reaches_the_engine_and_is_answered() {
    let mut joined = Joined::pair().await;
    let frame = CloseFrame {
        code: CloseCode::Library(4001),
        reason: "had enough".into(),
    };

    joined
        .client
        .send(Message::Close(Some(frame.clone())))
        .await;

    let Some(FromEngine::Close(Some(seen))) = joined.engine.next().await else {
        panic!("the engine was not reported");
    };
    assert_eq!((seen.code, seen.reason.as_str()), (4001, "had enough"));
    assert_eq!(joined.client.closed().await, frame);
}

#[tokio::test]
async fn an_engines_close_reaches_the_client_unchanged() {
    let mut joined = Joined::pair().await;
    let frame = EnginesFrame {
        code: 1012,
        reason: "upstream requires HTTP replay".into(),
    };

    let close = FromEngine::Close(Some(frame));
    joined.engine.socket.send(close).await.unwrap();

    let seen = joined.client.closed().await;
    assert_eq!(seen.code, CloseCode::Restart);
    assert_eq!(seen.reason, "upstream requires HTTP replay");
}

#[tokio::test]
async fn a_stopping_server_closes_idle_sockets_immediately() {
    let mut joined = Joined::pair().await;

    joined.app.ask_to_stop();

    assert_eq!(joined.client.closed().await.code, CloseCode::Restart);
    assert!(matches!(
        joined.engine.next().await,
        Some(FromEngine::Close(_)) | None
    ));
    joined.app.stop().await;
}
