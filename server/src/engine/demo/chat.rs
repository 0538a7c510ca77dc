//! `POST /v1/chat/completions`, OpenAI's older protocol.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use super::refusal::{DemoDialect, DemoError};
use super::reply::{Reply, StopReason, ToolCall};
use super::{Demo, models, question, stream};

/// The common fields of all chunks of an answer.
struct Frame {
    id: String,
    created: i64,
    model: &'static str,
}

/// Answers, streamed or not.
pub(super) async fn answer(State(demo): State<Arc<Demo>>, bytes: Bytes) -> Response {
    match understand(&bytes) {
        Ok((model, reply, is_streamed)) => {
            let frame = Frame {
                id: format!("chatcmpl-{}", Uuid::now_v7().simple()),
                created: demo.clock.now().timestamp(),
                model,
            };
            if is_streamed {
                stream::answer(frame.events(&reply))
            } else {
                Json(frame.whole(&reply)).into_response()
            }
        }
        Err(refusal) => refusal.answer(DemoDialect::Openai),
    }
}

fn understand(bytes: &[u8]) -> Result<(&'static str, Reply, bool), DemoError> {
    let body = question::body(bytes)?;
    let model = models::known(body["model"].as_str().unwrap_or_default())?;
    let question = question::DemoRequest::new(&[&body["messages"]])
        .with_tools(&body["tools"], |tool| {
            [&tool["function"]["name"], &tool["function"]["parameters"]]
        })
        .with_limit(&[&body["max_completion_tokens"], &body["max_tokens"]]);
    Ok((model, Reply::to(&question), body["stream"] == true))
}

/// The usage object of this protocol and of completions.
pub(super) fn usage(reply: &Reply) -> Value {
    json!({
        "prompt_tokens": reply.input, "completion_tokens": reply.output,
        "total_tokens": reply.input + reply.output,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    })
}

/// The finish reason of this protocol.
pub(super) fn finish_reason(end: StopReason) -> &'static str {
    match end {
        StopReason::Complete => "stop",
        StopReason::Cut => "length",
        StopReason::Call => "tool_calls",
    }
}

fn tool_call(call: &ToolCall) -> Value {
    json!({
        "id": format!("call_{}", Uuid::now_v7().simple()), "type": "function",
        "function": {"name": call.name, "arguments": call.arguments.to_string()},
    })
}

impl Frame {
    fn whole(&self, reply: &Reply) -> Value {
        let mut message = json!({"role": "assistant", "content": reply.text(), "refusal": null});
        if let Some(call) = &reply.call {
            message["content"] = Value::Null;
            message["tool_calls"] = json!([tool_call(call)]);
        }
        json!({
            "id": self.id, "object": "chat.completion", "created": self.created, "model": self.model,
            "choices": [{
                "index": 0, "message": message, "logprobs": null, "finish_reason": finish_reason(reply.end),
            }],
            "usage": usage(reply),
        })
    }

    /// The chunks; the last one has the usage, as the engine always sends it.
    fn events(&self, reply: &Reply) -> Vec<String> {
        let begin = self.choice(&json!({"role": "assistant", "content": ""}), None);
        let words = reply
            .pieces
            .iter()
            .map(|piece| self.choice(&json!({"content": piece}), None));
        let calls = reply.call.iter().map(|call| {
            let mut call = tool_call(call);
            call["index"] = json!(0);
            self.choice(&json!({"tool_calls": [call]}), None)
        });
        let end = self.choice(&json!({}), Some(finish_reason(reply.end)));
        let usage = self.chunk(&json!([]), &usage(reply));
        let chunks = std::iter::once(begin)
            .chain(words)
            .chain(calls)
            .chain([end, usage]);
        chunks
            .map(|chunk| stream::data(&chunk))
            .chain(["data: [DONE]\n\n".to_owned()])
            .collect()
    }

    fn choice(&self, delta: &Value, finish_reason: Option<&str>) -> Value {
        let choice =
            json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason});
        self.chunk(&json!([choice]), &Value::Null)
    }

    fn chunk(&self, choices: &Value, usage: &Value) -> Value {
        json!({
            "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model,
            "choices": choices, "usage": usage,
        })
    }
}
