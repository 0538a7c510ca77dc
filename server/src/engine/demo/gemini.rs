//! `POST /v1beta/models/{model}:{action}`, Google's protocol.

use axum::Json;
use axum::extract::{Path, RawQuery};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use uuid::Uuid;

use super::question::{self, DemoRequest};
use super::refusal::{DemoDialect, DemoError};
use super::reply::{Reply, StopReason};
use super::{models, stream};

/// Answers the action in the path.
pub(super) async fn answer(
    Path(call): Path<String>,
    RawQuery(query): RawQuery,
    bytes: Bytes,
) -> Response {
    let (model, action) = call.split_once(':').unwrap_or((&call, ""));
    let (model, question) = match understand(model, &bytes) {
        Ok(understood) => understood,
        Err(refusal) => return refusal.answer(DemoDialect::Gemini),
    };
    match action {
        "generateContent" => Json(whole(model, &Reply::to(&question))).into_response(),
        "streamGenerateContent" => {
            streamed(&chunks(model, &Reply::to(&question)), query.as_deref())
        }
        "countTokens" => Json(json!({"totalTokens": question.words})).into_response(),
        // The engine answers an unknown action with an empty body.
        _ => ().into_response(),
    }
}

fn understand(model: &str, bytes: &[u8]) -> Result<(&'static str, DemoRequest), DemoError> {
    let model = models::known(model)?;
    let body = question::body(bytes)?;
    let system = [&body["systemInstruction"], &body["system_instruction"]];
    let system = system
        .into_iter()
        .find(|system| !system.is_null())
        .unwrap_or(&Value::Null);
    let declarations = body["tools"].as_array().into_iter().flatten();
    let declarations: Vec<_> = declarations
        .flat_map(|tool| {
            tool["functionDeclarations"]
                .as_array()
                .into_iter()
                .flatten()
        })
        .cloned()
        .collect();
    let question = DemoRequest::new(&[system, &body["contents"]])
        .with_tools(&Value::Array(declarations), |tool| {
            [&tool["name"], parameters(tool)]
        })
        .with_limit(&[&body["generationConfig"]["maxOutputTokens"]]);
    Ok((model, question))
}

/// Reads a schema in Google's notation or in JSON Schema.
fn parameters(tool: &Value) -> &Value {
    tool.get("parameters")
        .unwrap_or(&tool["parametersJsonSchema"])
}

/// Server-sent events, or a sequence of objects if another form is requested, as the engine sends it.
fn streamed(chunks: &[Value], query: Option<&str>) -> Response {
    let alt = query
        .into_iter()
        .flat_map(|query| url::form_urlencoded::parse(query.as_bytes()));
    let is_plain = alt
        .into_iter()
        .any(|(name, value)| name == "alt" && value != "sse" && !value.is_empty());
    if is_plain {
        let mut response = stream::answer(chunks.iter().map(Value::to_string).collect());
        let plain = http::HeaderValue::from_static("text/plain");
        response.headers_mut().insert(CONTENT_TYPE, plain);
        return response;
    }
    stream::answer(chunks.iter().map(stream::data).collect())
}

fn whole(model: &str, reply: &Reply) -> Value {
    let part = match &reply.call {
        None => json!({"text": reply.text()}),
        Some(call) => json!({"functionCall": {"name": call.name, "args": call.arguments}}),
    };
    last(model, reply, &json!([part]))
}

/// One chunk per word; only the last one has the usage.
fn chunks(model: &str, reply: &Reply) -> Vec<Value> {
    let Some((last_piece, pieces)) = reply.pieces.split_last() else {
        return vec![whole(model, reply)];
    };
    let chunks = pieces.iter().map(|piece| {
        let candidate =
            json!({"index": 0, "content": {"role": "model", "parts": [{"text": piece}]}});
        json!({"candidates": [candidate], "modelVersion": model})
    });
    chunks
        .chain([last(model, reply, &json!([{"text": last_piece}]))])
        .collect()
}

fn last(model: &str, reply: &Reply, parts: &Value) -> Value {
    let finish_reason = match reply.end {
        StopReason::Complete | StopReason::Call => "STOP",
        StopReason::Cut => "MAX_TOKENS",
    };
    json!({
        "candidates": [{
            "index": 0, "content": {"role": "model", "parts": parts}, "finishReason": finish_reason,
        }],
        "usageMetadata": {
            "promptTokenCount": reply.input, "candidatesTokenCount": reply.output,
            "totalTokenCount": reply.input + reply.output,
        },
        "modelVersion": model, "responseId": Uuid::now_v7().simple().to_string(),
    })
}
