//! `POST /v1beta/models/{model}:generateContent` and `:streamGenerateContent`.

use serde_json::{Value, json};

use crate::{Answer, Finish, TokenCounts};

/// An error with the status name that belongs to this HTTP status.
pub fn error(status: u16, message: &str) -> Value {
    let name = match status {
        429 => "RESOURCE_EXHAUSTED",
        503 => "UNAVAILABLE",
        400..=499 => "INVALID_ARGUMENT",
        _ => "INTERNAL",
    };
    json!({"error": {"code": status, "message": message, "status": name}})
}

/// The body of an answer that is not streamed.
pub fn whole(answer: &Answer) -> Value {
    let part = match &answer.tool_call {
        None => json!({"text": answer.text()}),
        Some(call) => json!({"functionCall": {"name": call.name, "args": call.arguments}}),
    };
    chunk(answer, &part, true)
}

/// The chunks of a stream. Each has cumulative usage; only the last one has a finish reason.
pub fn chunks(answer: &Answer) -> Vec<Value> {
    let Some((last, pieces)) = answer.pieces.split_last() else {
        return vec![whole(answer)];
    };
    let pieces = pieces
        .iter()
        .map(|piece| chunk(answer, &json!({"text": piece}), false));
    pieces
        .chain([chunk(answer, &json!({"text": last}), true)])
        .collect()
}

fn chunk(answer: &Answer, part: &Value, is_last: bool) -> Value {
    let mut candidate = json!({"index": 0, "content": {"role": "model", "parts": [part]}});
    if is_last {
        candidate["finishReason"] = json!(finish_reason(answer.finish));
    }
    let output = if is_last { answer.tokens.output } else { 1 };
    let mut usage = usage(answer.tokens, output);
    if let Some(tier) = &answer.service_tier {
        usage["trafficType"] = json!(format!("ON_DEMAND_{}", tier.to_uppercase()));
    }
    json!({
        "candidates": [candidate], "usageMetadata": usage,
        "modelVersion": answer.model, "responseId": answer.id,
    })
}

fn usage(tokens: TokenCounts, output: u64) -> Value {
    json!({
        "promptTokenCount": tokens.prompt(), "cachedContentTokenCount": tokens.cache_read,
        "candidatesTokenCount": output, "thoughtsTokenCount": tokens.reasoning,
        "totalTokenCount": tokens.prompt() + output + tokens.reasoning,
    })
}

fn finish_reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Complete | Finish::ToolCall => "STOP",
        Finish::MaxTokens => "MAX_TOKENS",
    }
}
