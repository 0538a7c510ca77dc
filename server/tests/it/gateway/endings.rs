//! Clients that disconnect as soon as they have the last event have the whole answer.

use entity::request::{Outcome, UsageSource};
use proxypal_server::domain::{requests::tokens_of, settings::AbortPolicy};
use serde_json::json;

use super::{
    abort::{Faucet, set},
    raw::Raw,
};
use crate::support::{ClientEnd, SocketEngine, TestApp};

/// An answer of a protocol: what comes first, and what ends it.
struct Case {
    path: &'static str,
    content_type: &'static str,
    beginning: &'static str,
    end: &'static str,
}

const SSE: &str = "text/event-stream";

const CASES: [Case; 7] = [
    Case {
        path: "/v1/responses",
        content_type: SSE,
        beginning: "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"hi\"}\n\n",
        end: "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":10,\"output_tokens\":5}}}\n\n",
    },
    Case {
        path: "/v1/chat/completions",
        content_type: SSE,
        beginning: "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n",
        end: "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}\n\ndata: [DONE]\n\n",
    },
    // No `[DONE]` comes, or comes too late for the client.
    Case {
        path: "/v1/chat/completions",
        content_type: SSE,
        beginning: "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n",
        end: "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}\n\n",
    },
    Case {
        path: "/v1/completions",
        content_type: SSE,
        beginning: "data: {\"choices\":[{\"text\":\"hi\"}]}\n\n",
        end: "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}\n\ndata: [DONE]\n\n",
    },
    Case {
        path: "/v1/messages",
        content_type: SSE,
        beginning: "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n\n",
        end: "event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":5}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    },
    Case {
        path: "/v1beta/models/m:streamGenerateContent?alt=sse",
        content_type: SSE,
        beginning: "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hi\"}]}}]}\n\n",
        end: "data: {\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":10,\"candidatesTokenCount\":5}}\n\n",
    },
    // A plain answer that comes in chunks.
    Case {
        path: "/v1/chat/completions",
        content_type: "application/json",
        beginning: "{\"choices\":[{\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}],",
        end: "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}",
    },
];

async fn ask(app: &TestApp, key: &str, path: &str) -> Raw {
    let mut raw = Raw::connect(app.address).await;
    raw.send(format!(
        "POST {path} HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {key}\r\ncontent-length: 13\r\n\r\n{{\"model\":\"m\"}}"
    ))
    .await;
    raw
}

/// The bytes that end an answer for a client.
fn last(text: &str) -> &str {
    let text = text.trim_end();
    &text[text.len() - 6..]
}

#[tokio::test]
async fn a_client_that_disconnects_after_the_last_event_has_the_whole_answer() {
    for case in CASES {
        let name = format!("{} {}", case.path, case.end);
        let (faucet, engine) = Faucet::of(case.content_type);
        let app = TestApp::with_engine(engine).await;
        let key = app.issue_key().await;
        let mut records = app.records().await;

        let mut raw = ask(&app, &key, case.path).await;
        faucet.pour(case.beginning).await;
        raw.read_until(last(case.beginning)).await;
        faucet.pour(case.end).await;
        raw.read_until(last(case.end)).await;
        // The engine has not ended its answer.
        drop(raw);

        let record = records.next().await;
        assert_eq!(record.outcome, Outcome::Completed, "{name}");
        assert_eq!(record.error_code, None, "{name}");
        assert_eq!(record.usage_source, UsageSource::Wire, "{name}");
        let tokens = tokens_of(&record).unwrap();
        assert_eq!((tokens.input, tokens.output), (10, 5), "{name}");
        drop(faucet);
    }
}

#[tokio::test]
async fn the_engine_may_finish_an_answer_whose_end_was_delivered_whatever_the_policy() {
    let (faucet, engine) = Faucet::engine();
    let app = TestApp::with_engine(engine).await;
    set(&app, |settings| settings.abort_policy = AbortPolicy::Cancel).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;
    let [responses, ..] = CASES;

    let mut raw = ask(&app, &key, responses.path).await;
    faucet.pour(responses.end).await;
    raw.read_until("}}}").await;
    drop(raw);
    assert_eq!(records.next().await.outcome, Outcome::Completed);

    // The connection stays open.
    faucet.pour("data: [DONE]\n\n").await;
}

#[tokio::test]
async fn a_client_that_disconnects_before_the_last_event_is_recorded_as_disconnected() {
    let (faucet, engine) = Faucet::engine();
    let app = TestApp::with_engine(engine).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;
    let [responses, ..] = CASES;

    let mut raw = ask(&app, &key, responses.path).await;
    faucet.pour(responses.beginning).await;
    raw.read_until("delta").await;
    drop(raw);
    faucet.pour(responses.end).await;
    drop(faucet);

    let record = records.next().await;
    assert_eq!(record.outcome, Outcome::ClientGone);
    assert_eq!(record.usage_source, UsageSource::Wire);
}

#[tokio::test]
async fn a_client_that_disconnects_after_an_error_in_the_answer_received_the_error() {
    let (faucet, engine) = Faucet::engine();
    let app = TestApp::with_engine(engine).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;

    let mut raw = ask(&app, &key, "/v1/messages").await;
    faucet
        .pour("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n")
        .await;
    raw.read_until("}}").await;
    drop(raw);
    drop(faucet);

    let record = records.next().await;
    assert_eq!(record.outcome, Outcome::UpstreamError);
    assert_eq!(record.error_code.as_deref(), Some("overloaded_error"));
}

#[tokio::test]
async fn revoking_a_key_after_the_last_event_interrupts_nothing() {
    let (faucet, engine) = Faucet::engine();
    let app = TestApp::with_engine(engine).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;
    let [responses, ..] = CASES;

    let mut raw = ask(&app, &key, responses.path).await;
    faucet.pour(responses.end).await;
    raw.read_until("}}}").await;
    app.disable_user_of(&key).await;
    faucet.pour(": more\n\n").await;

    assert_eq!(records.next().await.outcome, Outcome::Completed);
}

#[tokio::test]
async fn closing_a_socket_after_the_last_event_of_a_turn_completes_the_turn() {
    let completed = json!({"type": "response.completed", "response": {"usage": {"input_tokens": 10, "output_tokens": 5}}});
    for _ in 0..10 {
        let (mut sockets, script) = SocketEngine::script();
        let app = Box::pin(TestApp::with_engine(script)).await;
        let key = app.issue_key().await;
        let mut records = app.records().await;
        let mut client = ClientEnd::connect(&app, &key).await;
        let mut engine = sockets.accept().await;

        client.ask("m").await;
        engine.next_json().await;
        engine.send(&completed).await;
        assert_eq!(client.next_json().await, completed);
        drop(client);

        let record = records.next().await;
        assert_eq!(record.outcome, Outcome::Completed);
        assert_eq!(record.usage_source, UsageSource::Wire);
    }
}
