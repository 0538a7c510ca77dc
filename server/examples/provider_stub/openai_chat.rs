//! `POST /v1/chat/completions`.

use axum::{extract::State, http::HeaderMap, response::Response};
use serde_json::{Value, json};

use crate::{
    answer::{Call, Dialect, data, tool_arguments},
    produced::{ProducedList, Tokens},
};

const DIALECT: Dialect = Dialect {
    name: "openai-chat",
    tokens: Tokens::without_cache_write,
    error: |status, message| json!({"error": {"message": message, "type": "stub_error", "param": null, "code": status.as_u16().to_string()}}),
    whole: Some(completion),
    events,
};

/// Answers a chat completion, streamed or not.
pub(crate) async fn answer(
    State(list): State<ProducedList>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Response> {
    DIALECT.answer(&list, &headers, &body).await
}

fn completion(call: &Call) -> Value {
    let mut message = json!({"role": "assistant", "content": call.text()});
    if let Some(tool) = &call.tool {
        message["content"] = Value::Null;
        message["tool_calls"] = json!([tool_call(tool)]);
    }
    json!({
        "id": id(call), "object": "chat.completion", "created": 1_700_000_000, "model": call.model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish(call)}],
        "usage": usage(call.tokens),
    })
}

fn events(call: &Call) -> Vec<String> {
    let mut deltas = vec![json!({"role": "assistant", "content": ""})];
    match &call.tool {
        Some(tool) => {
            let mut part = tool_call(tool);
            part["index"] = json!(0);
            deltas.push(json!({"tool_calls": [part]}));
        }
        None => deltas.extend(
            call.script
                .pieces()
                .iter()
                .map(|piece| json!({"content": piece})),
        ),
    }
    let mut events: Vec<String> = deltas
        .iter()
        .map(|delta| {
            chunk(
                call,
                json!([{"index": 0, "delta": delta, "finish_reason": null}]),
                Value::Null,
            )
        })
        .collect();
    let last = json!([{"index": 0, "delta": {}, "finish_reason": finish(call)}]);
    events.push(chunk(call, last, Value::Null));
    events.push(chunk(call, json!([]), usage(call.tokens)));
    events.push("data: [DONE]\n\n".to_owned());
    events
}

#[expect(clippy::needless_pass_by_value, reason = "both go into the event")]
fn chunk(call: &Call, choices: Value, usage: Value) -> String {
    data(&json!({
        "id": id(call), "object": "chat.completion.chunk", "created": 1_700_000_000,
        "model": call.model, "choices": choices, "usage": usage,
    }))
}

fn tool_call(tool: &str) -> Value {
    json!({"id": "call_stub_1", "type": "function",
           "function": {"name": tool, "arguments": tool_arguments().to_string()}})
}

fn usage(tokens: Tokens) -> Value {
    json!({
        "prompt_tokens": tokens.prompt(),
        "completion_tokens": tokens.completion(),
        "total_tokens": tokens.prompt() + tokens.completion(),
        "prompt_tokens_details": {"cached_tokens": tokens.cache_read},
        "completion_tokens_details": {"reasoning_tokens": tokens.reasoning},
    })
}

fn finish(call: &Call) -> &'static str {
    if call.tool.is_some() {
        "tool_calls"
    } else {
        "stop"
    }
}

fn id(call: &Call) -> String {
    format!("chatcmpl-stub-{}", call.entry.sequence)
}
