//! Endpoints that generate, or may, in no protocol that we meter: they are not free.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{StatusCode, header::CONTENT_TYPE},
    routing::any,
};
use entity::{
    quota::{FreeModelPolicy, Metric, UnpricedPolicy, WindowKind},
    request::{Outcome, Protocol, UsageSource},
};
use proxypal_server::domain::{
    prices::{Conditions, NewPrice, Rates},
    requests::tokens_of,
    usd,
    users::quotas::{LimitHolder, NewQuota},
};
use serde_json::json;

use crate::support::{Script, TestApp, test_context};

const UNMETERED: [&str; 7] = [
    "/v1/videos",
    "/v1/videos/generations",
    "/openai/v1/videos",
    "/v1/alpha/search",
    "/backend-api/codex/alpha/search",
    "/v1/something/new",
    "/v1beta/models/m:predictLongRunning",
];

/// An engine that does not report usage.
fn silent() -> Script {
    let answer = async |body: Body| {
        to_bytes(body, usize::MAX).await.unwrap();
        ([(CONTENT_TYPE, "application/json")], r#"{"id":"job_1"}"#)
    };
    Router::new().fallback(any(answer))
}

fn limit(metric: Metric, limit: i64) -> NewQuota {
    NewQuota {
        metric,
        limit,
        window: WindowKind::Month,
        rolling_seconds: None,
        timezone: "UTC".to_owned(),
        provider: None,
        model_pattern: None,
        soft_percents: Vec::new(),
        strict: false,
        unpriced: UnpricedPolicy::default(),
        free_models: FreeModelPolicy::default(),
    }
}

async fn limited(app: &TestApp, key: &str, quotas: &[NewQuota]) {
    let holder = LimitHolder::User(app.caller(key).user_id);
    app.services
        .quotas
        .set(test_context(), holder, None, quotas)
        .await
        .unwrap();
}

fn used(app: &TestApp, key: &str) -> Vec<i64> {
    let account = app.services.ledger.user_limits(app.caller(key).user_id);
    let now = app.services.clock.now();
    let meters = account.meters();
    meters
        .iter()
        .map(|meter| meter.standing(now).used)
        .collect()
}

async fn post(app: &TestApp, key: &str, path: &str) -> StatusCode {
    let request = app.http.post(app.url(path)).bearer_auth(key);
    let body = json!({"model": "m", "prompt": "a cat"});
    request.json(&body).send().await.unwrap().status()
}

#[tokio::test]
async fn an_unmetered_request_costs_its_price_per_request() {
    for path in UNMETERED {
        let app = TestApp::with_engine(silent()).await;
        let key = app.issue_key().await;
        let price = NewPrice {
            model_pattern: "m".to_owned(),
            provider: None,
            effective_from: None,
            rates: Rates {
                per_request: Some(usd::DOLLAR),
                ..Rates::default()
            },
            conditions: Conditions::default(),
            source: None,
        };
        app.services
            .prices
            .create(test_context(), &price)
            .await
            .unwrap();
        limited(
            &app,
            &key,
            &[
                limit(Metric::Requests, 2),
                limit(Metric::Cost, 10 * usd::DOLLAR),
                limit(Metric::Tokens, 1_000_000),
            ],
        )
        .await;
        let mut records = app.records().await;

        for _ in 0..2 {
            assert_eq!(post(&app, &key, path).await, 200, "{path}");
            let record = records.next().await;
            assert_eq!(record.protocol, Protocol::Unmetered, "{path}");
            assert_eq!(record.usage_source, UsageSource::Estimated, "{path}");
            assert!(tokens_of(&record).unwrap().total() > 0, "{path}");
            assert_eq!(record.cost, Some(usd::DOLLAR), "{path}");
        }
        assert_eq!(post(&app, &key, path).await, 429, "{path}");

        let used = used(&app, &key);
        assert!(
            used.contains(&2) && used.contains(&(2 * usd::DOLLAR)),
            "{path}: {used:?}"
        );
        assert!(used.iter().all(|used| *used > 0), "{path}: {used:?}");
    }
}

#[tokio::test]
async fn usage_reported_by_an_unmetered_endpoint_is_counted() {
    let answer = async || {
        let usage = r#"{"data":[],"usage":{"prompt_tokens":8,"total_tokens":8}}"#;
        ([(CONTENT_TYPE, "application/json")], usage)
    };
    let app = TestApp::with_engine(Router::new().fallback(any(answer))).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;

    post(&app, &key, "/v1/embeddings").await;

    let record = records.next().await;
    assert_eq!(record.usage_source, UsageSource::Wire);
    assert_eq!(tokens_of(&record).unwrap().input, 8);
}

#[tokio::test]
async fn an_uploaded_file_is_not_estimated_as_text() {
    let app = TestApp::with_engine(silent()).await;
    let key = app.issue_key().await;
    limited(&app, &key, &[limit(Metric::Tokens, 1_000_000)]).await;
    let mut records = app.records().await;
    let form = format!(
        "--b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b\r\n\
         content-disposition: form-data; name=\"input_reference\"; filename=\"a.png\"\r\n\r\n{}\r\n--b--\r\n",
        "x".repeat(6 << 20)
    );

    let request = app
        .http
        .post(app.url("/openai/v1/videos"))
        .bearer_auth(&key);
    let request = request.header(CONTENT_TYPE, "multipart/form-data; boundary=b");
    assert_eq!(request.body(form).send().await.unwrap().status(), 200);

    let tokens = tokens_of(&records.next().await).unwrap();
    assert!((1..=20_000).contains(&tokens.total()), "{tokens:?}");
}

#[tokio::test]
async fn fetching_results_and_counting_tokens_are_free() {
    let app = TestApp::with_engine(silent()).await;
    let key = app.issue_key().await;
    limited(&app, &key, &[limit(Metric::Requests, 1)]).await;
    let mut records = app.records().await;

    for path in ["/v1/videos/job_1", "/v1/models"] {
        let request = app.http.get(app.url(path)).bearer_auth(&key);
        assert_eq!(request.send().await.unwrap().status(), 200, "{path}");
    }
    for path in ["/v1/messages/count_tokens", "/v1beta/models/m:countTokens"] {
        assert_eq!(post(&app, &key, path).await, 200, "{path}");
    }

    for _ in 0..4 {
        let record = records.next().await;
        assert_eq!(record.protocol, Protocol::Other);
        assert_eq!(record.usage_source, UsageSource::Wire);
        assert_eq!(tokens_of(&record).unwrap().total(), 0);
        assert_eq!(record.outcome, Outcome::Completed);
    }
    assert_eq!(used(&app, &key), [0]);
}

#[tokio::test]
async fn an_endpoint_that_the_engine_does_not_have_uses_no_tokens() {
    let answer = async || (StatusCode::NOT_FOUND, "no such page");
    let app = TestApp::with_engine(Router::new().fallback(any(answer))).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;

    assert_eq!(post(&app, &key, "/v1/something/new").await, 404);

    let record = records.next().await;
    assert_eq!(record.outcome, Outcome::UpstreamError);
    assert_eq!(tokens_of(&record).unwrap().total(), 0);
    assert_eq!(record.cost, Some(0));
}
