//! `POST /v1/chat/completions`.

use axum::{extract::State, http::HeaderMap, response::Response};
use canned::{TokenCounts, openai};

use crate::{answer::Dialect, produced::ProducedList};

const DIALECT: Dialect = Dialect {
    name: "openai-chat",
    tokens: TokenCounts::without_cache_write,
    error: |status, message| {
        openai::error(message, "stub_error", &status.as_u16().to_string(), None)
    },
    whole: Some(|call| openai::whole(&call.answer)),
    events: |call| openai::events(&call.answer),
};

/// Answers a chat completion, streamed or not.
pub(crate) async fn answer(
    State(list): State<ProducedList>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Response> {
    DIALECT.answer(&list, &headers, &body).await
}
