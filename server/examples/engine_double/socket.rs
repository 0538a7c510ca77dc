//! `GET /v1/responses`: turns over a WebSocket, each one a streamed request to an HTTP upstream.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::config::{Live, Provider};
use crate::forward::Asked;
use crate::record::{Counts, forwarded_for, request_id};
use crate::tap::{self, Tapped};

/// Opens the WebSocket. The response has no trace id, and all turns share one request id.
pub(crate) async fn responses(
    State(live): State<Arc<Live>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let forwarded_for = forwarded_for(&headers);
    upgrade.on_upgrade(move |socket| converse(socket, live, forwarded_for))
}

async fn converse(mut socket: WebSocket, live: Arc<Live>, forwarded_for: String) {
    let request_id = request_id();
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else {
            continue;
        };
        let mut body: Value = serde_json::from_str(&text).unwrap_or_default();
        if let Value::Object(fields) = &mut body {
            fields.remove("type");
        }
        body["stream"] = json!(true);
        let asked = Asked {
            live: live.clone(),
            protocol: Provider::Codex,
            endpoint: "GET /v1/responses",
            model: body["model"].as_str().unwrap_or_default().to_owned(),
            action: String::new(),
            body,
            forwarded_for: forwarded_for.clone(),
            request_id: request_id.clone(),
        };
        if turn(&mut socket, &asked).await.is_err() {
            return;
        }
    }
}

async fn turn(socket: &mut WebSocket, asked: &Asked) -> Result<(), axum::Error> {
    let serving = asked.live.serving(&asked.model);
    let Some((credential, name)) = serving.into_iter().next() else {
        let message = format!("unknown provider for model {}", asked.model);
        return fail(socket, 400, &message).await;
    };
    let attempt = asked.attempt(credential);
    let upstream = match asked.send(&attempt, &name).await {
        Ok(upstream) if upstream.status().is_success() => upstream,
        Ok(upstream) => {
            let status = upstream.status().as_u16();
            attempt.record(status, Counts::default());
            return fail(socket, status, "the upstream refused").await;
        }
        Err(reason) => {
            attempt.record(500, Counts::default());
            return fail(socket, 500, &reason).await;
        }
    };
    let mut tapped = Tapped::new(upstream.bytes_stream().boxed(), attempt);
    let mut pending = Vec::new();
    while let Some(Ok(bytes)) = tapped.next().await {
        pending.extend_from_slice(&bytes);
        while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<_> = pending.drain(..=end).collect();
            if let Some(event) = tap::event(&line) {
                socket.send(Message::Text(event.to_string().into())).await?;
            }
        }
    }
    Ok(())
}

async fn fail(socket: &mut WebSocket, status: u16, message: &str) -> Result<(), axum::Error> {
    let event = json!({
        "type": "error", "status": status,
        "error": {"type": "invalid_request_error", "message": message}, "headers": {},
    });
    socket.send(Message::Text(event.to_string().into())).await
}
