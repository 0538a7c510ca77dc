//! `POST /v1/completions`, OpenAI's oldest protocol.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use super::chat::{finish_reason, usage};
use super::refusal::{DemoDialect, DemoError};
use super::reply::Reply;
use super::{Demo, models, question, stream};

/// Answers, streamed or not.
pub(super) async fn answer(State(demo): State<Arc<Demo>>, bytes: Bytes) -> Response {
    match understand(&bytes) {
        Ok((model, reply, is_streamed)) => {
            let frame = json!({
                "id": format!("cmpl-{}", Uuid::now_v7().simple()), "object": "text_completion",
                "created": demo.clock.now().timestamp(), "model": model,
            });
            if is_streamed {
                stream::answer(events(&frame, &reply))
            } else {
                let choices = choices(&reply.text(), Some(finish_reason(reply.end)));
                Json(filled(&frame, choices, usage(&reply))).into_response()
            }
        }
        Err(refusal) => refusal.answer(DemoDialect::Openai),
    }
}

fn understand(bytes: &[u8]) -> Result<(&'static str, Reply, bool), DemoError> {
    let body = question::body(bytes)?;
    let model = models::known(body["model"].as_str().unwrap_or_default())?;
    let question =
        question::DemoRequest::new(&[&body["prompt"]]).with_limit(&[&body["max_tokens"]]);
    Ok((model, Reply::to(&question), body["stream"] == true))
}

fn events(frame: &Value, reply: &Reply) -> Vec<String> {
    let words = reply
        .pieces
        .iter()
        .map(|piece| filled(frame, choices(piece, None), Value::Null));
    let end = filled(
        frame,
        choices("", Some(finish_reason(reply.end))),
        Value::Null,
    );
    let usage = filled(frame, json!([]), usage(reply));
    words
        .chain([end, usage])
        .map(|chunk| stream::data(&chunk))
        .chain(["data: [DONE]\n\n".to_owned()])
        .collect()
}

fn choices(text: &str, finish_reason: Option<&str>) -> Value {
    json!([{"index": 0, "text": text, "logprobs": null, "finish_reason": finish_reason}])
}

fn filled(frame: &Value, choices: Value, usage: Value) -> Value {
    let mut filled = frame.clone();
    filled["choices"] = choices;
    filled["usage"] = usage;
    filled
}
