//! `POST /v1/messages`.

use serde_json::{Value, json};

use crate::{Answer, Finish};

/// An error with the type that belongs to this HTTP status.
pub fn error(status: u16, message: &str) -> Value {
    let kind = match status {
        429 => "rate_limit_error",
        529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    };
    json!({"type": "error", "error": {"type": kind, "message": message}})
}

/// The body of an answer that is not streamed.
pub fn whole(answer: &Answer) -> Value {
    let mut message = message(answer, answer.tokens.output);
    message["content"] = json!([block(answer, &answer.text())]);
    message["stop_reason"] = json!(stop_reason(answer.finish));
    message
}

/// The events of a stream. The first one has the input tokens, `message_delta` the cumulative usage.
pub fn events(answer: &Answer) -> Vec<Value> {
    let mut first_block = block(answer, "");
    if answer.tool_call.is_some() {
        first_block["input"] = json!({});
    }
    let words = answer
        .pieces
        .iter()
        .map(|piece| json!({"type": "text_delta", "text": piece}));
    let calls = answer.tool_call.iter().map(
        |call| json!({"type": "input_json_delta", "partial_json": call.arguments.to_string()}),
    );
    let deltas = words
        .chain(calls)
        .map(|delta| json!({"type": "content_block_delta", "index": 0, "delta": delta}));
    [
        json!({"type": "message_start", "message": message(answer, 1)}),
        json!({"type": "content_block_start", "index": 0, "content_block": first_block}),
        json!({"type": "ping"}),
    ]
    .into_iter()
    .chain(deltas)
    .chain([
        json!({"type": "content_block_stop", "index": 0}),
        json!({
            "type": "message_delta", "usage": usage(answer, answer.tokens.output),
            "delta": {"stop_reason": stop_reason(answer.finish), "stop_sequence": null},
        }),
        json!({"type": "message_stop"}),
    ])
    .collect()
}

fn message(answer: &Answer, output: u64) -> Value {
    json!({
        "id": format!("msg_{}", answer.id), "type": "message", "role": "assistant", "model": answer.model,
        "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage(answer, output),
    })
}

fn usage(answer: &Answer, output: u64) -> Value {
    let tokens = answer.tokens;
    let mut usage = json!({
        "input_tokens": tokens.input, "cache_creation_input_tokens": tokens.cache_write,
        "cache_read_input_tokens": tokens.cache_read, "output_tokens": output,
    });
    if tokens.cache_write_1h > 0 {
        usage["cache_creation"] = json!({
            "ephemeral_5m_input_tokens": tokens.cache_write - tokens.cache_write_1h,
            "ephemeral_1h_input_tokens": tokens.cache_write_1h,
        });
    }
    match answer.service_tier.as_deref() {
        Some("fast") => usage["speed"] = json!("fast"),
        Some(tier) => usage["service_tier"] = json!(tier),
        None => {}
    }
    usage
}

fn block(answer: &Answer, text: &str) -> Value {
    match &answer.tool_call {
        None => json!({"type": "text", "text": text}),
        Some(call) => json!({
            "type": "tool_use", "id": format!("toolu_{}", answer.id), "name": call.name, "input": call.arguments,
        }),
    }
}

fn stop_reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Complete => "end_turn",
        Finish::MaxTokens => "max_tokens",
        Finish::ToolCall => "tool_use",
    }
}
