//! Clients that mean harm, or are broken: each attack meets its bound, and another user is served meanwhile.

mod bodies;
mod connections;
mod decompression;
mod graphql;
mod sockets;

use std::time::Duration;

use axum::{Json, Router, body::Bytes, routing::post};
use entity::RateLimit;
use proxypal_server::{
    deadlines::{Deadlines, ProgressRule},
    domain::users::{NewUser, quotas::LimitHolder},
    http_server::ConnectionLimits,
};
use serde_json::json;
use tokio::{io::AsyncWriteExt as _, net::TcpStream};
use uuid::Uuid;

use crate::support::test_context;
use crate::{
    gateway::raw::Raw,
    support::{Options, Script, TestApp, scripted, soon},
};

const CHAT: &str = "/v1/chat/completions";

/// So short that a test sees them end, and so long that a well-behaved client on a busy machine does not.
fn short() -> Deadlines {
    Deadlines {
        head: Duration::from_secs(2),
        progress: ProgressRule {
            idle: Duration::from_secs(2),
            allowance: Duration::from_secs(3),
            bytes_per_second: 1024 * 1024,
        },
        write_stall: Duration::from_secs(2),
        socket_idle: Duration::from_secs(2),
    }
}

/// A server with an attacker and another user.
struct Field {
    app: TestApp,
    attacker: String,
    other: String,
}

impl Field {
    async fn new() -> Self {
        Self::before(answering()).await
    }

    async fn before(script: Script) -> Self {
        Self::with(script, |_| {}).await
    }

    async fn with(script: Script, change: impl FnOnce(&mut ConnectionLimits)) -> Self {
        let mut limits = ConnectionLimits {
            exempt: vec!["127.0.0.0/8".parse().unwrap()],
            deadlines: short(),
            ..ConnectionLimits::default()
        };
        change(&mut limits);
        let options = Options {
            limits: Some(limits),
            ..Options::default()
        };
        let app = Box::pin(TestApp::before(scripted(script).await, options)).await;
        Self {
            attacker: app.issue_key().await,
            other: app.issue_key().await,
            app,
        }
    }

    /// Another user is served, on a connection of their own.
    async fn others_are_served(&self) {
        let mut raw = Raw::connect(self.app.address).await;
        raw.send(whole_request(&self.other)).await;
        let answer = raw.read_until("\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }

    /// Limits the attacker.
    async fn limit(&self, limit: RateLimit) {
        let holder = LimitHolder::User(self.app.caller(&self.attacker).user_id);
        let set = self
            .app
            .services
            .quotas
            .set_rate_limit(test_context(), holder, None, limit);
        set.await.unwrap();
    }

    async fn connect(&self, bytes: impl AsRef<[u8]>) -> Raw {
        let mut raw = Raw::connect(self.app.address).await;
        raw.send(bytes).await;
        raw
    }

    async fn another_key(&self) -> String {
        let name = format!("user {}", Uuid::now_v7());
        let user = NewUser {
            name,
            ..NewUser::default()
        };
        self.app.issue_key_for(user).await
    }
}

/// An engine that answers when it has read the request.
fn answering() -> Script {
    let answer =
        async |_: Bytes| Json(json!({"usage": {"prompt_tokens": 1, "completion_tokens": 1}}));
    Router::new().fallback(post(answer))
}

/// The head of a request whose body is so long.
fn head(path: &str, key: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n"
    )
}

/// The same, from a client who waits until the server wants the body.
fn patient_head(key: &str, length: usize) -> String {
    let head = head(CHAT, key, length);
    let head = head.trim_end();
    format!("{head}\r\nexpect: 100-continue\r\n\r\n")
}

fn whole_request(key: &str) -> String {
    let body = r#"{"model":"m"}"#;
    format!("{}{body}", head(CHAT, key, body.len()))
}

/// Sends a byte now and then for as long as the other side takes it, and returns what was answered.
async fn trickle(mut raw: Raw, byte: u8) -> String {
    let mut seen = Vec::new();
    let mut pace = tokio::time::interval(Duration::from_millis(100));
    let sending = async {
        let (mut reading, mut writing) = raw.0.split();
        let read = tokio::io::AsyncReadExt::read_to_end(&mut reading, &mut seen);
        let write = async {
            loop {
                pace.tick().await;
                if writing.write_all(&[byte]).await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            _ = read => {}
            () = write => {}
        }
    };
    soon("the server to disconnect", sending).await;
    String::from_utf8_lossy(&seen).into_owned()
}

/// A connection whose client has little room for what it does not read.
async fn small_connection(app: &TestApp) -> Raw {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let stream: TcpStream = socket.connect(app.address).await.unwrap();
    Raw(stream)
}
