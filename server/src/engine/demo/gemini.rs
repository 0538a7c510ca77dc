//! `POST /v1beta/models/{model}:{action}`, Google's protocol.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use canned::{Answer, gemini, sse};
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::error::{DemoDialect, DemoError};
use super::question::{self, DemoRequest};
use super::{Demo, models, stream};

/// Answers the action in the path.
pub(super) async fn answer(
    State(demo): State<Arc<Demo>>,
    Path(call): Path<String>,
    RawQuery(query): RawQuery,
    bytes: Bytes,
) -> Response {
    let (model, action) = call.split_once(':').unwrap_or((&call, ""));
    let (model, question) = match understand(model, &bytes) {
        Ok(understood) => understood,
        Err(error) => return error.answer(DemoDialect::Gemini),
    };
    match action {
        "generateContent" => Json(gemini::whole(&demo.answer(model, &question))).into_response(),
        "streamGenerateContent" => {
            streamed(&chunks(&demo.answer(model, &question)), query.as_deref())
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
    stream::answer(chunks.iter().map(sse::data).collect())
}

/// As the engine sends them: only the last chunk has the usage.
fn chunks(answer: &Answer) -> Vec<Value> {
    let mut chunks = gemini::chunks(answer);
    if let Some((_, others)) = chunks.split_last_mut() {
        for chunk in others.iter_mut().filter_map(Value::as_object_mut) {
            chunk.remove("usageMetadata");
        }
    }
    chunks
}
