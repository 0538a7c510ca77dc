//! `GET /v1/responses`: the Responses protocol over a WebSocket, one turn after another.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use canned::openai_responses;
use serde_json::{Value, json};

use super::error::{DemoDialect, DemoError};
use super::openai::responses_answer;
use super::{Demo, stream};

/// Opens the socket.
pub(super) async fn open(State(demo): State<Arc<Demo>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async move |socket| {
        let closing = demo.closing.clone();
        closing.run_until_cancelled(converse(socket, &demo)).await;
    })
}

async fn converse(mut socket: WebSocket, demo: &Demo) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else {
            continue;
        };
        for event in events(demo, &text) {
            tokio::time::sleep(stream::PAUSE).await;
            if socket
                .send(Message::Text(event.to_string().into()))
                .await
                .is_err()
            {
                return;
            }
        }
    }
}

/// The events of one turn, without the framing that they have over HTTP.
fn events(demo: &Demo, text: &str) -> Vec<Value> {
    match responses_answer(demo, text.as_bytes()) {
        Ok(answer) => openai_responses::events(&answer),
        Err(error) => vec![error_event(&error)],
    }
}

fn error_event(error: &DemoError) -> Value {
    let error = &error.body(DemoDialect::Openai)["error"];
    json!({"type": "error", "status": 400, "error": error, "headers": {}})
}
