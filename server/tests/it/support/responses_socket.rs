//! A Responses WebSocket from both ends: the test is the client, and the engine too.

use std::net::SocketAddr;

use axum::{
    Router,
    extract::ws::{Message as FromEngine, WebSocket, WebSocketUpgrade},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
    routing::get,
};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::mpsc,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Message, client::IntoClientRequest as _, handshake::client::Response as Handshake,
        protocol::CloseFrame,
    },
};
use uuid::Uuid;

use super::{Script, TestApp, soon};

/// The turn state of the engine, which clients send back.
pub(crate) const TURN_STATE: &str = "x-codex-turn-state";

/// So little that a client who does not read is soon felt.
const SMALL_BUFFER: u32 = 64 * 1024;

/// An engine that hands its ends of the sockets to the test.
pub(crate) struct SocketEngine(mpsc::Receiver<EngineEnd>);

/// The engine's end of a socket, and the handshake as it arrived.
pub(crate) struct EngineEnd {
    pub(crate) headers: HeaderMap,
    pub(crate) socket: WebSocket,
}

/// The client's end of a socket, and the answer to its handshake.
pub(crate) struct ClientEnd {
    pub(crate) handshake: Handshake,
    pub(crate) socket: WebSocketStream<TcpStream>,
}

impl SocketEngine {
    pub(crate) fn script() -> (Self, Script) {
        let (accepted, sockets) = mpsc::channel(8);
        let accept = move |headers: HeaderMap, upgrade: WebSocketUpgrade| async move {
            accept(upgrade, headers, accepted)
        };
        (
            Self(sockets),
            Router::new().route("/v1/responses", get(accept)),
        )
    }

    pub(crate) async fn accept(&mut self) -> EngineEnd {
        soon("a socket", self.0.recv()).await.unwrap()
    }
}

fn accept(
    upgrade: WebSocketUpgrade,
    headers: HeaderMap,
    accepted: mpsc::Sender<EngineEnd>,
) -> Response {
    let state = headers.get(TURN_STATE).cloned();
    let upgrade = upgrade.protocols(["realtime", "responses"]);
    let mut response = upgrade
        .on_upgrade(async move |socket| {
            let _ = accepted.send(EngineEnd { headers, socket }).await;
        })
        .into_response();
    if let Some(state) = state {
        response.headers_mut().insert(TURN_STATE, state);
    }
    response
}

impl EngineEnd {
    /// The next message; pings and pongs are not counted.
    pub(crate) async fn next(&mut self) -> Option<FromEngine> {
        loop {
            match soon("a message to the engine", self.socket.recv()).await {
                Some(Ok(FromEngine::Ping(_) | FromEngine::Pong(_))) => {}
                message => return message.and_then(Result::ok),
            }
        }
    }

    /// The next message, which is JSON.
    pub(crate) async fn next_json(&mut self) -> Value {
        let message = self.next().await.unwrap();
        serde_json::from_str(message.to_text().unwrap()).unwrap()
    }

    pub(crate) async fn send(&mut self, event: &Value) {
        let message = FromEngine::text(event.to_string());
        soon("sending", self.socket.send(message)).await.unwrap();
    }
}

impl ClientEnd {
    /// Connects with a key.
    pub(crate) async fn connect(app: &TestApp, key: &str) -> Self {
        Self::connect_with(app.address, key, &[]).await
    }

    /// Connects with a key and further headers.
    pub(crate) async fn connect_with(
        address: SocketAddr,
        key: &str,
        headers: &[(&'static str, &str)],
    ) -> Self {
        let mut request = format!("ws://{address}/v1/responses")
            .into_client_request()
            .unwrap();
        let bearer = format!("Bearer {key}");
        for (name, value) in headers.iter().chain(&[("authorization", bearer.as_str())]) {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let connection = TcpSocket::new_v4().unwrap();
        connection.set_recv_buffer_size(SMALL_BUFFER).unwrap();
        let connection = connection.connect(address).await.unwrap();
        let (socket, handshake) =
            soon("the handshake", Box::pin(client_async(request, connection)))
                .await
                .unwrap();
        Self { handshake, socket }
    }

    /// Connects with a key, if the server lets it.
    pub(crate) async fn try_connect(app: &TestApp, key: &str) -> Option<Self> {
        let mut request = format!("ws://{}/v1/responses", app.address)
            .into_client_request()
            .unwrap();
        let bearer = format!("Bearer {key}").parse().unwrap();
        request.headers_mut().insert("authorization", bearer);
        let connection = TcpStream::connect(app.address).await.unwrap();
        let shaken = soon("the handshake", Box::pin(client_async(request, connection))).await;
        let (socket, handshake) = shaken.ok()?;
        Some(Self { handshake, socket })
    }

    /// The id that the server gave the socket.
    pub(crate) fn request_id(&self) -> Uuid {
        let id = &self.handshake.headers()["x-request-id"];
        id.to_str().unwrap().parse().unwrap()
    }

    /// The next message, or nothing when the connection ended.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        soon("a message to the client", self.socket.next())
            .await
            .and_then(Result::ok)
    }

    /// The next message, which is JSON.
    pub(crate) async fn next_json(&mut self) -> Value {
        let message = self.next().await.unwrap();
        serde_json::from_str(message.to_text().unwrap()).unwrap()
    }

    /// Reads until the server closes; returns the close frame.
    pub(crate) async fn closed(&mut self) -> CloseFrame {
        loop {
            match self.next().await {
                Some(Message::Close(frame)) => return frame.unwrap(),
                Some(_) => {}
                None => panic!("the connection ended without a word"),
            }
        }
    }

    pub(crate) async fn send(&mut self, message: Message) {
        soon("sending", self.socket.send(message)).await.unwrap();
    }

    /// Asks for a turn; without a model when it is empty.
    pub(crate) async fn ask(&mut self, model: &str) {
        let mut message = json!({"type": "response.create", "input": []});
        if !model.is_empty() {
            message["model"] = json!(model);
        }
        self.send(Message::text(message.to_string())).await;
    }
}
