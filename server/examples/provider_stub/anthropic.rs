//! `POST /v1/messages`.

use axum::{extract::State, http::HeaderMap, response::Response};
use serde_json::{Value, json};

use crate::{
    answer::{Call, Dialect, named, tool_arguments},
    produced::{ProducedList, Tokens},
};

const DIALECT: Dialect = Dialect {
    name: "anthropic",
    tokens: Tokens::without_reasoning,
    error: |status, message| {
        let kind = match status.as_u16() {
            429 => "rate_limit_error",
            529 => "overloaded_error",
            400..=499 => "invalid_request_error",
            _ => "api_error",
        };
        json!({"type": "error", "error": {"type": kind, "message": message}})
    },
    whole: Some(|call| message(call, &json!([block(call)]), call.tokens.output)),
    events,
};

/// Answers a message, streamed or not.
pub(crate) async fn answer(
    State(list): State<ProducedList>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Response> {
    DIALECT.answer(&list, &headers, &body).await
}

fn message(call: &Call, content: &Value, output: u64) -> Value {
    json!({
        "id": format!("msg_stub_{}", call.entry.sequence), "type": "message", "role": "assistant",
        "model": call.model, "content": content, "stop_reason": stop(call), "stop_sequence": null,
        "usage": usage(call, output),
    })
}

fn usage(call: &Call, output: u64) -> Value {
    json!({
        "input_tokens": call.tokens.input,
        "cache_read_input_tokens": call.tokens.cache_read,
        "cache_creation_input_tokens": call.tokens.cache_write,
        "output_tokens": output,
    })
}

fn block(call: &Call) -> Value {
    match &call.tool {
        Some(tool) => {
            json!({"type": "tool_use", "id": "toolu_stub_1", "name": tool, "input": tool_arguments()})
        }
        None => json!({"type": "text", "text": call.text()}),
    }
}

/// The first event has only input tokens; the last but one is cumulative, or has only the rest.
fn events(call: &Call) -> Vec<String> {
    let mut start = message(call, &json!([]), 1);
    start["stop_reason"] = Value::Null;
    let mut block = block(call);
    let deltas: Vec<Value> = if call.tool.is_some() {
        block["input"] = json!({});
        vec![json!({"type": "input_json_delta", "partial_json": tool_arguments().to_string()})]
    } else {
        block["text"] = json!("");
        let pieces = call.script.pieces();
        pieces
            .iter()
            .map(|text| json!({"type": "text_delta", "text": text}))
            .collect()
    };
    let total = if call.script.brief_delta {
        json!({"output_tokens": call.tokens.output})
    } else {
        usage(call, call.tokens.output)
    };
    let mut events = vec![
        json!({"type": "message_start", "message": start}),
        json!({"type": "content_block_start", "index": 0, "content_block": block}),
        json!({"type": "ping"}),
    ];
    events.extend(
        deltas
            .into_iter()
            .map(|delta| json!({"type": "content_block_delta", "index": 0, "delta": delta})),
    );
    events.extend([
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": stop(call), "stop_sequence": null},
               "usage": total}),
        json!({"type": "message_stop"}),
    ]);
    events.iter().map(named).collect()
}

fn stop(call: &Call) -> &'static str {
    if call.tool.is_some() {
        "tool_use"
    } else {
        "end_turn"
    }
}
