//! `POST /codex/responses`: always a stream, whatever the client requested.

use axum::{extract::State, http::HeaderMap, response::Response};
use canned::{TokenCounts, openai, openai_responses, sse};

use crate::{answer::Dialect, produced::ProducedList};

const DIALECT: Dialect = Dialect {
    name: "codex",
    tokens: TokenCounts::without_cache_write,
    error: |status, message| {
        openai::error(message, "stub_error", &status.as_u16().to_string(), None)
    },
    whole: None,
    events: |call| {
        let events = openai_responses::events(&call.answer);
        events.iter().map(sse::named).collect()
    },
};

/// Answers a response as a stream of events.
pub(crate) async fn answer(
    State(list): State<ProducedList>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Response> {
    DIALECT.answer(&list, &headers, &body).await
}
