//! Quotas and rate limits hold for every caller and every form of a request.

mod one_dollar;
mod pace;
mod quotas;
mod readings;
mod reports;
mod unpriced;
mod waiting;

use axum::{Json, Router, http::Uri, routing::post};
use entity::{
    RateLimit,
    quota::{FreeModelPolicy, Metric, UnpricedPolicy, WindowKind},
    request::Outcome,
};
use proxypal_server::domain::{
    ledger::{QuotaState, QuotaStatus},
    users::{
        api_keys::NewApiKey,
        quotas::{LimitHolder, NewQuota},
    },
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Records, Script, TestApp, test_context};

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";
const RESPONSES: &str = "/v1/responses";
const GEMINI: &str = "/v1beta/models/m:generateContent";

/// An engine that uses the tokens that it is asked to use: `"use": [input, output]`.
fn engine() -> Script {
    let answer = async |uri: Uri, Json(asked): Json<Value>| {
        let (input, output) = (&asked["use"][0], &asked["use"][1]);
        Json(match uri.path() {
            MESSAGES => json!({
                "type": "message", "usage": { "input_tokens": input, "output_tokens": output },
            }),
            GEMINI => json!({
                "candidates": [{ "finishReason": "STOP" }],
                "usageMetadata": { "promptTokenCount": input, "candidatesTokenCount": output },
            }),
            _ => json!({ "usage": { "prompt_tokens": input, "completion_tokens": output } }),
        })
    };
    Router::new().fallback(post(answer))
}

/// A user with a key, before an engine.
struct User {
    app: TestApp,
    id: Uuid,
    key: String,
    records: tokio::sync::Mutex<Records>,
}

impl User {
    async fn new() -> Self {
        Self::before(engine()).await
    }

    /// A user who may call as fast as they can.
    async fn before(script: Script) -> Self {
        let app = Box::pin(TestApp::with_engine(script)).await;
        app.without_rate_limit().await;
        Self::of(app).await
    }

    async fn of(app: TestApp) -> Self {
        let key = app.issue_key().await;
        let caller = app.services.api_keys.ring().find(key.as_bytes());
        Self {
            id: caller.unwrap().user_id,
            key,
            records: tokio::sync::Mutex::new(app.records().await),
            app,
        }
    }

    async fn limit(&self, quotas: &[NewQuota]) {
        let holder = LimitHolder::User(self.id);
        let set = self
            .app
            .services
            .quotas
            .set(test_context(), holder, None, quotas);
        set.await.unwrap();
    }

    async fn limit_rate(&self, limit: RateLimit) {
        let holder = LimitHolder::User(self.id);
        let set = self
            .app
            .services
            .quotas
            .set_rate_limit(test_context(), holder, None, limit);
        set.await.unwrap();
    }

    /// One more key, and its id.
    async fn another_key(&self) -> (Uuid, String) {
        let keys = &self.app.services.api_keys;
        let issued = keys
            .issue(test_context(), self.id, NewApiKey::default())
            .await
            .unwrap();
        let secret = issued.secret.expose_secret().to_owned();
        (issued.api_key.id, secret)
    }

    async fn send(&self, path: &str, key: &str, body: Value) -> reqwest::Response {
        let request = self.app.http.post(self.app.url(path));
        let request = request.bearer_auth(key).json(&body);
        request.send().await.unwrap()
    }

    async fn ask(&self, body: Value) -> reqwest::Response {
        self.send(CHAT, &self.key, body).await
    }

    /// The status, and the code of what was refused.
    async fn outcome(&self, body: Value) -> (u16, String) {
        let answer = self.ask(body).await;
        let status = answer.status().as_u16();
        let answer: Value = answer.json().await.unwrap();
        let code = answer["error"]["code"].as_str().unwrap_or_default();
        (status, code.to_owned())
    }

    /// Uses tokens, and waits until they are counted.
    async fn spend(&mut self, model: &str, tokens: [i64; 2]) {
        let body = json!({ "model": model, "use": tokens });
        assert_eq!(self.outcome(body).await, (200, String::new()));
        self.settled().await;
    }

    /// Waits until one more request that passed is counted.
    async fn settled(&mut self) {
        let records = self.records.get_mut();
        while records.next().await.outcome == Outcome::Rejected {}
    }

    fn meters(&self) -> Vec<QuotaState> {
        self.app.services.ledger.user_limits(self.id).meters()
    }

    /// The state of the only quota.
    fn standing(&self) -> QuotaStatus {
        let now = self.app.services.clock.now();
        self.meters()[0].standing(now)
    }

    async fn used_tokens(&self) -> i64 {
        let user = self.app.services.users.find(self.id).await.unwrap();
        user.unwrap().used_tokens
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

fn tokens(limit: i64) -> NewQuota {
    quota(Metric::Tokens, limit)
}

fn refused(code: &str) -> (u16, String) {
    (429, code.to_owned())
}

fn passed() -> (u16, String) {
    (200, String::new())
}

fn used_up() -> (u16, String) {
    refused("proxypal_quota_exceeded")
}

/// A small request.
fn small() -> Value {
    json!({ "model": "m", "use": [1, 1], "max_tokens": 1 })
}
