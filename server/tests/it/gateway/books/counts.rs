//! Implausible usage, models without a price, and clocks that are set back.

use std::{net::SocketAddr, sync::Arc};

use axum::{Json, Router, routing::post};
use chrono::TimeDelta;
use entity::{
    quota::{self, Metric, UnpricedPolicy, WindowKind},
    request::{self, UsageSource},
};
use proxypal_server::domain::users::api_keys::Caller;
use serde_json::{Value, json};

use super::{Books, CHAT, PLENTY, in_total, set_quotas, tokens};
use crate::support::{ManualClock, Options, TestApp, scripted};

/// An engine that reports the usage that the request contains.
async fn parrot() -> SocketAddr {
    let answer = async |Json(asked): Json<Value>| Json(json!({ "usage": asked["usage"] }));
    scripted(Router::new().fallback(post(answer))).await
}

/// More tokens than are used here.
fn plenty(caller: &Caller) -> Vec<quota::Model> {
    vec![in_total(caller.user_id, Metric::Tokens, PLENTY)]
}

/// A server whose one user has these quotas, and the user's key.
pub(super) async fn limited(
    engine: SocketAddr,
    clock: Option<Arc<ManualClock>>,
    quotas: impl FnOnce(&Caller) -> Vec<quota::Model>,
) -> (TestApp, String) {
    let mut options = Options::default();
    if let Some(clock) = clock {
        options.clock = clock;
    }
    let app = TestApp::before(engine, Options::default()).await;
    app.without_rate_limit().await;
    let key = app.issue_key().await;
    let quotas = quotas(&app.caller(&key));
    let home = app.stop().await;
    set_quotas(&home, quotas).await;
    (TestApp::with_data(home, engine, options).await, key)
}

async fn ask(app: &TestApp, key: &str, body: &Value) -> u16 {
    let request = app.http.post(app.url(CHAT)).bearer_auth(key);
    let answer = request.json(body).send().await.unwrap();
    let status = answer.status().as_u16();
    answer.bytes().await.unwrap();
    status
}

#[tokio::test]
async fn a_model_without_a_price_has_an_unknown_cost() {
    let both = |caller: &Caller| {
        let metrics = [Metric::Tokens, Metric::Cost];
        let quotas = metrics.map(|metric| quota::Model {
            unpriced: UnpricedPolicy::Allow,
            ..in_total(caller.user_id, metric, PLENTY)
        });
        quotas.to_vec()
    };
    let (app, key) = limited(parrot().await, None, both).await;
    let usage = json!({"prompt_tokens": 10, "completion_tokens": 5});

    let body = json!({"model": "unpriced-model", "usage": usage});
    assert_eq!(ask(&app, &key, &body).await, 200);

    let books = Books::read(&app.stop().await).await;
    let row = books.rows.values().next().unwrap();
    assert_eq!((row.cost, row.price_id), (None, None));
    assert_eq!((books.total().unpriced, books.total().cost), (1, 0));
    assert_eq!(books.used(Metric::Cost), 0);
    books.agree();
}

#[tokio::test]
async fn implausible_usage_is_estimated() {
    let (app, key) = limited(parrot().await, None, plenty).await;
    let absurd = [
        json!(-5),
        json!(1_000_000_000_000_000_000_i64),
        json!(1e18),
        json!(1e300),
        json!("many"),
    ];

    for count in absurd {
        let usage = json!({"prompt_tokens": count, "completion_tokens": count});
        let body = json!({"model": "m", "usage": usage});
        assert_eq!(ask(&app, &key, &body).await, 200);
    }
    let usage = json!({"prompt_tokens": 10, "completion_tokens": 5});
    assert_eq!(
        ask(&app, &key, &json!({"model": "m", "usage": usage})).await,
        200
    );

    let books = Books::read(&app.stop().await).await;
    let is_estimated = |row: &&request::Model| row.usage_source == UsageSource::Estimated;
    let estimated = books.rows.values().filter(is_estimated);
    assert!(
        estimated
            .clone()
            .all(|row| (1..1000).contains(&tokens(row))),
        "counts that are not credible are estimated"
    );
    assert_eq!(estimated.clone().count(), 5);
    let estimated: i64 = estimated.map(tokens).sum();
    assert_eq!(books.used(Metric::Tokens), 15 + estimated);
    books.agree();
}

#[tokio::test]
async fn a_clock_that_is_set_back_neither_resets_nor_doubles_a_daily_quota() {
    let clock = Arc::new(ManualClock::default());
    let daily = |caller: &Caller| {
        let requests = quota::Model {
            window: WindowKind::Day,
            ..in_total(caller.user_id, Metric::Requests, 2)
        };
        [plenty(caller), vec![requests]].concat()
    };
    let (app, key) = limited(parrot().await, Some(Arc::clone(&clock)), daily).await;
    let account = app.services.ledger.user_limits(app.caller(&key).user_id);
    let usage = json!({"prompt_tokens": 10, "completion_tokens": 5});
    let body = json!({"model": "m", "usage": usage});
    let mut records = app.records().await;

    for (hours, status) in [
        (0, 200),
        (-6, 200),
        (0, 429),
        (6, 429),
        (24, 200),
        (-24, 429),
        (24, 200),
        (0, 429),
    ] {
        clock.advance(TimeDelta::hours(hours));
        assert_eq!(ask(&app, &key, &body).await, status, "after {hours} hours");
        records.next().await;
    }

    let now = app.services.clock.now();
    let mut meters = account.meters().into_iter();
    assert!(meters.all(|meter| meter.standing(now).reserved == 0));
    let books = Books::read(&app.stop().await).await;
    let requests = books
        .buckets
        .iter()
        .filter(|bucket| books.quotas[&bucket.quota_id].metric == Metric::Requests);
    assert_eq!(
        requests.map(|bucket| bucket.used).collect::<Vec<_>>(),
        [2, 2]
    );
    books.agree();
}
