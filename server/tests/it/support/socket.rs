//! A socket that speaks `graphql-transport-ws`, as graphql-ws does.

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest as _, http::StatusCode},
};

use super::{Caller, soon};

/// An open socket.
pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// Opens a socket, or returns the status of the refusal.
    pub(crate) async fn open(caller: &Caller) -> Result<Self, StatusCode> {
        let url = format!("ws://{}/graphql", caller.address);
        let mut request = url.into_client_request().unwrap();
        for (name, value) in &caller.headers {
            request.headers_mut().insert(name, value.clone());
        }
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        let stream = TcpStream::connect(caller.address).await.unwrap();
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(tungstenite::Error::Http(answer)) => Err(answer.status()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Opens a socket and authenticates. Returns it once that is acknowledged.
    pub(crate) async fn greet(caller: &Caller, payload: Value) -> Self {
        let mut socket = Self::open(caller).await.unwrap();
        socket
            .send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(socket.next().await.unwrap()["type"], "connection_ack");
        socket
    }

    /// Sends a message.
    pub(crate) async fn send(&mut self, message: Value) {
        self.try_send(message).await.unwrap();
    }

    /// Sends a message, unless the socket is closed.
    pub(crate) async fn try_send(&mut self, message: Value) -> tungstenite::Result<()> {
        self.0.send(Message::text(message.to_string())).await
    }

    /// Starts an operation.
    pub(crate) async fn start(&mut self, id: &str, query: &str) {
        let payload = json!({ "query": query });
        self.send(json!({ "id": id, "type": "subscribe", "payload": payload }))
            .await;
    }

    /// The next message, or the code with which the socket was closed.
    pub(crate) async fn next(&mut self) -> Result<Value, u16> {
        loop {
            let message = soon("a message", self.0.next()).await;
            match message {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => {
                    return Err(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }

    /// The result of an operation.
    pub(crate) async fn result(&mut self, id: &str) -> Value {
        let message = self.next().await.unwrap();
        assert_eq!(
            (&message["type"], &message["id"]),
            (&json!("next"), &json!(id))
        );
        message["payload"].clone()
    }
}
