//! `POST /v1/responses`, also over a WebSocket.

use serde_json::{Value, json};

use crate::{Answer, Finish, openai::in_tier};

/// The body of an answer that is not streamed; also in the last event.
pub fn whole(answer: &Answer) -> Value {
    let mut response = in_tier(answer, in_progress(answer));
    response["output"] = json!([item(answer)]);
    let tokens = answer.tokens;
    response["usage"] = json!({
        "input_tokens": tokens.prompt(), "input_tokens_details": {"cached_tokens": tokens.cache_read},
        "output_tokens": tokens.completion(), "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.prompt() + tokens.completion(),
    });
    response["status"] = json!("completed");
    if answer.finish == Finish::MaxTokens {
        response["status"] = json!("incomplete");
        response["incomplete_details"] = json!({"reason": "max_output_tokens"});
    }
    response
}

/// The events of a stream or of a WebSocket turn.
pub fn events(answer: &Answer) -> Vec<Value> {
    let last = match answer.finish {
        Finish::Complete | Finish::ToolCall => "response.completed",
        Finish::MaxTokens => "response.incomplete",
    };
    let response = in_progress(answer);
    let mut events = vec![
        json!({"type": "response.created", "response": response}),
        json!({"type": "response.in_progress", "response": response}),
    ];
    events.extend(if answer.tool_call.is_some() {
        call_events(answer)
    } else {
        text_events(answer)
    });
    events.push(
        json!({"type": "response.output_item.done", "output_index": 0, "item": item(answer)}),
    );
    events.push(json!({"type": last, "response": whole(answer)}));
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = json!(number);
    }
    events
}

fn in_progress(answer: &Answer) -> Value {
    json!({
        "id": format!("resp_{}", answer.id), "object": "response", "created_at": answer.created,
        "status": "in_progress", "model": answer.model, "output": [], "error": null, "incomplete_details": null,
        "instructions": null, "metadata": {}, "parallel_tool_calls": true, "temperature": 1.0, "top_p": 1.0,
        "tool_choice": "auto", "tools": [], "usage": null,
    })
}

fn text_events(answer: &Answer) -> Vec<Value> {
    let id = item_id(answer);
    let item = json!({
        "id": id, "type": "message", "role": "assistant", "status": "in_progress", "content": [],
    });
    let event = |kind: &str, field: &str, value: Value| {
        let mut event = json!({"type": kind, "item_id": id, "output_index": 0, "content_index": 0});
        event[field] = value;
        event
    };
    let text = answer.text();
    let deltas = answer.pieces.iter().map(|piece| {
        let mut event = event("response.output_text.delta", "delta", json!(piece));
        event["logprobs"] = json!([]);
        event
    });
    let mut done = event("response.output_text.done", "text", json!(text));
    done["logprobs"] = json!([]);
    [
        json!({"type": "response.output_item.added", "output_index": 0, "item": item}),
        event("response.content_part.added", "part", text_part("")),
    ]
    .into_iter()
    .chain(deltas)
    .chain([
        done,
        event("response.content_part.done", "part", text_part(&text)),
    ])
    .collect()
}

fn call_events(answer: &Answer) -> Vec<Value> {
    let mut item = item(answer);
    let arguments = std::mem::replace(&mut item["arguments"], json!(""));
    item["status"] = json!("in_progress");
    let (id, name) = (item_id(answer), &item["name"]);
    vec![
        json!({"type": "response.output_item.added", "output_index": 0, "item": item}),
        json!({
            "type": "response.function_call_arguments.delta", "item_id": id, "output_index": 0,
            "delta": arguments,
        }),
        json!({
            "type": "response.function_call_arguments.done", "item_id": id, "output_index": 0,
            "name": name, "arguments": arguments,
        }),
    ]
}

fn item(answer: &Answer) -> Value {
    match &answer.tool_call {
        None => json!({
            "id": item_id(answer), "type": "message", "role": "assistant", "status": "completed",
            "content": [text_part(&answer.text())],
        }),
        Some(call) => json!({
            "id": item_id(answer), "type": "function_call", "status": "completed", "name": call.name,
            "call_id": format!("call_{}", answer.id), "arguments": call.arguments.to_string(),
        }),
    }
}

fn item_id(answer: &Answer) -> String {
    format!("item_{}", answer.id)
}

fn text_part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}
