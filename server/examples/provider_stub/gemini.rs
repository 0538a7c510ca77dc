//! `POST /v1beta/models/{model}:generateContent`, `:streamGenerateContent` and `:countTokens`.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

use crate::{
    answer::{Call, Dialect, Incoming, data, tool_arguments},
    produced::{ProducedList, Tokens},
};

const DIALECT: Dialect = Dialect {
    name: "gemini",
    tokens: Tokens::without_cache_write,
    error: |status, message| {
        let word = match status.as_u16() {
            429 => "RESOURCE_EXHAUSTED",
            503 => "UNAVAILABLE",
            400..=499 => "INVALID_ARGUMENT",
            _ => "INTERNAL",
        };
        json!({"error": {"code": status.as_u16(), "message": message, "status": word}})
    },
    whole: Some(|call| chunk(call, whole(call), Some("STOP"))),
    events,
};

/// Answers a generation, streamed or not.
pub(crate) async fn answer(
    State(list): State<ProducedList>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Response> {
    let (model, action) = path
        .split_once(':')
        .ok_or(StatusCode::NOT_FOUND.into_response())?;
    let streamed = match action {
        "generateContent" => false,
        "streamGenerateContent" => true,
        "countTokens" => return Ok(Json(json!({"totalTokens": body.len() / 4})).into_response()),
        _ => return Err(StatusCode::NOT_FOUND.into_response()),
    };
    let incoming = Incoming {
        list: &list,
        headers: &headers,
        body: &body,
        model,
        streamed,
    };
    DIALECT.answer_call(incoming).await
}

/// Every chunk has cumulative usage; only the last one has the finish reason.
fn events(call: &Call) -> Vec<String> {
    let parts = match call.tool {
        Some(_) => vec![whole(call)],
        None => call
            .script
            .pieces()
            .iter()
            .map(|text| json!({"text": text}))
            .collect(),
    };
    let last = parts.len().saturating_sub(1);
    parts
        .into_iter()
        .enumerate()
        .map(|(index, part)| data(&chunk(call, part, (index == last).then_some("STOP"))))
        .collect()
}

fn whole(call: &Call) -> Value {
    match &call.tool {
        Some(tool) => json!({"functionCall": {"name": tool, "args": tool_arguments()}}),
        None => json!({"text": call.text()}),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the part goes into the chunk"
)]
fn chunk(call: &Call, part: Value, finish: Option<&str>) -> Value {
    let mut candidate = json!({"content": {"role": "model", "parts": [part]}, "index": 0});
    if let Some(finish) = finish {
        candidate["finishReason"] = json!(finish);
    }
    json!({
        "candidates": [candidate],
        "usageMetadata": usage(call.tokens, finish.is_some()),
        "modelVersion": call.model,
        "responseId": format!("stub-{}", call.entry.sequence),
    })
}

fn usage(tokens: Tokens, complete: bool) -> Value {
    let output = if complete { tokens.output } else { 1 };
    json!({
        "promptTokenCount": tokens.prompt(),
        "cachedContentTokenCount": tokens.cache_read,
        "candidatesTokenCount": output,
        "thoughtsTokenCount": tokens.reasoning,
        "totalTokenCount": tokens.prompt() + output + tokens.reasoning,
    })
}
