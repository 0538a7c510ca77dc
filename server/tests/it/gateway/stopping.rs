//! Stopping gracefully: answers end, everything is recorded, and one server owns a database.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, Bytes},
    http::Response,
    routing::post,
};
use entity::request::Outcome;
use futures_util::{StreamExt as _, stream};
use proxypal_server::db::Database;
use sea_orm::EntityTrait as _;

use super::raw::Raw;
use crate::support::{Options, TestApp, TestDatabase, scripted};

/// Two events with a pause between.
fn slow(pause: Duration) -> Router {
    Router::new().fallback(post(move || async move {
        let first = stream::iter([Bytes::from_static(b"data: {\"choices\":[]}\n\n")]);
        let last = stream::once(async move {
            tokio::time::sleep(pause).await;
            Bytes::from_static(b"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n")
        });
        Response::builder()
            .header("content-type", "text/event-stream")
            .body(Body::from_stream(first.chain(last).map(Ok::<_, std::io::Error>)))
            .unwrap()
    }))
}

async fn begin(app: &TestApp) -> Raw {
    let key = app.issue_key().await;
    let mut raw = Raw::connect(app.address).await;
    raw.send(format!("POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {key}\r\ncontent-length: 2\r\n\r\n{{}}")).await;
    raw.read_until("choices").await;
    raw
}

pub(super) async fn only_record(database: &TestDatabase) -> entity::request::Model {
    let [record] = <[_; 1]>::try_from(records(database).await).unwrap();
    record
}

/// The only record that is not of a list of models.
pub(super) async fn only_answer(database: &TestDatabase) -> entity::request::Model {
    let mut records = records(database).await;
    records.retain(|record| record.endpoint != "GET /v1/models");
    let [record] = <[_; 1]>::try_from(records).unwrap();
    record
}

async fn records(database: &TestDatabase) -> Vec<entity::request::Model> {
    let db = Database::open(&database.url, database.directory.path())
        .await
        .unwrap();
    let rows = entity::request::Entity::find();
    rows.all(db.reader()).await.unwrap()
}

#[tokio::test]
async fn a_stopping_server_waits_for_streams_in_flight() {
    let app = TestApp::with_engine(slow(Duration::from_millis(300))).await;
    let mut raw = begin(&app).await;

    app.ask_to_stop();
    let rest = raw.read_until("[DONE]").await;
    let database = app.stop().await;

    assert!(rest.contains("usage"));
    let record = only_record(&database).await;
    assert_eq!(record.outcome, Outcome::Completed);
    assert_eq!(record.output_tokens, Some(2));
}

#[tokio::test]
async fn a_stream_that_exceeds_the_grace_period_is_cut_and_recorded() {
    let options = Options::default().with("--shutdown-grace=0");
    let app = TestApp::before(scripted(slow(Duration::from_mins(1))).await, options).await;
    let mut raw = begin(&app).await;

    let database = app.stop().await;

    assert!(!String::from_utf8_lossy(&raw.read_to_end().await).contains("DONE"));
    assert_eq!(only_record(&database).await.outcome, Outcome::Interrupted);
}

#[tokio::test]
async fn a_second_server_on_the_same_database_fails_to_start_with_a_reason() {
    let app = TestApp::with_engine(Router::new()).await;

    let second = Database::open(&app.database.url, app.database.directory.path()).await;

    let error = format!("{:#}", second.unwrap_err());
    assert!(error.contains("another server is running"), "{error}");
}

#[test]
fn the_configuration_reports_all_errors_together_with_exit_code_64() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_proxypal-server"))
        .env_clear()
        .envs([
            ("PORT", "x"),
            ("ENGINE", "magic"),
            ("ENCRYPTION_KEY", "short"),
            ("PUBLIC_URL", "ftp://x"),
        ])
        .output()
        .unwrap();

    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        output.status.code(),
        Some(i32::from(proxypal_server::config::EXIT_USAGE))
    );
    for variable in ["PORT", "ENGINE", "ENCRYPTION_KEY", "PUBLIC_URL"] {
        assert!(complaint.contains(variable), "{complaint}");
    }
}
