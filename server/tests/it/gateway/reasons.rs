//! The record of a failed request contains the reason: the error's message and the limit that rejected it.

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Response, StatusCode},
    routing::post,
};
use entity::{
    RateLimit,
    quota::{FreeModelPolicy, Metric, UnpricedPolicy, WindowKind},
    request::{self, Outcome},
    request_failure::{LimitScope, RejectingLimit},
};
use futures_util::stream;
use proxypal_server::domain::users::quotas::{LimitHolder, NewQuota};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Options, Records, Script, TestApp, TestDatabase, test_context};

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";
const GEMINI: &str = "/v1beta/models/m:generateContent";
const COUNT: &str = "/v1/messages/count_tokens";

/// An engine that responds with this to every request.
fn engine(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Script {
    let body = body.into();
    let answer = move || async move {
        let pieces: Vec<_> = body.chunks(64 * 1024).map(Bytes::copy_from_slice).collect();
        let pieces = pieces.into_iter().map(Ok::<_, std::io::Error>);
        Response::builder()
            .status(status)
            .header("content-type", content_type)
            .body(Body::from_stream(stream::iter(pieces)))
            .unwrap()
    };
    Router::new().fallback(post(answer))
}

/// A client of a server before an engine.
struct Client {
    app: TestApp,
    key: String,
    records: Records,
}

impl Client {
    async fn before(script: Script) -> Self {
        Self::of(Box::pin(TestApp::with_engine(script)).await).await
    }

    async fn of(app: TestApp) -> Self {
        let key = app.issue_key().await;
        let records = app.records().await;
        Self { app, key, records }
    }

    /// Sends a request. Returns the status and the body of the response, and the record.
    async fn send(&mut self, path: &str) -> (StatusCode, Bytes, request::Model) {
        let request = self.app.http.post(self.app.url(path));
        let request = request.bearer_auth(&self.key).body(r#"{"model":"m"}"#);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body = answer.bytes().await.unwrap();
        (status, body, self.records.next().await)
    }

    async fn message(&mut self, path: &str) -> Option<String> {
        self.send(path).await.2.error_message
    }

    async fn limit(&mut self, quotas: &[NewQuota]) {
        let holder = LimitHolder::User(self.app.caller(&self.key).user_id);
        self.app
            .services
            .quotas
            .set(test_context(), holder, None, quotas)
            .await
            .unwrap();
    }
}

fn quota(metric: Metric, limit: i64) -> NewQuota {
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

fn in_json(status: u16, body: &Value) -> Script {
    engine(status, "application/json", body.to_string())
}

#[tokio::test]
async fn the_message_of_a_providers_error_is_recorded() {
    let openai = |message: &str| json!({"error": {"message": message, "type": "t", "code": "c"}});
    let anthropic = json!({"type": "error",
        "error": {"type": "authentication_error", "message": "invalid x-api-key"}});
    let gemini = json!([{"error": {"code": 429, "message": "Quota exceeded for metric m", "status": "RESOURCE_EXHAUSTED"}}]);
    for (path, status, body, message) in [
        (
            CHAT,
            400,
            openai("unknown parameter: 'x'"),
            "unknown parameter: 'x'",
        ),
        (
            CHAT,
            500,
            openai("The server had an error"),
            "The server had an error",
        ),
        // The gateway reads this one whole, for its `Retry-After`.
        (
            CHAT,
            429,
            json!({"error": {"code": "model_cooldown", "message": "cooling down", "reset_seconds": 1}}),
            "cooling down",
        ),
        (MESSAGES, 401, anthropic.clone(), "invalid x-api-key"),
        (GEMINI, 429, gemini, "Quota exceeded for metric m"),
        (
            CHAT,
            403,
            json!({"detail": "not supported"}),
            "not supported",
        ),
        (
            CHAT,
            401,
            json!({"error": "Invalid API key"}),
            "Invalid API key",
        ),
        // Not metered: only an error is read.
        (COUNT, 401, anthropic, "invalid x-api-key"),
    ] {
        let mut client = Client::before(in_json(status, &body)).await;

        let (answered, received, record) = client.send(path).await;

        assert_eq!(answered, status, "{path}");
        assert_eq!(received, body.to_string(), "{path}");
        assert_eq!(record.error_message.as_deref(), Some(message), "{path}");
        assert_eq!(record.outcome, Outcome::UpstreamError);
        assert_eq!(record.rejected_by, None);
    }
}

#[tokio::test]
async fn the_message_of_an_error_in_a_stream_is_recorded() {
    for (path, stream, message) in [
        (
            CHAT,
            "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\ndata: {\"error\":{\"message\":\"overloaded\"}}\n\n",
            "overloaded",
        ),
        (
            MESSAGES,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
            "Overloaded",
        ),
        (
            "/v1/responses",
            "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"c\",\"message\":\"too long\"}}}\n\n",
            "too long",
        ),
        (
            "/v1beta/models/m:streamGenerateContent?alt=sse",
            "data: {\"error\":{\"code\":503,\"message\":\"The model is overloaded\",\"status\":\"UNAVAILABLE\"}}\n\n",
            "The model is overloaded",
        ),
    ] {
        let mut client = Client::before(engine(200, "text/event-stream", stream)).await;

        let (_, received, record) = client.send(path).await;

        assert_eq!(received, stream, "{path}");
        assert_eq!(record.error_message.as_deref(), Some(message), "{path}");
        assert_eq!(record.http_status, Some(200));
        assert_eq!(record.outcome, Outcome::UpstreamError);
    }
}

#[tokio::test]
async fn a_successful_answer_has_no_message() {
    let answer = json!({"message": "hello", "choices": [{"finish_reason": "stop",
        "message": {"content": "{\"error\":{\"message\":\"quoted\"}}"}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1}});
    let mut client = Client::before(in_json(200, &answer)).await;

    let (_, _, record) = client.send(CHAT).await;

    assert_eq!(record.outcome, Outcome::Completed);
    assert_eq!(record.error_message, None);
    assert_eq!((record.rejected_by, record.attempts), (None, None));
}

#[tokio::test]
async fn secrets_in_a_message_are_not_recorded() {
    let message = "Incorrect API key provided: sk-proj-Canary0123. Authorization: Bearer canary of ada@canary.org, \
        key AIzaSyCanary, hash 9f86d081884c7d659a2feaa0c55ad015";
    let mut client = Client::before(in_json(401, &json!({"error": {"message": message}}))).await;

    let (_, received, record) = client.send(CHAT).await;

    assert!(received.windows(6).any(|bytes| bytes == b"Canary"));
    assert_eq!(
        record.error_message.unwrap(),
        "Incorrect API key provided: [redacted] Authorization: Bearer [redacted] of [e-mail], \
         key [redacted], hash [redacted]"
    );
}

#[tokio::test]
async fn messages_are_not_recorded_if_the_settings_disable_it() {
    let mut client = Client::before(in_json(400, &json!({"error": {"message": "no"}}))).await;
    assert_eq!(client.message(CHAT).await.as_deref(), Some("no"));
    let settings = &client.app.services.settings;
    let update = settings.update(test_context(), settings.current().version, |gateway| {
        gateway.keep_error_messages = false;
    });
    update.await.unwrap();

    let (_, _, record) = client.send(CHAT).await;

    assert_eq!(record.error_message, None);
    assert_eq!(record.http_status, Some(400));
    client.limit(&[quota(Metric::Requests, 1)]).await;
    let (_, _, record) = client.send(CHAT).await;
    assert_eq!(record.outcome, Outcome::Rejected);
    assert_eq!(record.error_message, None);
    assert!(record.rejected_by.is_some());
}

#[tokio::test]
async fn a_hostile_message_is_bounded_and_visible() {
    let hostile = format!(
        "<b>\u{0}\u{1b}[31mred\u{202e}\r\n</b> {}",
        "0123456789 ".repeat(100_000)
    );
    let body = json!({"error": {"message": hostile}});
    let mut client = Client::before(in_json(500, &body)).await;

    let (_, received, record) = client.send(CHAT).await;

    assert_eq!(received, body.to_string());
    let message = record.error_message.unwrap();
    assert!(
        message.starts_with("<b> [31mred </b> 0123456789 "),
        "{message}"
    );
    assert!(message.ends_with('…'));
    assert_eq!(message.chars().count(), 500);
    assert!(!message.chars().any(char::is_control));
}

#[tokio::test]
async fn the_limit_that_rejected_a_request_is_recorded() {
    let answer = json!({"usage": {"prompt_tokens": 1, "completion_tokens": 1}});
    let mut client = Client::before(in_json(200, &answer)).await;
    client.app.without_rate_limit().await;
    let mut daily = quota(Metric::Requests, 1);
    daily.window = WindowKind::Day;
    daily.timezone = "Asia/Ho_Chi_Minh".to_owned();
    client.limit(&[daily]).await;
    client.send(CHAT).await;

    let (status, body, record) = client.send(CHAT).await;

    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(record.outcome, Outcome::Rejected);
    let rejected_by = record.rejected_by.unwrap();
    assert_eq!(rejected_by.kind, RejectingLimit::QuotaRequests);
    assert_eq!(rejected_by.scope, LimitScope::User);
    assert_eq!(
        (rejected_by.limit, rejected_by.used, rejected_by.needed),
        (1, 1, Some(1))
    );
    assert!(rejected_by.resets_at.unwrap() > record.started_at);
    let quota = rejected_by.quota.unwrap();
    assert_eq!(quota.window, WindowKind::Day);
    assert_eq!(quota.timezone.as_deref(), Some("Asia/Ho_Chi_Minh"));
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        record.error_message.as_deref(),
        body["error"]["message"].as_str()
    );
}

#[tokio::test]
async fn the_rate_limit_that_rejected_a_request_is_recorded() {
    let mut client = Client::before(in_json(200, &json!({}))).await;
    let holder = LimitHolder::User(client.app.caller(&client.key).user_id);
    let limit = RateLimit {
        requests_per_minute: Some(1),
        ..RateLimit::default()
    };
    let quotas = &client.app.services.quotas;
    quotas
        .set_rate_limit(test_context(), holder, None, limit)
        .await
        .unwrap();
    client.send(CHAT).await;

    let (_, _, record) = client.send(CHAT).await;

    let rejected_by = record.rejected_by.unwrap();
    assert_eq!(rejected_by.kind, RejectingLimit::RequestsPerMinute);
    assert_eq!((rejected_by.limit, rejected_by.used), (1, 1));
    assert!(rejected_by.resets_at.unwrap() > record.started_at);
    assert_eq!(rejected_by.quota, None);
}

#[tokio::test]
async fn other_errors_of_the_gateway_are_recorded_with_their_message() {
    let app = TestApp::with_engine(in_json(200, &json!({}))).await;
    let mut client = Client::of(app).await;
    client.key = client.app.issue_restricted_key(&["other"]).await;

    let (status, body, record) = client.send(CHAT).await;

    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(
        record.error_code.as_deref(),
        Some("proxypal_model_not_allowed")
    );
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        record.error_message.as_deref(),
        body["error"]["message"].as_str()
    );
    assert_eq!(record.rejected_by, None);
}

#[tokio::test]
async fn an_engine_that_is_down_is_recorded_with_the_message_that_the_client_received() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = listener.local_addr().unwrap();
    drop(listener);
    let mut options = Options::default()
        .with("--engine=external")
        .with(&format!("--engine-url=http://{nowhere}"));
    options.secrets.engine_api_key = Some("k".into());
    let app = TestApp::start(options, TestDatabase::create().await).await;
    let mut client = Client::of(app).await;

    let (status, body, record) = client.send(CHAT).await;

    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(record.http_status, Some(503));
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        record.error_message.as_deref(),
        body["error"]["message"].as_str()
    );
}
