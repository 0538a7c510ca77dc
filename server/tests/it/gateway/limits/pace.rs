//! Rate limits and concurrency limits.

use std::time::Instant;

use axum::{Router, body::Body, http::Response, routing::post};
use entity::RateLimit;
use futures_util::stream;
use proxypal_server::domain::settings::AbortPolicy;
use serde_json::json;

use super::{CHAT, User, passed, refused, small};
use crate::support::test_context;
use crate::{
    gateway::raw::Raw,
    support::{ClientEnd, SocketEngine, TestApp, eventually},
};

fn too_fast() -> (u16, String) {
    refused("proxypal_rate_limited")
}

fn header(answer: &reqwest::Response, name: &str) -> i64 {
    let value = &answer.headers()[name];
    value.to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn requests_per_minute_are_counted_down_and_then_refused() {
    let user = User::new().await;
    user.limit_rate(RateLimit {
        requests_per_minute: Some(3),
        ..RateLimit::default()
    })
    .await;
    let now = || user.app.services.clock.now().timestamp();

    for remaining in [2, 1, 0] {
        let answer = user.ask(small()).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(header(&answer, "x-ratelimit-limit"), 3);
        assert_eq!(header(&answer, "x-ratelimit-remaining"), remaining);
        let whole_in = header(&answer, "x-ratelimit-reset") - now();
        let expected = (3 - remaining) * 20;
        assert!((expected - 15..=expected + 1).contains(&whole_in));
    }
    let answer = user.ask(small()).await;

    assert_eq!(answer.status(), 429);
    assert_eq!(
        answer.headers()["x-proxypal-error"],
        "proxypal_rate_limited"
    );
    assert_eq!(header(&answer, "x-ratelimit-limit"), 3);
    assert_eq!(header(&answer, "x-ratelimit-remaining"), 0);
    assert!((1..=20).contains(&header(&answer, "retry-after")));
    let message = answer.text().await.unwrap();
    assert!(
        message.contains("3 requests a minute for this user"),
        "{message}"
    );
}

#[tokio::test]
async fn a_rate_limited_client_with_a_large_body_receives_the_error() {
    let user = User::new().await;
    user.limit_rate(RateLimit {
        requests_per_minute: Some(1),
        ..RateLimit::default()
    })
    .await;
    assert_eq!(user.outcome(small()).await, passed());

    for _ in 0..5 {
        let large = json!({ "model": "m", "messages": ["x".repeat(2 * 1024 * 1024)] });
        assert_eq!(user.outcome(large).await, too_fast());
    }
}

#[tokio::test]
async fn a_user_without_a_rate_limit_has_sixty_requests_per_minute() {
    let app = Box::pin(TestApp::with_engine(super::engine())).await;
    let user = User::of(app).await;
    let began = Instant::now();

    let mut passes = 0;
    let refusal = loop {
        let answer = user.ask(small()).await;
        if answer.status() == 429 {
            break answer;
        }
        passes += 1;
        let back = i64::try_from(began.elapsed().as_secs()).unwrap();
        let remaining = header(&answer, "x-ratelimit-remaining");
        assert!((60 - passes..=60 - passes + back).contains(&remaining));
    };

    // One more for each second that it took.
    let elapsed = i64::try_from(began.elapsed().as_secs()).unwrap();
    assert!((60..=60 + elapsed).contains(&passes), "{passes}");
    assert_eq!(header(&refusal, "retry-after"), 1);
}

#[tokio::test]
async fn the_limits_of_a_key_and_of_its_user_both_apply() {
    let user = User::new().await;
    let (id, second) = user.another_key().await;
    let limit = RateLimit {
        requests_per_minute: Some(1),
        ..RateLimit::default()
    };
    let holder = proxypal_server::domain::users::quotas::LimitHolder::ApiKey(id);
    let set = user
        .app
        .services
        .quotas
        .set_rate_limit(test_context(), holder, None, limit);
    set.await.unwrap();

    assert_eq!(user.send(CHAT, &second, small()).await.status(), 200);
    assert_eq!(user.send(CHAT, &second, small()).await.status(), 429);
    assert_eq!(user.outcome(small()).await, passed());

    let default = RateLimit::default();
    let set = user
        .app
        .services
        .quotas
        .set_rate_limit(test_context(), holder, None, default);
    set.await.unwrap();
    assert_eq!(user.send(CHAT, &second, small()).await.status(), 200);
}

#[tokio::test]
async fn tokens_per_minute_are_settled_with_actual_usage() {
    let mut user = User::new().await;
    user.limit_rate(RateLimit {
        tokens_per_minute: Some(10_000),
        ..RateLimit::default()
    })
    .await;

    // Each reserves more than four thousand, and uses two.
    for _ in 0..5 {
        user.spend("m", [1, 1]).await;
    }
    user.spend("m", [12_000, 0]).await;

    assert_eq!(user.outcome(small()).await, too_fast());
}

/// An engine whose answers never end.
fn endless() -> Router {
    let answer = async || {
        let beginning = stream::iter([Ok::<_, std::io::Error>("data: {}\n\n")]);
        let rest = futures_util::StreamExt::chain(beginning, stream::pending());
        Response::builder()
            .header("content-type", "text/event-stream")
            .body(Body::from_stream(rest))
            .unwrap()
    };
    Router::new().fallback(post(answer))
}

#[tokio::test]
async fn concurrent_requests_are_bounded_and_an_abandoned_one_frees_its_slot() {
    let user = User::before(endless()).await;
    let settings = &user.app.services.settings;
    let version = settings.current().version;
    let update = settings.update(test_context(), version, |gateway| {
        gateway.abort_policy = AbortPolicy::Cancel;
    });
    update.await.unwrap();
    user.limit_rate(RateLimit {
        concurrent_requests: Some(1),
        ..RateLimit::default()
    })
    .await;
    let body = json!({ "model": "m" }).to_string();
    let mut first = Raw::connect(user.app.address).await;
    first
        .send(format!(
            "POST {CHAT} HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
            user.key,
            body.len()
        ))
        .await;
    first.read_until("data: ").await;

    let (status, _) = user.outcome(small()).await;
    drop(first);

    assert_eq!(status, 429);
    eventually("a free place", async || {
        let answer = user.ask(small()).await;
        (answer.status() == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_drained_answer_does_not_hold_a_slot_of_its_client() {
    let user = User::before(endless()).await;
    user.limit_rate(RateLimit {
        concurrent_requests: Some(1),
        ..RateLimit::default()
    })
    .await;
    for begun in ["data: ", ""] {
        // The client leaves in the middle of the answer, or before its head arrives.
        let mut raw = Raw::connect(user.app.address).await;
        let body = json!({ "model": "m" }).to_string();
        let head = format!(
            "POST {CHAT} HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {}",
            user.key
        );
        raw.send(format!(
            "{head}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await;
        raw.read_until(begun).await;
        drop(raw);

        eventually("a free place", async || {
            let answer = user.ask(small()).await;
            (answer.status() == 200).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn concurrent_sockets_are_bounded_and_a_closed_one_frees_its_slot() {
    let (mut sockets, script) = SocketEngine::script();
    let user = User::before(script).await;
    user.limit_rate(RateLimit {
        concurrent_sockets: Some(1),
        ..RateLimit::default()
    })
    .await;
    let first = ClientEnd::connect(&user.app, &user.key).await;
    let _first = sockets.accept().await;
    let shake_hands = async || {
        let mut raw = Raw::connect(user.app.address).await;
        raw.send(format!(
            "GET /v1/responses HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {}\r\nconnection: Upgrade\r\n\
             upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            user.key
        ))
        .await;
        raw.read_until("\r\n\r\n").await
    };

    let refusal = shake_hands().await;
    assert!(refusal.starts_with("HTTP/1.1 429 "), "{refusal}");
    drop(first);

    eventually("a free place", async || {
        let answer = shake_hands().await;
        answer.starts_with("HTTP/1.1 101 ").then_some(())
    })
    .await;
}
