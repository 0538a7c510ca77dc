//! Hundreds of concurrent requests under a quota that is enough for ten.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Json, Router, routing::post};
use entity::quota::{self, Metric};
use proxypal_server::domain::users::api_keys::Caller;
use serde_json::json;
use tokio::{sync::watch, task::JoinSet};

use super::{Books, CHAT, PLENTY, counts::limited, in_total};
use crate::support::{TestApp, eventually, scripted, soon};

const REQUESTS: usize = 500;
const BODY: &str = r#"{"model":"m","max_tokens":90,"messages":[]}"#;
/// The certain maximum of a request: no token is shorter than a byte.
const CEILING: i64 = 90 + BODY.len().cast_signed() as i64;
/// The expected usage of a request.
const ESTIMATE: i64 = 90 + BODY.len().div_ceil(4).cast_signed() as i64;

/// An engine that answers when it may.
#[derive(Clone)]
struct Slow {
    asked: Arc<AtomicUsize>,
    may_answer: watch::Sender<bool>,
    /// The tokens that it reports.
    reports: i64,
}

impl Slow {
    async fn start(reports: i64) -> (Self, SocketAddr) {
        let slow = Self {
            asked: Arc::default(),
            may_answer: watch::Sender::new(false),
            reports,
        };
        let engine = slow.clone();
        let answer = move || async move {
            engine.asked.fetch_add(1, Ordering::Relaxed);
            let mut may_answer = engine.may_answer.subscribe();
            may_answer.wait_for(|may| *may).await.unwrap();
            Json(json!({"usage": {"prompt_tokens": 1, "completion_tokens": engine.reports - 1}}))
        };
        (slow, scripted(Router::new().fallback(post(answer))).await)
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// Hundreds of concurrent requests. Those over the quota are refused while the others wait; then the engine answers.
/// Gives how many passed.
async fn crowd(app: &TestApp, key: &str, slow: &Slow, passing: usize) {
    let asked_before = slow.asked();
    slow.may_answer.send_replace(false);
    let mut crowd = JoinSet::new();
    for _ in 0..REQUESTS {
        let request = app.http.post(app.url(CHAT)).bearer_auth(key).body(BODY);
        crowd.spawn(async { request.send().await.unwrap().status().as_u16() });
    }
    for _ in passing..REQUESTS {
        let refused = soon("a refusal", crowd.join_next()).await;
        assert_eq!(refused.unwrap().unwrap(), 429);
    }
    eventually("the requests", async || {
        (slow.asked() >= asked_before + passing).then_some(())
    })
    .await;
    assert_eq!(slow.asked(), asked_before + passing);
    slow.may_answer.send_replace(true);
    assert_eq!(crowd.join_all().await, vec![200; passing]);
    nothing_is_held_back(app, key).await;
}

/// Waits until all that was used is in the database.
async fn nothing_is_held_back(app: &TestApp, key: &str) {
    let account = app.services.ledger.user_limits(app.caller(key).user_id);
    let now = app.services.clock.now();
    eventually("the settlement", async || {
        let meters = account.meters();
        let mut reserved = meters.iter().map(|meter| meter.standing(now).reserved);
        reserved.all(|reserved| reserved == 0).then_some(())
    })
    .await;
}

async fn books(app: TestApp) -> Books {
    let books = Books::read(&app.stop().await).await;
    books.agree();
    books
}

fn tokens(caller: &Caller, limit: i64, strict: bool) -> quota::Model {
    quota::Model {
        strict,
        ..in_total(caller.user_id, Metric::Tokens, limit)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_quota_admits_as_many_concurrent_requests_as_it_certainly_covers() {
    let (slow, engine) = Slow::start(5).await;
    let limit = 10 * CEILING;
    let (app, key) = limited(engine, None, |caller| vec![tokens(caller, limit, true)]).await;

    crowd(&app, &key, &slow, 10).await;
    // They used less than was held back, so that nine more fit.
    crowd(&app, &key, &slow, 9).await;

    let used = books(app).await.used(Metric::Tokens);
    assert_eq!(used, 19 * 5);
    assert!(used <= limit);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_quota_is_never_exceeded_when_every_request_uses_its_maximum() {
    let (slow, engine) = Slow::start(CEILING).await;
    let limit = 10 * CEILING;
    let (app, key) = limited(engine, None, |caller| vec![tokens(caller, limit, true)]).await;

    crowd(&app, &key, &slow, 10).await;
    crowd(&app, &key, &slow, 0).await;

    assert_eq!(books(app).await.used(Metric::Tokens), limit);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_admits_as_many_concurrent_requests_as_it_is_estimated_to_cover() {
    let (slow, engine) = Slow::start(5).await;
    let limit = 10 * ESTIMATE;
    let (app, key) = limited(engine, None, |caller| vec![tokens(caller, limit, false)]).await;

    crowd(&app, &key, &slow, 10).await;
    crowd(&app, &key, &slow, 9).await;

    assert!(books(app).await.used(Metric::Tokens) <= limit);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rest_of_a_quota_admits_one_request_at_a_time() {
    let (slow, engine) = Slow::start(ESTIMATE).await;
    let limit = ESTIMATE + 1;
    let (app, key) = limited(engine, None, |caller| vec![tokens(caller, limit, false)]).await;

    crowd(&app, &key, &slow, 1).await;
    crowd(&app, &key, &slow, 1).await;
    crowd(&app, &key, &slow, 0).await;

    let used = books(app).await.used(Metric::Tokens);
    assert!(used <= limit + ESTIMATE, "{used}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_of_requests_admits_exactly_its_number_of_concurrent_requests() {
    let (slow, engine) = Slow::start(5).await;
    let ten = |caller: &Caller| {
        let requests = in_total(caller.user_id, Metric::Requests, 10);
        vec![tokens(caller, PLENTY, false), requests]
    };
    let (app, key) = limited(engine, None, ten).await;

    crowd(&app, &key, &slow, 10).await;
    crowd(&app, &key, &slow, 0).await;

    let books = books(app).await;
    assert_eq!(books.used(Metric::Requests), 10);
    assert_eq!(books.used(Metric::Tokens), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_smaller_of_two_quotas_applies_and_a_refused_request_takes_nothing_from_either() {
    let (slow, engine) = Slow::start(5).await;
    let two = |caller: &Caller| {
        let of_key = quota::Model {
            api_key_id: Some(caller.api_key_id),
            ..in_total(caller.user_id, Metric::Requests, 7)
        };
        vec![tokens(caller, 10 * ESTIMATE, false), of_key]
    };
    let (app, key) = limited(engine, None, two).await;

    crowd(&app, &key, &slow, 7).await;
    crowd(&app, &key, &slow, 0).await;

    let books = books(app).await;
    assert_eq!(books.used(Metric::Requests), 7);
    assert_eq!(books.used(Metric::Tokens), 35);
}
