//! `POST /v1/chat/completions`.

use serde_json::{Value, json};

use crate::{Answer, Finish, TokenCounts, ToolCall, sse};

/// An error of all OpenAI protocols.
pub fn error(message: &str, kind: &str, code: &str, param: Option<&str>) -> Value {
    json!({"error": {"message": message, "type": kind, "code": code, "param": param}})
}

/// The body of an answer that is not streamed.
pub fn whole(answer: &Answer) -> Value {
    let mut message = json!({"role": "assistant", "content": answer.text(), "refusal": null});
    if let Some(call) = &answer.tool_call {
        message["content"] = Value::Null;
        message["tool_calls"] = json!([tool_call(answer, call)]);
    }
    let whole = json!({
        "id": id(answer), "object": "chat.completion", "created": answer.created, "model": answer.model,
        "choices": [{
            "index": 0, "message": message, "logprobs": null, "finish_reason": finish_reason(answer.finish),
        }],
        "usage": usage(answer.tokens),
    });
    in_tier(answer, whole)
}

/// With the service tier, if the answer has one.
pub(crate) fn in_tier(answer: &Answer, mut document: Value) -> Value {
    if let Some(tier) = &answer.service_tier {
        document["service_tier"] = json!(tier);
    }
    document
}

/// The events of a stream; the last chunk has the usage.
pub fn events(answer: &Answer) -> Vec<String> {
    let begin = delta(answer, &json!({"role": "assistant", "content": ""}), None);
    let words = answer
        .pieces
        .iter()
        .map(|piece| delta(answer, &json!({"content": piece}), None));
    let calls = answer.tool_call.iter().map(|call| {
        let mut call = tool_call(answer, call);
        call["index"] = json!(0);
        delta(answer, &json!({"tool_calls": [call]}), None)
    });
    let end = delta(answer, &json!({}), Some(finish_reason(answer.finish)));
    let usage = chunk(answer, &json!([]), &usage(answer.tokens));
    std::iter::once(begin)
        .chain(words)
        .chain(calls)
        .chain([end, usage])
        .map(|chunk| sse::data(&chunk))
        .chain([sse::DONE.to_owned()])
        .collect()
}

/// A chunk with this delta.
pub fn delta(answer: &Answer, delta: &Value, finish_reason: Option<&str>) -> Value {
    let choice =
        json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason});
    chunk(answer, &json!([choice]), &Value::Null)
}

/// The usage of the chat and completions protocols.
pub fn usage(tokens: TokenCounts) -> Value {
    json!({
        "prompt_tokens": tokens.prompt(), "completion_tokens": tokens.completion(),
        "total_tokens": tokens.prompt() + tokens.completion(),
        "prompt_tokens_details": {"cached_tokens": tokens.cache_read},
        "completion_tokens_details": {"reasoning_tokens": tokens.reasoning},
    })
}

pub(crate) fn finish_reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Complete => "stop",
        Finish::MaxTokens => "length",
        Finish::ToolCall => "tool_calls",
    }
}

fn id(answer: &Answer) -> String {
    format!("chatcmpl-{}", answer.id)
}

fn tool_call(answer: &Answer, call: &ToolCall) -> Value {
    json!({
        "id": format!("call_{}", answer.id), "type": "function",
        "function": {"name": call.name, "arguments": call.arguments.to_string()},
    })
}

fn chunk(answer: &Answer, choices: &Value, usage: &Value) -> Value {
    let chunk = json!({
        "id": id(answer), "object": "chat.completion.chunk", "created": answer.created, "model": answer.model,
        "choices": choices, "usage": usage,
    });
    in_tier(answer, chunk)
}
