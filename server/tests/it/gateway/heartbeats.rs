//! Streams that are silent for long, and what keeps them alive.

use std::time::Duration;

use entity::request::{Outcome, UsageSource};
use proxypal_server::domain::requests::tokens_of;
use tokio::time::timeout;

use super::{
    abort::{Faucet, set},
    raw::Raw,
};
use crate::support::TestApp;

/// A protocol's path, an event, its end with the usage, and what its tools read over.
const STREAMS: [(&str, &str, &str, &str); 4] = [
    (
        "/v1/chat/completions",
        "data: {\"choices\":[{\"delta\":{\"content\":\"one\"}}]}\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n",
        ": keep-alive\n\n",
    ),
    (
        "/v1/messages",
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":7,\"output_tokens\":1}}}\n\n",
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":3}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        "event: ping\ndata: {\"type\": \"ping\"}\n\n",
    ),
    (
        "/v1/responses",
        "event: response.created\ndata: {\"type\":\"response.created\"}\n\n",
        "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":7,\"output_tokens\":3}}}\n\n",
        "event: keepalive\ndata: {\"type\":\"keepalive\"}\n\n",
    ),
    (
        "/v1beta/models/m:streamGenerateContent?alt=sse",
        "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"one\"}]}}]}\n\n",
        "data: {\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":7,\"candidatesTokenCount\":3}}\n\n",
        "\n",
    ),
];

fn ask(path: &str, key: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {key}\r\nconnection: close\r\ncontent-length: 13\r\n\r\n{{\"model\":\"m\"}}"
    )
}

/// A chunk of a chunked body.
fn chunk(text: &str) -> String {
    format!("{:X}\r\n{text}\r\n", text.len())
}

#[tokio::test]
async fn a_silent_stream_gets_the_keep_alive_event_of_its_protocol() {
    for (path, event, end, heartbeat) in STREAMS {
        let (faucet, engine) = Faucet::engine();
        let app = TestApp::with_engine(engine).await;
        set(&app, |gateway| gateway.routing.stream_keepalive_seconds = 1).await;
        let key = app.issue_key().await;
        let mut records = app.records().await;
        let mut raw = Raw::connect(app.address).await;
        raw.send(ask(path, &key)).await;

        faucet.pour(event).await;
        raw.read_until(&chunk(event)).await;
        // Twice: the silence is counted from the last event, ours included.
        raw.read_until(&chunk(heartbeat)).await;
        raw.read_until(&chunk(heartbeat)).await;
        faucet.pour(end).await;
        drop(faucet);
        raw.read_until("0\r\n\r\n").await;

        let record = records.next().await;
        assert_eq!(record.outcome, Outcome::Completed, "{path}");
        assert_eq!(record.usage_source, UsageSource::Wire, "{path}");
        let tokens = tokens_of(&record).unwrap();
        assert_eq!((tokens.input, tokens.output), (7, 3), "{path}");
    }
}

#[tokio::test]
async fn a_keep_alive_event_is_not_inserted_into_an_unfinished_event() {
    let (faucet, engine) = Faucet::engine();
    let app = TestApp::with_engine(engine).await;
    set(&app, |gateway| gateway.routing.stream_keepalive_seconds = 1).await;
    let key = app.issue_key().await;
    let mut raw = Raw::connect(app.address).await;
    raw.send(ask("/v1/chat/completions", &key)).await;

    faucet.pour(": still here\n\n").await;
    raw.read_until(&chunk(": keep-alive\n\n")).await;
    faucet.pour("data: {\"choices\":").await;
    raw.read_until("data: {\"choices\":").await;
    // Longer than the interval: what comes next is the rest of the event all the same.
    let silence = Duration::from_millis(1500);
    timeout(silence, faucet.is_cut_off()).await.unwrap_err();
    faucet.pour("[]}\n\n").await;
    let rest = raw.read_until("[]}\n\n").await;
    assert!(!rest.contains("keep-alive"), "{rest}");
}
