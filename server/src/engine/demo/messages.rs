//! `POST /v1/messages`, Anthropic's protocol.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use super::question::{self, DemoRequest};
use super::refusal::{DemoDialect, DemoError};
use super::reply::{Reply, StopReason};
use super::{models, stream};

/// Answers, streamed or not.
pub(super) async fn answer(bytes: Bytes) -> Response {
    match understand(&bytes) {
        Ok((body, model, question)) => {
            let reply = Reply::to(&question);
            if body["stream"] == true {
                stream::answer(events(model, &reply).iter().map(stream::named).collect())
            } else {
                Json(whole(model, &reply)).into_response()
            }
        }
        Err(refusal) => refusal.answer(DemoDialect::Anthropic),
    }
}

/// `POST /v1/messages/count_tokens`.
pub(super) async fn count(bytes: Bytes) -> Response {
    match understand(&bytes) {
        Ok((_, _, question)) => Json(json!({"input_tokens": question.words})).into_response(),
        Err(refusal) => refusal.answer(DemoDialect::Anthropic),
    }
}

fn understand(bytes: &[u8]) -> Result<(Value, &'static str, DemoRequest), DemoError> {
    let body = question::body(bytes)?;
    let model = models::known(body["model"].as_str().unwrap_or_default())?;
    let question = DemoRequest::new(&[&body["system"], &body["messages"]])
        .with_tools(&body["tools"], |tool| {
            [&tool["name"], &tool["input_schema"]]
        })
        .with_limit(&[&body["max_tokens"]]);
    Ok((body, model, question))
}

fn whole(model: &str, reply: &Reply) -> Value {
    let mut message = message(model, reply.input, reply.output);
    message["content"] = json!([block(reply, &reply.text())]);
    message["stop_reason"] = json!(stop_reason(reply.end));
    message
}

/// The events; the output is counted at the end, as by Anthropic.
fn events(model: &str, reply: &Reply) -> Vec<Value> {
    let mut first_block = block(reply, "");
    if reply.call.is_some() {
        first_block["input"] = json!({});
    }
    let words = reply
        .pieces
        .iter()
        .map(|piece| json!({"type": "text_delta", "text": piece}));
    let calls = reply.call.iter().map(
        |call| json!({"type": "input_json_delta", "partial_json": call.arguments.to_string()}),
    );
    let deltas = words
        .chain(calls)
        .map(|delta| json!({"type": "content_block_delta", "index": 0, "delta": delta}));
    [
        json!({"type": "message_start", "message": message(model, reply.input, 1)}),
        json!({"type": "content_block_start", "index": 0, "content_block": first_block}),
    ]
    .into_iter()
    .chain(deltas)
    .chain([
        json!({"type": "content_block_stop", "index": 0}),
        json!({
            "type": "message_delta", "usage": usage(reply.input, reply.output),
            "delta": {"stop_reason": stop_reason(reply.end), "stop_sequence": null},
        }),
        json!({"type": "message_stop"}),
    ])
    .collect()
}

fn message(model: &str, input: usize, output: usize) -> Value {
    json!({
        "id": format!("msg_{}", Uuid::now_v7().simple()), "type": "message", "role": "assistant",
        "model": model, "content": [], "stop_reason": null, "stop_sequence": null,
        "usage": usage(input, output),
    })
}

fn usage(input: usize, output: usize) -> Value {
    json!({
        "input_tokens": input, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
        "output_tokens": output,
    })
}

fn block(reply: &Reply, text: &str) -> Value {
    match &reply.call {
        None => json!({"type": "text", "text": text}),
        Some(call) => json!({
            "type": "tool_use", "id": format!("toolu_{}", Uuid::now_v7().simple()),
            "name": call.name, "input": call.arguments,
        }),
    }
}

fn stop_reason(end: StopReason) -> &'static str {
    match end {
        StopReason::Complete => "end_turn",
        StopReason::Cut => "max_tokens",
        StopReason::Call => "tool_use",
    }
}
