//! `POST /codex/responses`: always a stream, whatever the caller asked for.

use axum::{extract::State, http::HeaderMap, response::Response};
use serde_json::{Value, json};

use crate::{
    answer::{Call, Dialect, named, tool_arguments},
    produced::{ProducedList, Tokens},
};

const DIALECT: Dialect = Dialect {
    name: "codex",
    tokens: Tokens::without_cache_write,
    error: |status, message| json!({"error": {"message": message, "type": "stub_error", "code": status.as_u16().to_string()}}),
    whole: None,
    events,
};

/// Answers a response as a stream of events.
pub(crate) async fn answer(
    State(list): State<ProducedList>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Response> {
    DIALECT.answer(&list, &headers, &body).await
}

fn events(call: &Call) -> Vec<String> {
    let mut events = vec![
        json!({"type": "response.created", "response": response(call, "in_progress", &json!([]))}),
        json!({"type": "response.in_progress", "response": response(call, "in_progress", &json!([]))}),
    ];
    let item = match &call.tool {
        Some(tool) => call_tool(call, tool, &mut events),
        None => say(call, &mut events),
    };
    events.push(json!({"type": "response.output_item.done", "output_index": 0, "item": item}));
    let mut done = response(call, "completed", &json!([item]));
    done["usage"] = usage(call.tokens);
    events.push(json!({"type": "response.completed", "response": done}));
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = json!(number);
    }
    events.iter().map(named).collect()
}

fn say(call: &Call, events: &mut Vec<Value>) -> Value {
    let id = format!("msg_stub_{}", call.entry.sequence);
    let item = |status: &str, content: Value| json!({"id": id, "type": "message", "role": "assistant", "status": status, "content": content});
    let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": []});
    let place =
        |kind: &str| json!({"type": kind, "item_id": id, "output_index": 0, "content_index": 0});
    let with = |kind: &str, name: &str, value: Value| {
        let mut event = place(kind);
        event[name] = value;
        event
    };

    events.push(
        json!({"type": "response.output_item.added", "output_index": 0,
                       "item": item("in_progress", json!([]))}),
    );
    events.push(with("response.content_part.added", "part", part("")));
    for piece in call.script.pieces() {
        events.push(with("response.output_text.delta", "delta", json!(piece)));
    }
    events.push(with(
        "response.output_text.done",
        "text",
        json!(call.text()),
    ));
    events.push(with(
        "response.content_part.done",
        "part",
        part(&call.text()),
    ));
    item("completed", json!([part(&call.text())]))
}

fn call_tool(call: &Call, tool: &str, events: &mut Vec<Value>) -> Value {
    let id = format!("fc_stub_{}", call.entry.sequence);
    let arguments = tool_arguments().to_string();
    let item = |status: &str, arguments: &str| {
        json!({"id": id, "type": "function_call", "status": status, "call_id": "call_stub_1",
               "name": tool, "arguments": arguments})
    };
    events.push(
        json!({"type": "response.output_item.added", "output_index": 0,
                       "item": item("in_progress", "")}),
    );
    events.push(
        json!({"type": "response.function_call_arguments.delta", "item_id": id,
                       "output_index": 0, "delta": arguments}),
    );
    events.push(
        json!({"type": "response.function_call_arguments.done", "item_id": id,
                       "output_index": 0, "arguments": arguments}),
    );
    item("completed", &arguments)
}

fn response(call: &Call, status: &str, output: &Value) -> Value {
    json!({
        "id": format!("resp_stub_{}", call.entry.sequence), "object": "response",
        "created_at": 1_700_000_000, "status": status, "model": call.model, "output": output,
        "parallel_tool_calls": true, "tool_choice": "auto", "tools": [], "usage": null,
    })
}

fn usage(tokens: Tokens) -> Value {
    json!({
        "input_tokens": tokens.prompt(),
        "input_tokens_details": {"cached_tokens": tokens.cache_read},
        "output_tokens": tokens.completion(),
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.prompt() + tokens.completion(),
    })
}
