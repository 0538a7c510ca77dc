//! OpenAI's protocols: `POST /v1/chat/completions`, `/v1/completions` and `/v1/responses`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use canned::{Answer, openai, openai_completions, openai_responses, sse};
use serde_json::Value;

use super::error::{DemoDialect, DemoError};
use super::question::DemoRequest;
use super::{Demo, models, question, stream};

/// `POST /v1/chat/completions`.
pub(super) async fn chat(State(demo): State<Arc<Demo>>, bytes: Bytes) -> Response {
    answer(&demo, &bytes, chat_request, openai::whole, openai::events)
}

/// `POST /v1/completions`.
pub(super) async fn completions(State(demo): State<Arc<Demo>>, bytes: Bytes) -> Response {
    let request =
        |body: &Value| DemoRequest::new(&[&body["prompt"]]).with_limit(&[&body["max_tokens"]]);
    answer(
        &demo,
        &bytes,
        request,
        openai_completions::whole,
        openai_completions::events,
    )
}

/// `POST /v1/responses`.
pub(super) async fn responses(State(demo): State<Arc<Demo>>, bytes: Bytes) -> Response {
    let events = |answer: &Answer| {
        let events = openai_responses::events(answer);
        events.iter().map(sse::named).collect()
    };
    answer(
        &demo,
        &bytes,
        responses_request,
        openai_responses::whole,
        events,
    )
}

/// The answer to a Responses request.
pub(super) fn responses_answer(demo: &Demo, bytes: &[u8]) -> Result<Answer, DemoError> {
    let body = question::body(bytes)?;
    Ok(demo.answer(models::of(&body)?, &responses_request(&body)))
}

fn answer(
    demo: &Demo,
    bytes: &[u8],
    request: impl FnOnce(&Value) -> DemoRequest,
    whole: impl FnOnce(&Answer) -> Value,
    events: impl FnOnce(&Answer) -> Vec<String>,
) -> Response {
    let answer = || {
        let body = question::body(bytes)?;
        let answer = demo.answer(models::of(&body)?, &request(&body));
        Ok((answer, body["stream"] == true))
    };
    match answer() {
        Ok((answer, true)) => stream::answer(events(&answer)),
        Ok((answer, false)) => Json(whole(&answer)).into_response(),
        Err::<_, DemoError>(error) => error.answer(DemoDialect::Openai),
    }
}

fn chat_request(body: &Value) -> DemoRequest {
    DemoRequest::new(&[&body["messages"]])
        .with_tools(&body["tools"], |tool| {
            [&tool["function"]["name"], &tool["function"]["parameters"]]
        })
        .with_limit(&[&body["max_completion_tokens"], &body["max_tokens"]])
}

fn responses_request(body: &Value) -> DemoRequest {
    DemoRequest::new(&[&body["instructions"], &body["input"]])
        .with_tools(&body["tools"], |tool| [&tool["name"], &tool["parameters"]])
        .with_limit(&[&body["max_output_tokens"]])
}
