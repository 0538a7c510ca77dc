//! WebSockets that are opened and held, messages that are never finished, and turns that are not read.

use std::time::Duration;

use entity::{RateLimit, request::Outcome};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::Field;
use crate::support::{ClientEnd, EngineEnd, SocketEngine, soon};

/// A server, its engine, and one socket of the attacker.
struct Attack {
    field: Field,
    sockets: SocketEngine,
    client: ClientEnd,
    engine: EngineEnd,
}

impl Attack {
    async fn begin(
        change: impl FnOnce(&mut proxypal_server::http_server::ConnectionLimits),
    ) -> Self {
        let (mut sockets, script) = SocketEngine::script();
        let script = script.merge(super::answering());
        let field = Field::with(script, change).await;
        let client = ClientEnd::connect(&field.app, &field.attacker).await;
        let engine = sockets.accept().await;
        Self {
            field,
            sockets,
            client,
            engine,
        }
    }

    /// The beginning of a masked text frame of this length.
    async fn begin_frame(&mut self, length: u64) {
        let mut head = vec![0x81, 0xff];
        head.extend(length.to_be_bytes());
        head.extend([0; 4]);
        self.send(&head).await;
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.client.socket.get_mut().write_all(bytes).await.unwrap();
    }
}

#[tokio::test]
async fn an_unfinished_message_closes_its_socket() {
    let mut attack = Attack::begin(|limits| {
        limits.deadlines.socket_idle = Duration::from_mins(1);
    })
    .await;
    attack.begin_frame(1_000_000).await;
    attack.send(&[b'x'; 1000]).await;
    // In the middle of a frame there are no pings, but a message may have many frames.
    attack.field.others_are_served().await;

    let frame = attack.client.closed().await;

    assert_eq!(frame.code, CloseCode::Policy);
    assert_eq!(frame.reason, "a message arrived too slowly");
}

#[tokio::test]
async fn unfinished_messages_take_at_most_the_memory_of_their_user() {
    let mut attack = Attack::begin(|limits| {
        limits.held_bytes = 1024 * 1024;
        limits.deadlines.progress.idle = Duration::from_mins(1);
        limits.deadlines.progress.allowance = Duration::from_mins(1);
        limits.deadlines.socket_idle = Duration::from_mins(1);
    })
    .await;
    attack.begin_frame(10_000_000).await;
    let flood = vec![b'x'; 2 * 1024 * 1024];
    let (mut reading, mut writing) = attack.client.socket.get_mut().split();
    let mut seen = Vec::new();
    let flooding = async {
        let read = reading.read_to_end(&mut seen);
        let write = async {
            let _ = writing.write_all(&flood).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            _ = read => {}
            () = write => {}
        }
    };

    soon("the end of the socket", flooding).await;

    // The server's close frame has the reason, unless the reset that follows discards it.
    let said = String::from_utf8_lossy(&seen);
    assert!(
        seen.is_empty() || said.contains("too much of unfinished messages"),
        "{said}"
    );
    attack.field.others_are_served().await;
}

#[tokio::test]
async fn an_idle_socket_is_closed() {
    let mut attack = Attack::begin(|_| {}).await;

    let frame = attack.client.closed().await;

    assert_eq!(frame.code, CloseCode::Away);
    assert_eq!(frame.reason, "the socket was idle for too long");
    attack.field.others_are_served().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_its_socket_is_disconnected() {
    let mut attack = Attack::begin(|limits| {
        limits.deadlines.socket_idle = Duration::from_mins(1);
    })
    .await;
    let mut records = attack.field.app.records().await;
    attack.client.ask("m").await;
    attack.engine.next_json().await;
    let delta = json!({"type": "response.output_text.delta", "delta": "x".repeat(1024 * 1024)});

    // More than all buffers hold, for as long as the server takes it.
    let flooding = async {
        for _ in 0..64 {
            let message = axum::extract::ws::Message::text(delta.to_string());
            if attack.engine.socket.send(message).await.is_err() {
                return;
            }
        }
        panic!("all of it was read");
    };
    let ended = tokio::select! {
        record = records.next() => Some(record),
        () = flooding => None,
    };
    let record = match ended {
        Some(record) => record,
        None => records.next().await,
    };

    assert_eq!(record.outcome, Outcome::ClientGone);
    attack.field.others_are_served().await;
}

#[tokio::test]
async fn an_abandoned_turn_does_not_hold_a_slot() {
    let mut attack = Attack::begin(|limits| {
        limits.deadlines.socket_idle = Duration::from_mins(1);
    })
    .await;
    let one = RateLimit {
        concurrent_requests: Some(1),
        ..RateLimit::default()
    };
    attack.field.limit(one).await;
    attack.client.ask("m").await;
    attack.engine.next_json().await;
    drop(attack.client);

    // The engine still works on the first turn.
    let mut next = crate::support::eventually("a place", async || {
        let mut client = ClientEnd::try_connect(&attack.field.app, &attack.field.attacker).await?;
        client.ask("m").await;
        Some(client)
    })
    .await;
    let mut engine = attack.sockets.accept().await;

    assert_eq!(engine.next_json().await["model"], "m");
    engine
        .send(
            &json!({"type": "response.completed", "response": {"usage": {
        "input_tokens": 1, "output_tokens": 1}}}),
        )
        .await;
    assert_eq!(next.next_json().await["type"], "response.completed");
    drop(attack.engine);
}

#[tokio::test]
async fn the_limit_of_sockets_is_per_user() {
    let (mut sockets, script) = SocketEngine::script();
    let field = Field::with(script, |limits| {
        limits.deadlines.socket_idle = Duration::from_mins(1);
    })
    .await;
    let default = field
        .app
        .services
        .settings
        .current()
        .gateway
        .default_rate_limit;
    let most = default.concurrent_sockets.unwrap();
    let mut open = Vec::new();
    for _ in 0..most {
        let client = ClientEnd::connect(&field.app, &field.attacker).await;
        open.push((client, sockets.accept().await));
    }

    assert!(
        ClientEnd::try_connect(&field.app, &field.attacker)
            .await
            .is_none()
    );
    let _other = ClientEnd::connect(&field.app, &field.other).await;
}
