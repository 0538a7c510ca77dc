//! `POST /v1/messages`.

use axum::{extract::State, http::HeaderMap, response::Response};
use canned::{TokenCounts, anthropic, sse};
use serde_json::json;

use crate::{
    answer::{Call, Dialect},
    produced::ProducedList,
};

const DIALECT: Dialect = Dialect {
    name: "anthropic",
    tokens: TokenCounts::without_reasoning,
    error: |status, message| anthropic::error(status.as_u16(), message),
    whole: Some(|call| anthropic::whole(&call.answer)),
    events,
};

/// Answers a message, streamed or not.
pub(crate) async fn answer(
    State(list): State<ProducedList>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Response> {
    DIALECT.answer(&list, &headers, &body).await
}

/// The usage of `message_delta` is cumulative, or has only the output if scripted.
fn events(call: &Call) -> Vec<String> {
    let mut events = anthropic::events(&call.answer);
    if call.script.brief_delta {
        let deltas = events
            .iter_mut()
            .filter(|event| event["type"] == "message_delta");
        deltas
            .for_each(|delta| delta["usage"] = json!({"output_tokens": call.answer.tokens.output}));
    }
    events.iter().map(sse::named).collect()
}
