//! `POST /v1/responses`, OpenAI's newer protocol.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use super::question::{self, DemoRequest};
use super::refusal::{DemoDialect, DemoError};
use super::reply::{Reply, StopReason};
use super::{Demo, models, stream};

/// One turn, over HTTP or a WebSocket.
pub(super) struct ResponsesTurn {
    reply: Reply,
    response: Value,
    item_id: String,
}

/// Answers, streamed or not.
pub(super) async fn answer(State(demo): State<Arc<Demo>>, bytes: Bytes) -> Response {
    let turn =
        question::body(&bytes).and_then(|body| Ok((ResponsesTurn::new(&demo, &body)?, body)));
    match turn {
        Ok((turn, body)) if body["stream"] == true => {
            stream::answer(turn.events().iter().map(stream::named).collect())
        }
        Ok((turn, _)) => Json(turn.completed()).into_response(),
        Err(refusal) => refusal.answer(DemoDialect::Openai),
    }
}

impl ResponsesTurn {
    /// The turn of a request.
    pub(super) fn new(demo: &Demo, body: &Value) -> Result<Self, DemoError> {
        let model = models::known(body["model"].as_str().unwrap_or_default())?;
        let question = DemoRequest::new(&[&body["instructions"], &body["input"]])
            .with_tools(&body["tools"], |tool| [&tool["name"], &tool["parameters"]])
            .with_limit(&[&body["max_output_tokens"]]);
        let response = json!({
            "id": format!("resp_{}", Uuid::now_v7().simple()), "object": "response",
            "created_at": demo.clock.now().timestamp(), "status": "in_progress", "model": model,
            "output": [], "error": null, "incomplete_details": null, "instructions": body["instructions"],
            "metadata": {}, "parallel_tool_calls": true, "temperature": 1.0, "top_p": 1.0,
            "tool_choice": "auto", "tools": [], "usage": null,
        });
        Ok(Self {
            reply: Reply::to(&question),
            response,
            item_id: format!("item_{}", Uuid::now_v7().simple()),
        })
    }

    /// The whole response.
    pub(super) fn completed(&self) -> Value {
        let mut response = self.response.clone();
        response["output"] = json!([self.item()]);
        response["usage"] = json!({
            "input_tokens": self.reply.input, "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": self.reply.output, "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": self.reply.input + self.reply.output,
        });
        response["status"] = json!("completed");
        if self.reply.end == StopReason::Cut {
            response["status"] = json!("incomplete");
            response["incomplete_details"] = json!({"reason": "max_output_tokens"});
        }
        response
    }

    /// The events of the stream.
    pub(super) fn events(&self) -> Vec<Value> {
        let last = match self.reply.end {
            StopReason::Complete | StopReason::Call => "response.completed",
            StopReason::Cut => "response.incomplete",
        };
        let mut events = vec![
            json!({"type": "response.created", "response": self.response}),
            json!({"type": "response.in_progress", "response": self.response}),
        ];
        events.extend(if self.reply.call.is_some() {
            self.call_events()
        } else {
            self.text_events()
        });
        events.push(
            json!({"type": "response.output_item.done", "output_index": 0, "item": self.item()}),
        );
        events.push(json!({"type": last, "response": self.completed()}));
        for (number, event) in events.iter_mut().enumerate() {
            event["sequence_number"] = json!(number);
        }
        events
    }

    fn text_events(&self) -> Vec<Value> {
        let item = json!({
            "id": self.item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": [],
        });
        let place = json!({"item_id": self.item_id, "output_index": 0, "content_index": 0});
        let at_place = |kind: &str, field: &str, value: Value| {
            let mut event = place.clone();
            event["type"] = json!(kind);
            event[field] = value;
            event
        };
        let text = self.reply.text();
        let deltas = self.reply.pieces.iter().map(|piece| {
            let mut event = at_place("response.output_text.delta", "delta", json!(piece));
            event["logprobs"] = json!([]);
            event
        });
        let mut done = at_place("response.output_text.done", "text", json!(text));
        done["logprobs"] = json!([]);
        [
            json!({"type": "response.output_item.added", "output_index": 0, "item": item}),
            at_place("response.content_part.added", "part", text_part("")),
        ]
        .into_iter()
        .chain(deltas)
        .chain([
            done,
            at_place("response.content_part.done", "part", text_part(&text)),
        ])
        .collect()
    }

    fn call_events(&self) -> Vec<Value> {
        let mut item = self.item();
        let arguments = std::mem::replace(&mut item["arguments"], json!(""));
        item["status"] = json!("in_progress");
        let (id, name) = (&self.item_id, &item["name"]);
        vec![
            json!({"type": "response.output_item.added", "output_index": 0, "item": item}),
            json!({
                "type": "response.function_call_arguments.delta", "item_id": id, "output_index": 0,
                "delta": arguments,
            }),
            json!({
                "type": "response.function_call_arguments.done", "item_id": id, "output_index": 0,
                "name": name, "arguments": arguments,
            }),
        ]
    }

    fn item(&self) -> Value {
        match &self.reply.call {
            None => json!({
                "id": self.item_id, "type": "message", "role": "assistant", "status": "completed",
                "content": [text_part(&self.reply.text())],
            }),
            Some(call) => json!({
                "id": self.item_id, "type": "function_call", "status": "completed", "name": call.name,
                "call_id": self.item_id.replace("item_", "call_"), "arguments": call.arguments.to_string(),
            }),
        }
    }
}

fn text_part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}
