//! Requests that wait for a limit instead of being refused.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::Response,
    routing::post,
};
use entity::{RateLimit, request::Outcome};
use proxypal_server::domain::ledger::Ledger;
use serde_json::json;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::{CHAT, User, passed, small};
use crate::{
    gateway::raw::Raw,
    support::{ClientEnd, SocketEngine, eventually, soon},
};

const ANSWER: &str = r#"{"usage":{"prompt_tokens":1,"completion_tokens":1}}"#;

/// The requests that an engine has received: their bodies, each with the channel that lets it answer.
struct Received(mpsc::UnboundedReceiver<(Bytes, oneshot::Sender<()>)>);

impl Received {
    async fn next(&mut self) -> (Bytes, oneshot::Sender<()>) {
        let received = soon("a request at the engine", self.0.recv()).await;
        received.unwrap()
    }

    /// The `n` of the next request, which is answered.
    async fn answer_next(&mut self) -> u64 {
        let (body, answer) = self.next().await;
        answer.send(()).unwrap();
        number(&body)
    }
}

fn number(body: &[u8]) -> u64 {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    body["n"].as_u64().unwrap()
}

/// An engine that answers when the test lets it.
fn engine() -> (Received, Router) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let sender = Arc::new(Mutex::new(sender));
    let answer = move |body: Bytes| {
        let sender = Arc::clone(&sender);
        async move {
            let (answer, answered) = oneshot::channel();
            sender.lock().await.send((body, answer)).unwrap();
            let _ = answered.await;
            Response::builder()
                .header("content-type", "application/json")
                .body(Body::from(ANSWER))
                .unwrap()
        }
    };
    (Received(receiver), Router::new().fallback(post(answer)))
}

fn one_at_a_time() -> RateLimit {
    RateLimit {
        concurrent_requests: Some(1),
        max_wait_seconds: Some(60),
        ..RateLimit::default()
    }
}

async fn user(limit: RateLimit) -> (Received, User) {
    let (received, engine) = engine();
    let user = User::before(engine).await;
    user.limit_rate(limit).await;
    (received, user)
}

