//! `POST /v1beta/models/{model}:generateContent`, `:streamGenerateContent` and `:countTokens`.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use canned::{TokenCounts, gemini, sse};
use serde_json::json;

use crate::{
    answer::{Dialect, Incoming},
    produced::ProducedList,
};

const DIALECT: Dialect = Dialect {
    name: "gemini",
    tokens: TokenCounts::without_cache_write,
    error: |status, message| gemini::error(status.as_u16(), message),
    whole: Some(|call| gemini::whole(&call.answer)),
    events: |call| gemini::chunks(&call.answer).iter().map(sse::data).collect(),
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
