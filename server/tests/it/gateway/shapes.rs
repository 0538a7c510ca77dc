//! Answers of every known shape through the whole server: they pass byte for byte, plain and compressed, and
//! each draws from quotas.

use std::{
    collections::HashMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    Json, Router,
    body::Body,
    http::{
        Response,
        header::{CONTENT_ENCODING, CONTENT_TYPE},
    },
    routing::post,
};
use entity::{
    quota::{FreeModelPolicy, Metric, UnpricedPolicy, WindowKind},
    request::{Outcome, UsageSource},
};
use flate2::{Compression, write::GzEncoder};
use proxypal_server::domain::{
    requests::tokens_of,
    users::quotas::{LimitHolder, NewQuota},
};
use serde_json::{Value, json};

use crate::support::{Records, Script, TestApp, test_context};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/metering/tests/golden/shapes")
}

fn shapes() -> Vec<Value> {
    let list = fs::read(folder().join("shapes.json")).unwrap();
    serde_json::from_slice(&list).unwrap()
}

/// Where answers of a protocol are asked for.
fn path(protocol: &str) -> &'static str {
    match protocol {
        "openai_chat" => "/v1/chat/completions",
        "openai_completions" => "/v1/completions",
        "openai_responses" => "/v1/responses",
        "openai_images" => "/v1/images/generations",
        "anthropic_messages" => "/v1/messages",
        "gemini" => "/v1beta/models/m:streamGenerateContent",
        _ => "/v1/something/new",
    }
}

/// An engine that answers with the file that the request names, compressed as requested.
fn engine() -> Script {
    let read = |shape: &Value| {
        let file = shape["file"].as_str().unwrap().to_owned();
        let body = fs::read(folder().join(&file)).unwrap();
        (
            file,
            (shape["contentType"].as_str().unwrap().to_owned(), body),
        )
    };
    let answers: HashMap<_, _> = shapes().iter().map(read).collect();
    let answers = Arc::new(answers);
    let answer = move |Json(asked): Json<Value>| async move {
        let (kind, body) = &answers[asked["file"].as_str().unwrap()];
        let mut response = Response::builder();
        if !kind.is_empty() {
            response = response.header(CONTENT_TYPE, kind);
        }
        let coding = asked["coding"].as_str().unwrap_or_default();
        if !coding.is_empty() {
            response = response.header(CONTENT_ENCODING, coding);
        }
        response.body(Body::from(compressed(coding, body))).unwrap()
    };
    Router::new().fallback(post(answer))
}

fn compressed(coding: &str, bytes: &[u8]) -> Vec<u8> {
    match coding {
        "gzip" => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        "zstd" => zstd::encode_all(bytes, 3).unwrap(),
        _ => bytes.to_owned(),
    }
}

/// A user of whose tokens all are counted.
async fn counted(app: &TestApp) -> String {
    let key = app.issue_key().await;
    let quota = NewQuota {
        metric: Metric::Tokens,
        limit: 1_000_000_000,
        window: WindowKind::Month,
        rolling_seconds: None,
        timezone: "UTC".to_owned(),
        provider: None,
        model_pattern: None,
        soft_percents: Vec::new(),
        strict: false,
        unpriced: UnpricedPolicy::default(),
        free_models: FreeModelPolicy::default(),
    };
    let holder = LimitHolder::User(app.caller(&key).user_id);
    app.services
        .quotas
        .set(test_context(), holder, None, &[quota])
        .await
        .unwrap();
    key
}

fn used(app: &TestApp, key: &str) -> i64 {
    let account = app.services.ledger.user_limits(app.caller(key).user_id);
    let now = app.services.clock.now();
    account.meters()[0].standing(now).used
}

async fn check(app: &TestApp, key: &str, records: &mut Records, shape: &Value, coding: &str) {
    let file = shape["file"].as_str().unwrap();
    let name = format!("{file} {coding}");
    let before = used(app, key);
    let request = app
        .http
        .post(app.url(path(shape["protocol"].as_str().unwrap())));
    let body = json!({"model": "m", "file": file, "coding": coding});
    let answer = request.bearer_auth(key).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{name}");
    let body = answer.bytes().await.unwrap();
    let written = fs::read(folder().join(file)).unwrap();
    assert_eq!(body, compressed(coding, &written), "{name}");

    let record = records.next().await;
    let tokens = tokens_of(&record).unwrap();
    if shape["source"] == "WIRE" {
        let buckets = [
            tokens.input,
            tokens.cache_read,
            tokens.cache_write,
            tokens.output,
            tokens.reasoning,
        ];
        assert_eq!(json!(buckets), shape["tokens"], "{name}");
        assert_eq!(record.usage_source, UsageSource::Wire, "{name}");
    } else {
        assert_eq!(record.usage_source, UsageSource::Estimated, "{name}");
        assert!(tokens.total() > 0, "{name}");
    }
    let is_error = shape.get("error").is_some();
    assert_eq!(record.outcome == Outcome::UpstreamError, is_error, "{name}");
    assert_eq!(used(app, key) - before, tokens.total(), "{name}");
}

#[tokio::test]
async fn every_response_format_passes_byte_for_byte_and_counts_toward_a_quota() {
    let app = TestApp::with_engine(engine()).await;
    app.without_rate_limit().await;
    let key = counted(&app).await;
    let mut records = app.records().await;

    for shape in shapes() {
        check(&app, &key, &mut records, &shape, "").await;
    }
    for (index, shape) in shapes().iter().enumerate().step_by(4) {
        let coding = ["gzip", "zstd"][index / 4 % 2];
        check(&app, &key, &mut records, shape, coding).await;
    }
}

#[tokio::test]
async fn zero_usage_of_a_non_empty_answer_is_estimated() {
    let app = TestApp::with_engine(engine()).await;
    app.without_rate_limit().await;
    let key = app.issue_key().await;
    let quota = NewQuota {
        metric: Metric::Tokens,
        limit: 1000,
        window: WindowKind::Month,
        rolling_seconds: None,
        timezone: "UTC".to_owned(),
        provider: None,
        model_pattern: None,
        soft_percents: Vec::new(),
        strict: false,
        unpriced: UnpricedPolicy::default(),
        free_models: FreeModelPolicy::default(),
    };
    let holder = LimitHolder::User(app.caller(&key).user_id);
    app.services
        .quotas
        .set(test_context(), holder, None, &[quota])
        .await
        .unwrap();
    let mut records = app.records().await;

    let mut passed = 0;
    for _ in 0..30 {
        let request = app.http.post(app.url("/v1/chat/completions"));
        let body = json!({"model": "m", "file": "odd/zeros-beside-text.sse"});
        let answer = request.bearer_auth(&key).json(&body).send().await.unwrap();
        passed += u32::from(answer.status() == 200);
        answer.bytes().await.unwrap();
        records.next().await;
    }

    // A hundred tokens of text and some of input each.
    assert!((8..=10).contains(&passed), "{passed}");
}
