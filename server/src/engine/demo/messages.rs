//! `POST /v1/messages`, Anthropic's protocol.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use canned::{anthropic, sse};
use serde_json::{Value, json};

use super::error::{DemoDialect, DemoError};
use super::question::{self, DemoRequest};
use super::{Demo, models, stream};

/// `POST /v1/messages`.
pub(super) async fn answer(State(demo): State<Arc<Demo>>, bytes: Bytes) -> Response {
    match understand(&bytes) {
        Ok((body, model, question)) => {
            let answer = demo.answer(model, &question);
            if body["stream"] == true {
                let events = anthropic::events(&answer);
                stream::answer(events.iter().map(sse::named).collect())
            } else {
                Json(anthropic::whole(&answer)).into_response()
            }
        }
        Err(error) => error.answer(DemoDialect::Anthropic),
    }
}

/// `POST /v1/messages/count_tokens`.
pub(super) async fn count(bytes: Bytes) -> Response {
    match understand(&bytes) {
        Ok((_, _, question)) => Json(json!({"input_tokens": question.words})).into_response(),
        Err(error) => error.answer(DemoDialect::Anthropic),
    }
}

fn understand(bytes: &[u8]) -> Result<(Value, &'static str, DemoRequest), DemoError> {
    let body = question::body(bytes)?;
    let model = models::of(&body)?;
    let question = DemoRequest::new(&[&body["system"], &body["messages"]])
        .with_tools(&body["tools"], |tool| {
            [&tool["name"], &tool["input_schema"]]
        })
        .with_limit(&[&body["max_tokens"]]);
    Ok((body, model, question))
}
