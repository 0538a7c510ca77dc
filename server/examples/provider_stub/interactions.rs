//! `POST /v1beta/interactions`, whole or as events.

use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use canned::{TokenCounts, gemini, sse};
use serde_json::{Value, json};

use crate::{
    answer::{Call, Dialect},
    produced::ProducedList,
};

const DIALECT: Dialect = Dialect {
    name: "interactions",
    tokens: TokenCounts::without_cache_write,
    error: |status, message| gemini::error(status.as_u16(), message),
    whole: Some(whole),
    events,
};

pub(crate) async fn answer(
    State(list): State<ProducedList>,
    headers: HeaderMap,
    body: String,
) -> Response {
    DIALECT.answer(&list, &headers, &body).await.into_response()
}

fn whole(call: &Call) -> Value {
    let tokens = call.answer.tokens;
    json!({
        "id": call.answer.id, "model": call.answer.model, "object": "interaction", "status": "completed",
        "outputs": [{"type": "text", "text": call.answer.pieces.concat()}],
        "usage": {
            "total_input_tokens": tokens.prompt(), "total_cached_tokens": tokens.cache_read,
            "total_output_tokens": tokens.output, "total_thought_tokens": tokens.reasoning,
            "total_tokens": tokens.prompt() + tokens.output + tokens.reasoning,
        },
    })
}

fn events(call: &Call) -> Vec<String> {
    let deltas = call.answer.pieces.iter();
    let deltas = deltas.map(|piece| {
        json!({"event_type": "content.delta", "index": 0, "delta": {"type": "text", "text": piece}})
    });
    let end = json!({"event_type": "interaction.completed", "type": "interaction.completed",
        "interaction": whole(call)});
    deltas.chain([end]).map(|event| sse::data(&event)).collect()
}
