//! Costs that were assumed are corrected exactly once, though the server is killed in the middle.

use axum::{Json, Router, routing::post};
use chrono::DateTime;
use entity::{
    price,
    quota::Metric,
    quota_bucket, request,
    usage_rollup::Period,
    usage_slice::{self, Dimension},
};
use nix::sys::signal::Signal;
use proxypal_server::domain::usd;
use sea_orm::{
    ColumnTrait as _, Database, DatabaseConnection, EntityTrait as _, IntoActiveModel as _,
    PaginatorTrait as _, QueryFilter as _,
};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{
    TestDatabase, eventually,
    operator::Operator,
    scripted,
    server::{PASSWORD, Server, before, server},
};

const REQUESTS: u64 = 1000;
/// Tokens of each request, at a dollar per million.
const TOKENS: i64 = 30;
const EXACT: i64 = TOKENS * usd::DOLLAR / 1_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_counts_once_though_the_server_is_killed_in_the_middle() {
    let home = TestDatabase::create().await;
    let usage = json!({ "usage": { "prompt_tokens": 10, "completion_tokens": TOKENS - 10 } });
    let answer = async move || Json(usage);
    let engine = scripted(Router::new().fallback(post(answer))).await;
    let start = async || Server::start(before(engine, &mut server(&home))).await;
    let mut running = start().await;
    ask_without_a_price(&running).await;
    running.program.signal(Signal::SIGTERM);
    assert_eq!(running.program.ended().await.code(), Some(0));
    let database = Database::connect(&home.url).await.unwrap();
    assert_eq!(assumed(&database).await, REQUESTS);
    let price = price_of("m").into_active_model();
    price::Entity::insert(price)
        .exec_without_returning(&database)
        .await
        .unwrap();

    let mut left = REQUESTS;
    while left > REQUESTS / 4 {
        running = start().await;
        left = eventually("a part of the correction", async || {
            let now = assumed(&database).await;
            (now < left).then_some(now)
        })
        .await;
        running.program.signal(Signal::SIGKILL);
        running.program.ended().await;
    }
    running = start().await;
    eventually("the correction", async || {
        (assumed(&database).await == 0).then_some(())
    })
    .await;
    running.program.signal(Signal::SIGTERM);
    assert_eq!(running.program.ended().await.code(), Some(0));

    is_exact(&database).await;
}

/// Sends all requests, as a user with a budget.
async fn ask_without_a_price(running: &Server) {
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    operator.lift_rate_limit().await;
    let key = operator.issue_key().await;
    operator.set_quota("COST", json!("1000000")).await;
    running.engine_runs().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut answers = JoinSet::new();
    for _ in 0..REQUESTS {
        let request = http.post(format!("{}/v1/chat/completions", running.url));
        let request = request.bearer_auth(&key).json(&json!({ "model": "m" }));
        answers.spawn(async { request.send().await.unwrap().status().as_u16() });
        if answers.len() > 32 {
            assert_eq!(answers.join_next().await.unwrap().unwrap(), 200);
        }
    }
    assert!(answers.join_all().await.iter().all(|status| *status == 200));
}

fn price_of(model: &str) -> price::Model {
    let rate = usd::DOLLAR;
    price::Model {
        id: Uuid::now_v7(),
        provider: String::new(),
        model_pattern: model.to_owned(),
        effective_from: DateTime::UNIX_EPOCH,
        input_per_million: rate,
        cache_read_per_million: rate,
        cache_write_per_million: rate,
        cache_write_1h_per_million: None,
        output_per_million: rate,
        reasoning_per_million: rate,
        per_request: 0,
        per_image: 0,
        per_video_second: 0,
        conditional_rates: None,
        source: "a test".to_owned(),
        created_at: DateTime::UNIX_EPOCH,
    }
}

async fn assumed(database: &DatabaseConnection) -> u64 {
    let assumed = request::Entity::find().filter(request::Column::CostAssumed.eq(true));
    assumed.count(database).await.unwrap()
}

/// Rows, sums and the quota have the exact cost.
async fn is_exact(database: &DatabaseConnection) {
    let rows = request::Entity::find().all(database).await.unwrap();
    assert_eq!(rows.len() as u64, REQUESTS);
    assert!(rows.iter().all(|row| row.cost == Some(EXACT)));
    let total = EXACT * REQUESTS.cast_signed();
    let days = usage_slice::Entity::find()
        .filter(usage_slice::Column::Dimension.eq(Dimension::Total))
        .filter(usage_slice::Column::Period.eq(Period::Day));
    let days = days.all(database).await.unwrap();
    let sum = |of: fn(&usage_slice::Model) -> i64| days.iter().map(of).sum::<i64>();
    assert_eq!(sum(|day| day.cost), total);
    assert_eq!((sum(|day| day.unpriced), sum(|day| day.assumed)), (0, 0));
    let quotas =
        entity::quota::Entity::find().filter(entity::quota::Column::Metric.eq(Metric::Cost));
    assert_eq!(quotas.count(database).await.unwrap(), 1);
    let buckets = quota_bucket::Entity::find().all(database).await.unwrap();
    let used: i64 = buckets.iter().map(|bucket| bucket.used).sum();
    assert_eq!(used, total);
}
