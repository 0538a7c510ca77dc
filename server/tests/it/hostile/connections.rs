//! Connections that are opened and held, and answers that are not read.

use axum::{
    Router,
    body::{Body, Bytes},
    http::Response,
    routing::post,
};
use entity::request::Outcome;
use futures_util::{StreamExt as _, stream};

use super::{CHAT, Field, answering, head, small_connection, trickle, whole_request};
use crate::{
    gateway::raw::Raw,
    support::{Script, soon},
};

/// An engine whose answers do not end and are faster than any reader.
fn endless() -> Script {
    let answer = async || {
        let piece = Bytes::from(vec![b'x'; 64 * 1024]);
        let pieces = stream::repeat_with(move || Ok::<_, std::io::Error>(piece.clone()));
        Response::new(Body::from_stream(pieces.take(100_000)))
    };
    Router::new().fallback(post(answer))
}

#[tokio::test]
async fn connections_that_do_not_send_a_head_in_time_are_closed() {
    let field = Field::new().await;
    for begun in ["", "GET /v1/models HTTP/1.1\r\nhost: h\r\nx-slow:"] {
        let mut raw = field.connect(begun).await;
        field.others_are_served().await;
        raw.read_to_end().await;

        let raw = field.connect(begun).await;
        trickle(raw, b'a').await;
    }
}

#[tokio::test]
async fn a_connection_that_is_idle_after_a_request_is_closed() {
    let field = Field::new().await;
    let mut raw = field.connect(whole_request(&field.attacker)).await;
    raw.read_until("completion_tokens").await;

    raw.read_to_end().await;
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let field = Field::new().await;
    let long = "a".repeat(70 * 1024);

    let mut raw = field
        .connect(format!(
            "GET /v1/models HTTP/1.1\r\nhost: h\r\nx-long: {long}\r\n\r\n"
        ))
        .await;

    let answer = raw.read_until("\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    field.others_are_served().await;
}

#[tokio::test]
async fn a_client_that_never_reads_its_answer_is_disconnected_and_recorded() {
    let field = Field::before(endless()).await;
    let mut records = field.app.records().await;
    let mut raw = small_connection(&field.app).await;
    raw.send(whole_request(&field.attacker)).await;

    let record = records.next().await;

    assert_eq!(record.outcome, Outcome::ClientGone);
    // The connection is gone, though what was on its way can still be read.
    raw.read_to_end().await;
}

#[tokio::test]
async fn an_address_with_too_many_connections_is_refused_and_others_are_served() {
    let field = Field::with(answering(), |limits| {
        limits.exempt = vec!["127.0.0.1/32".parse().unwrap()];
        limits.per_address = Some(3);
    })
    .await;
    let connect = async || {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        Raw(socket.connect(field.app.address).await.unwrap())
    };
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut raw = connect().await;
        raw.send(
            head(CHAT, &field.attacker, 100)
                .replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n"),
        )
        .await;
        raw.read_until("100 Continue").await;
        held.push(raw);
    }

    let refused = connect().await.read_to_end().await;
    let refused = String::from_utf8_lossy(&refused).into_owned();

    assert!(refused.starts_with("HTTP/1.1 429 "), "{refused}");
    field.others_are_served().await;
    // Its idle connection is closed for the new one.
    drop(held);
    let mut idle = Vec::new();
    for _ in 0..6 {
        let mut raw = connect().await;
        raw.send("").await;
        idle.push(raw);
    }
    let mut raw = connect().await;
    raw.send(whole_request(&field.attacker)).await;
    raw.read_until("HTTP/1.1 200 ").await;
}

#[tokio::test]
async fn idle_connections_are_closed_when_there_are_too_many() {
    let field = Field::with(answering(), |limits| {
        limits.connections = 8;
        // Longer than the test: only the limit closes connections.
        limits.deadlines.head = std::time::Duration::from_mins(1);
    })
    .await;
    let mut idle = Vec::new();
    for _ in 0..40 {
        idle.push(field.connect("GET /v1/models HTTP/1.1\r\n").await);
    }

    field.others_are_served().await;
}

#[tokio::test]
async fn a_stop_does_not_wait_for_idle_connections() {
    let field = Field::before(endless()).await;
    let waits = field.connect("").await;
    let slow_head = field.connect("GET /v1/models HTTP/1.1\r\n").await;
    let slow_body = field.connect(head("/graphql", "", 100)).await;
    let mut unread = small_connection(&field.app).await;
    unread.send(whole_request(&field.attacker)).await;
    unread.read_until("HTTP/1.1 200 ").await;
    field.others_are_served().await;

    let stopped = field.app.stop();

    soon("the stop", stopped).await;
    drop((waits, slow_head, slow_body, unread));
}
