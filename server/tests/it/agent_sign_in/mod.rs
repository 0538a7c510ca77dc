//! Agents sign in to this server: by device, by browser, and with the tokens that they get.

mod browser;
mod device;
mod endings;
mod tokens;

use entity::audit_event;
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Caller, ControlPlane, Options, TestApp};

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const CONFIRM: &str = "mutation($code: String!, $name: String!) {
    confirmAgentSignIn(code: $code, name: $name) { id redirectUrl } }";
const DENY: &str = "mutation($code: String!) { denyAgentSignIn(code: $code) { id redirectUrl } }";
const REVOKE: &str = "mutation($id: ID!) { revokeOwnAgentSignIn(id: $id) { apiKey { id state } } }";
const SHOW: &str = "query($code: String!) { viewer { ... on KeyHolder {
    agentSignInRequest(code: $code) { agent surface clientId clientIp isOnThisMachine isLongLived days } } } }";
const WHO: &str = "{ viewer { ... on KeyHolder { user { name } apiKey {
    id name prefix lastFour state expiresAt allowedModels rateLimit { requestsPerMinute }
    agentSignIn { agent surface clientIp refreshedAt } } } } }";
const KEYS: &str =
    "{ viewer { ... on KeyHolder { user { apiKeys(includeRevoked: true) { id name state
    agentSignIn { agent } } } } } }";

/// Sends a form, and returns the status and the answer; null without a body.
async fn form(caller: &Caller, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let request = caller
        .request(reqwest::Method::POST, path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    if path != "/oauth/revoke" || status != 200 {
        assert_eq!(answer.headers()["content-type"], "application/json");
    }
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

async fn begin(caller: &Caller) -> Value {
    let fields = [("surface", "claude_code"), ("unknown", "field")];
    let (status, codes) = form(caller, "/oauth/device_authorization", &fields).await;
    assert_eq!(status, 200, "{codes}");
    codes
}

async fn poll(caller: &Caller, codes: &Value) -> (u16, Value) {
    let fields = [
        ("grant_type", DEVICE_GRANT),
        ("device_code", codes["device_code"].as_str().unwrap()),
    ];
    form(caller, "/oauth/token", &fields).await
}

async fn refresh(caller: &Caller, token: &Value) -> (u16, Value) {
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str().unwrap()),
    ];
    form(caller, "/oauth/token", &fields).await
}

async fn confirm(holder: &Caller, code: &Value, name: &str) -> Value {
    holder
        .ask_with(CONFIRM, json!({ "code": code, "name": name }))
        .await
}

/// Signs an agent in by device, and returns its tokens.
async fn sign_in(anyone: &Caller, holder: &Caller) -> Value {
    let codes = begin(anyone).await;
    let confirmed = confirm(holder, &codes["user_code"], "laptop").await;
    assert!(confirmed["errors"].is_null(), "{confirmed}");
    let (status, tokens) = poll(anyone, &codes).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

/// A server with a manual clock, and Ada with a key.
struct Signing {
    plane: ControlPlane,
    ada: Uuid,
    holder: Caller,
    agent: Caller,
}

impl Signing {
    async fn start() -> Self {
        let plane = ControlPlane::start().await;
        let (ada, holder) = plane.key_holder("ada").await;
        let agent = plane.anonymous().with("user-agent", "claude-code/2.1.332");
        Self {
            plane,
            ada,
            holder,
            agent,
        }
    }

    fn with_token(&self, tokens: &Value) -> Caller {
        let token = tokens["access_token"].as_str();
        let token = token.unwrap_or_else(|| panic!("{tokens}"));
        self.plane.anonymous().with_bearer(token)
    }

    /// Whether a token is accepted on a path of the gateway.
    async fn works(&self, tokens: &Value) -> bool {
        let answer = self.with_token(tokens).get("/v1/proxypal/usage").await;
        answer.status() == 200
    }

    /// The id of the key of a sign-in.
    async fn key_of(&self, tokens: &Value) -> Uuid {
        let who = self.with_token(tokens).ask(WHO).await;
        let id = &who["data"]["viewer"]["apiKey"]["id"];
        id.as_str()
            .unwrap_or_else(|| panic!("{who}"))
            .parse()
            .unwrap()
    }

    /// The actions in the audit, the latest first.
    async fn actions(&self) -> Vec<String> {
        let events = audit_event::Entity::find().order_by_desc(audit_event::Column::Sequence);
        let events = events.all(self.plane.db.reader()).await.unwrap();
        events.into_iter().map(|event| event.action).collect()
    }
}