impl User {
    /// Sends a request on a connection of its own.
    async fn begin(&self, n: u64) -> Raw {
        let mut raw = Raw::connect(self.app.address).await;
        let body = json!({ "model": "m", "n": n }).to_string();
        raw.send(format!(
            "POST {CHAT} HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        ))
        .await;
        raw
    }

    async fn waiting(&self, requests: usize) {
        let ledger = &self.app.services.ledger;
        eventually(&format!("{requests} waiting requests"), async || {
            (ledger.waiting().total == requests).then_some(())
        })
        .await;
    }

    /// Begins requests that wait, in this order.
    async fn begin_waiting(&self, numbers: std::ops::RangeInclusive<u64>) -> Vec<Raw> {
        let before = self.app.services.ledger.waiting().total;
        let mut waiting = Vec::new();
        for (place, n) in numbers.enumerate() {
            waiting.push(self.begin(n).await);
            self.waiting(before + place + 1).await;
        }
        waiting
    }
}

#[tokio::test]
async fn requests_beyond_the_concurrency_limit_wait_in_the_order_of_arrival() {
    let (mut received, user) = user(one_at_a_time()).await;
    let mut first = user.begin(1).await;
    let (_, answer) = received.next().await;
    let mut others = user.begin_waiting(2..=4).await;

    answer.send(()).unwrap();

    for n in 2..=4 {
        assert_eq!(received.answer_next().await, n);
    }
    let head = first.read_until("completion_tokens").await;
    assert!(!head.contains("x-proxypal-waited-ms"), "{head}");
    for raw in &mut others {
        let head = raw.read_until("completion_tokens").await;
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        assert!(head.contains("x-proxypal-waited-ms: "), "{head}");
    }
    let mut records = user.records.lock().await;
    let mut waited = Vec::new();
    for _ in 1..=4 {
        waited.push(soon("a record", records.next()).await.waited_ms.is_some());
    }
    waited.sort_unstable();
    assert_eq!(waited, [false, true, true, true]);
}

#[tokio::test]
async fn more_requests_than_may_wait_are_refused() {
    let (mut received, user) = user(one_at_a_time()).await;
    let _first = user.begin(1).await;
    let _answer = received.next().await;
    // Twice the concurrent requests, and at least four.
    let _waiting = user.begin_waiting(2..=5).await;

    assert_eq!(user.ask(small()).await.status(), 429);
}

#[tokio::test]
async fn a_client_that_leaves_gives_up_its_place_and_is_recorded() {
    let (mut received, user) = user(one_at_a_time()).await;
    let _first = user.begin(1).await;
    let (_, answer) = received.next().await;
    let mut waiting = user.begin_waiting(2..=3).await;

    drop(waiting.remove(0));

    user.waiting(1).await;
    let record = soon("the record", async {
        user.records.lock().await.next().await
    })
    .await;
    assert_eq!(record.outcome, Outcome::ClientGone);
    assert!(record.waited_ms.is_some() && record.http_status.is_none());
    answer.send(()).unwrap();
    assert_eq!(received.answer_next().await, 3);
}

#[tokio::test]
async fn a_long_body_stays_with_its_client_and_arrives_unchanged() {
    let (mut received, user) = user(one_at_a_time()).await;
    let _first = user.begin(1).await;
    let (_, answer) = received.next().await;
    let body = json!({ "model": "m", "n": 2, "messages": "x".repeat(1_500_000) }).to_string();
    let sent = Bytes::from(body);
    let request = user
        .app
        .http
        .post(user.app.url(CHAT))
        .bearer_auth(&user.key);
    let asking = request.body(sent.clone()).send();
    let others = async {
        user.waiting(1).await;
        answer.send(()).unwrap();
        let (body, answer) = received.next().await;
        answer.send(()).unwrap();
        body
    };

    let (answered, body) = tokio::join!(asking, others);

    assert_eq!(answered.unwrap().status(), 200);
    assert!(body == sent, "{} bytes", body.len());
}

#[tokio::test]
async fn requests_wait_for_tokens_per_minute() {
    let limit = RateLimit {
        tokens_per_minute: Some(60_000),
        max_wait_seconds: Some(60),
        ..RateLimit::default()
    };
    let user = User::new().await;
    user.limit_rate(limit).await;
    // A thousand tokens a second come back, so this leaves a deficit of 0.3 s.
    let much = json!({ "model": "m", "use": [60_300, 0], "max_tokens": 1 });
    assert_eq!(user.outcome(much).await, passed());

    let began = Instant::now();
    let answer = user.ask(small()).await;

    assert_eq!(answer.status(), 200);
    let waited = &answer.headers()["x-proxypal-waited-ms"];
    let waited: u64 = waited.to_str().unwrap().parse().unwrap();
    assert!(u128::from(waited) <= began.elapsed().as_millis());
    assert!(waited >= 50, "{waited} ms");
}

#[tokio::test]
async fn a_request_that_would_wait_too_long_is_refused_immediately() {
    let user = User::new().await;
    let limit = |most, wait| RateLimit {
        requests_per_minute: Some(most),
        max_wait_seconds: Some(wait),
        ..RateLimit::default()
    };
    user.limit_rate(limit(1, 30)).await;
    assert_eq!(user.outcome(small()).await, passed());

    // The next is due in a minute.
    let began = Instant::now();
    let answer = user.ask(small()).await;

    assert_eq!(answer.status(), 429);
    assert!(answer.headers().contains_key("retry-after"));
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn requests_wait_for_requests_per_minute() {
    let user = User::new().await;
    user.limit_rate(RateLimit {
        requests_per_minute: Some(60),
        max_wait_seconds: Some(30),
        ..RateLimit::default()
    })
    .await;
    let limits = user.app.services.ledger.user_limits(user.id);
    let caller = user.app.caller(&user.key);
    for _ in 0..60 {
        let start = Ledger::start(&limits, caller.api_key_id, RateLimit::default());
        drop(start.slot);
    }

    let answer = user.ask(small()).await;

    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains_key("x-proxypal-waited-ms"));
    assert_eq!(answer.headers()["x-ratelimit-remaining"], "0");
}

#[tokio::test]
async fn a_request_is_refused_when_its_wait_is_over() {
    let limit = RateLimit {
        max_wait_seconds: Some(1),
        ..one_at_a_time()
    };
    let (mut received, user) = user(limit).await;
    let _first = user.begin(1).await;
    let _answer = received.next().await;

    let answer = user.ask(small()).await;

    assert_eq!(answer.status(), 429);
    assert_eq!(
        answer.headers()["x-proxypal-error"],
        "proxypal_rate_limited"
    );
    let record = soon("the record", async {
        user.records.lock().await.next().await
    })
    .await;
    assert_eq!(record.outcome, Outcome::Rejected);
    assert!(record.waited_ms.unwrap() >= 1000, "{record:?}");
}

#[tokio::test]
async fn disabling_the_user_ends_waiting_requests() {
    let (mut received, user) = user(one_at_a_time()).await;
    let _first = user.begin(1).await;
    let _answer = received.next().await;
    let mut waiting = user.begin_waiting(2..=4).await;

    user.app.disable_user_of(&user.key).await;

    for raw in &mut waiting {
        let answer = raw.read_until("proxypal_user_disabled").await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
    user.waiting(0).await;
}

#[tokio::test]
async fn raised_limits_admit_waiting_requests() {
    let (mut received, user) = user(one_at_a_time()).await;
    let _first = user.begin(1).await;
    let _answer = received.next().await;
    let _waiting = user.begin_waiting(2..=3).await;

    user.limit_rate(RateLimit::default()).await;

    assert_eq!(received.answer_next().await, 2);
    assert_eq!(received.answer_next().await, 3);
}

#[tokio::test]
async fn a_stopping_server_answers_waiting_requests_immediately() {
    let (mut received, user) = user(one_at_a_time()).await;
    let _first = user.begin(1).await;
    let (_, answer) = received.next().await;
    let mut waiting = user.begin_waiting(2..=4).await;

    let began = Instant::now();
    user.app.ask_to_stop();

    for raw in &mut waiting {
        let answer = raw.read_until("proxypal_overloaded").await;
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        assert!(answer.contains("retry-after: 1"), "{answer}");
    }
    assert!(began.elapsed() < Duration::from_secs(1));
    answer.send(()).unwrap();
}

#[tokio::test]
async fn turns_of_sockets_wait_and_a_client_that_leaves_gives_up_its_place() {
    let (mut sockets, script) = SocketEngine::script();
    let user = User::before(script).await;
    let mut ends = Vec::new();
    for _ in 0..3 {
        let client = ClientEnd::connect(&user.app, &user.key).await;
        ends.push((client, sockets.accept().await));
    }
    user.limit_rate(one_at_a_time()).await;
    let (first, engine) = &mut ends[0];
    first.ask("m").await;
    engine.next_json().await;
    for (waiting, (client, _)) in ends[1..].iter_mut().enumerate() {
        client.ask("m").await;
        user.waiting(waiting + 1).await;
    }

    drop(ends.remove(1));

    user.waiting(1).await;
    let record = soon("the record", async {
        user.records.lock().await.next().await
    })
    .await;
    assert_eq!(record.outcome, Outcome::ClientGone);
    assert!(record.waited_ms.is_some());
    let usage = json!({ "input_tokens": 1, "output_tokens": 1 });
    let end = json!({ "type": "response.completed", "response": { "usage": usage } });
    ends[0].1.send(&end).await;
    assert_eq!(ends[1].1.next_json().await["model"], "m");
}
