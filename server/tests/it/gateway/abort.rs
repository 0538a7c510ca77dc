//! Clients that leave before the end.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    http::Response,
    routing::post,
};
use entity::request::{Outcome, UsageSource};
use futures_util::stream;
use proxypal_server::domain::{
    requests::tokens_of,
    settings::{AbortPolicy, GatewaySettings},
};
use tokio::sync::{Notify, mpsc};

use super::raw::Raw;
use crate::support::{TestApp, soon, test_context};

/// An engine whose answer the test writes piece by piece.
pub(super) struct Faucet {
    pieces: mpsc::Sender<Bytes>,
    asked: Arc<Notify>,
}

impl Faucet {
    pub(super) fn engine() -> (Self, Router) {
        Self::of("text/event-stream")
    }

    /// An engine whose answers have this content type.
    pub(super) fn of(content_type: &'static str) -> (Self, Router) {
        let (pieces, inbox) = mpsc::channel::<Bytes>(16);
        let inbox = Arc::new(tokio::sync::Mutex::new(Some(inbox)));
        let asked = Arc::new(Notify::new());
        let bell = Arc::clone(&asked);
        let answer = move || async move {
            bell.notify_one();
            let mut inbox = inbox.lock().await.take().unwrap();
            let pieces = stream::poll_fn(move |cx| inbox.poll_recv(cx));
            let pieces = futures_util::StreamExt::map(pieces, Ok::<_, std::io::Error>);
            Response::builder()
                .header("content-type", content_type)
                .body(Body::from_stream(pieces))
                .unwrap()
        };
        (Self { pieces, asked }, Router::new().fallback(post(answer)))
    }

    pub(super) async fn pour(&self, piece: &'static str) {
        self.pieces
            .send(Bytes::from_static(piece.as_bytes()))
            .await
            .unwrap();
    }

    /// Waits until the request has come.
    async fn is_asked(&self) {
        soon("the request", self.asked.notified()).await;
    }

    /// Waits until the answer is no longer read.
    pub(super) async fn is_cut_off(&self) {
        soon("the hang-up", self.pieces.closed()).await;
    }
}

const DELTA: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"twelve bytes\"}}]}\n\n";
const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}\n\ndata: [DONE]\n\n";

pub(super) async fn set(app: &TestApp, change: impl FnOnce(&mut GatewaySettings)) {
    let version = app.services.settings.current().version;
    app.services
        .settings
        .update(test_context(), version, change)
        .await
        .unwrap();
}

/// Asks, reads the first piece, and leaves.
async fn leave_in_the_middle(app: &TestApp, faucet: &Faucet, key: &str) {
    let mut raw = Raw::connect(app.address).await;
    raw.send(ask(key)).await;
    faucet.pour(DELTA).await;
    raw.read_until("twelve bytes").await;
}

fn ask(key: &str) -> String {
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {key}\r\ncontent-length: 13\r\n\r\n{{\"model\":\"m\"}}"
    )
}

#[tokio::test]
async fn an_abandoned_answer_is_drained_to_its_usage() {
    let (faucet, engine) = Faucet::engine();
    let app = TestApp::with_engine(engine).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;

    leave_in_the_middle(&app, &faucet, &key).await;
    faucet.pour(USAGE).await;
    drop(faucet);

    let record = records.next().await;
    assert_eq!(record.outcome, Outcome::ClientGone);
    assert_eq!(record.usage_source, UsageSource::Wire);
    assert_eq!(tokens_of(&record).unwrap().total(), 15);
}

#[tokio::test]
async fn a_client_that_leaves_before_the_answer_begins_is_metered_too() {
    let (faucet, engine) = Faucet::engine();
    let app = TestApp::with_engine(engine).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;

    let mut raw = Raw::connect(app.address).await;
    raw.send(ask(&key)).await;
    faucet.is_asked().await;
    drop(raw);
    faucet.pour(USAGE).await;
    drop(faucet);

    let record = records.next().await;
    assert_eq!(record.outcome, Outcome::ClientGone);
    assert_eq!(tokens_of(&record).unwrap().total(), 15);
}

#[tokio::test]
async fn a_client_that_leaves_during_its_upload_is_recorded_without_usage() {
    let app = TestApp::with_engine(Router::new()).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;

    let mut raw = Raw::connect(app.address).await;
    // The server reads for a model that never arrives.
    raw.send(format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {key}\r\nexpect: 100-continue\r\ncontent-length: 100\r\n\r\n{{\"messages\":"
    ))
    .await;
    raw.read_until("100 Continue").await;
    drop(raw);

    let record = records.next().await;
    assert_eq!(record.outcome, Outcome::ClientGone);
    assert_eq!(record.error_code, None);
    assert_eq!(record.http_status, None);
    assert_eq!(tokens_of(&record).unwrap().total(), 0);
}

#[tokio::test]
async fn with_the_policy_cancel_the_connection_is_closed_and_usage_estimated() {
    let (faucet, engine) = Faucet::engine();
    let app = TestApp::with_engine(engine).await;
    set(&app, |settings| settings.abort_policy = AbortPolicy::Cancel).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;

    leave_in_the_middle(&app, &faucet, &key).await;

    faucet.is_cut_off().await;
    let record = records.next().await;
    assert_eq!(record.outcome, Outcome::ClientGone);
    assert_eq!(record.usage_source, UsageSource::Estimated);
    assert_eq!(tokens_of(&record).unwrap().output, 3);
}

#[tokio::test]
async fn draining_stops_at_its_time_limit() {
    let (faucet, engine) = Faucet::engine();
    let app = TestApp::with_engine(engine).await;
    set(&app, |settings| settings.drain_seconds = 1).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;

    leave_in_the_middle(&app, &faucet, &key).await;

    let record = records.next().await;
    assert_eq!(record.usage_source, UsageSource::Estimated);
    assert!(record.duration >= i64::try_from(Duration::from_secs(1).as_micros()).unwrap());
    faucet.is_cut_off().await;
}

#[tokio::test]
async fn no_more_answers_are_drained_than_allowed() {
    let (faucet, engine) = Faucet::engine();
    let app = TestApp::with_engine(engine).await;
    set(&app, |settings| settings.drain_concurrency = 0).await;
    let key = app.issue_key().await;

    leave_in_the_middle(&app, &faucet, &key).await;

    faucet.is_cut_off().await;
}

#[tokio::test]
async fn a_revoked_key_ends_its_stream_in_flight() {
    let (faucet, engine) = Faucet::engine();
    let app = TestApp::with_engine(engine).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;
    let mut raw = Raw::connect(app.address).await;
    raw.send(ask(&key)).await;
    faucet.pour(DELTA).await;
    raw.read_until("twelve bytes").await;

    app.disable_user_of(&key).await;
    faucet.pour(DELTA).await;

    let rest = raw.read_to_end().await;
    assert!(!String::from_utf8_lossy(&rest).contains("twelve bytes"));
    assert_eq!(records.next().await.outcome, Outcome::Interrupted);
}
