//! Which requests are admitted, and how others are refused.

use axum::{
    Json, Router,
    http::{StatusCode, Uri},
    routing::{get, post},
};
use chrono::TimeDelta;
use entity::request::Outcome;
use proxypal_server::domain::{
    patch::Patch,
    users::api_keys::{ApiKeyChanges, IssuedApiKey, NewApiKey},
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::raw::Raw;
use crate::support::{TestApp, test_context};

fn engine() -> Router {
    let models = json!({"object": "list", "data": [{"id": "gpt-5"}, {"id": "claude-opus"}, {"id": "gpt-5-mini"}]});
    let gemini = json!({"models": [{"name": "models/gpt-5"}, {"name": "models/claude-opus"}]});
    Router::new()
        .route("/v1/models", get(move || async move { Json(models) }))
        .route("/v1beta/models", get(move || async move { Json(gemini) }))
        .fallback(post(async || {
            Json(json!({"usage": {"prompt_tokens": 1, "completion_tokens": 1}}))
        }))
}

async fn ask(app: &TestApp, path: &str, key: &str, body: &str) -> reqwest::Response {
    app.http
        .post(app.url(path))
        .bearer_auth(key)
        .body(body.to_owned())
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn anonymous_clients_are_refused_in_the_dialect_of_the_route() {
    let app = TestApp::with_engine(engine()).await;
    let key = app.issue_key().await;
    let last = if key.ends_with('x') { 'y' } else { 'x' };
    let forged = format!("{}{last}", &key[..key.len() - 1]);

    for presented in ["", "sk-unknown", &forged, "ppt_x"] {
        let openai: Value = ask(&app, "/v1/chat/completions", presented, "{}")
            .await
            .json()
            .await
            .unwrap();
        assert_eq!(openai["error"]["code"], "proxypal_unknown_key");
        let anthropic: Value = ask(&app, "/v1/messages", presented, "{}")
            .await
            .json()
            .await
            .unwrap();
        assert_eq!(anthropic["error"]["type"], "authentication_error");
        let gemini: Value = ask(&app, "/v1beta/models/m:generateContent", presented, "{}")
            .await
            .json()
            .await
            .unwrap();
        assert_eq!(gemini["error"]["status"], "UNAUTHENTICATED");
    }
    let answer = ask(&app, "/v1/messages", "sk-unknown", "{}").await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers()["x-proxypal-error"], "proxypal_unknown_key");
    assert!(answer.headers().contains_key("x-request-id"));
}

#[tokio::test]
async fn a_revoked_expired_or_disabled_key_is_invalid_immediately() {
    let app = TestApp::with_engine(engine()).await;
    let services = &app.services;
    let key = app.issue_key().await;
    let caller = services.api_keys.ring().find(key.as_bytes()).unwrap();
    let assert_invalid =
        async |key: &str| assert_eq!(ask(&app, "/v1/messages", key, "{}").await.status(), 401);
    let assert_valid =
        async |key: &str| assert_eq!(ask(&app, "/v1/messages", key, "{}").await.status(), 200);

    assert_valid(&key).await;
    services
        .users
        .set_enabled(test_context(), &[caller.user_id], false)
        .await
        .unwrap();
    assert_invalid(&key).await;
    services
        .users
        .set_enabled(test_context(), &[caller.user_id], true)
        .await
        .unwrap();
    assert_valid(&key).await;

    let (new, _) = services
        .api_keys
        .rotate(test_context(), caller.api_key_id, TimeDelta::seconds(60))
        .await
        .unwrap();
    assert_valid(&key).await;
    assert_valid(new.secret.expose_secret()).await;
    services
        .api_keys
        .revoke(test_context(), caller.api_key_id, true)
        .await
        .unwrap();
    assert_invalid(&key).await;

    let soon = services.clock.now() + TimeDelta::milliseconds(200);
    let changes = ApiKeyChanges {
        expires_at: Patch::Set(soon),
        ..ApiKeyChanges::default()
    };
    services
        .api_keys
        .update(test_context(), new.api_key.id, None, changes)
        .await
        .unwrap();
    while services.clock.now() <= soon {
        tokio::task::yield_now().await;
    }
    assert_invalid(new.secret.expose_secret()).await;
}

/// The error for the holder of a key, in each format.
async fn problem(app: &TestApp, key: &str) -> String {
    let mut codes = Vec::new();
    for (path, message, code) in [
        ("/v1/chat/completions", "/error/message", "/error/code"),
        ("/v1/messages", "/error/message", "/error/code"),
        (
            "/v1beta/models/m:generateContent",
            "/error/message",
            "/error/details/0/reason",
        ),
    ] {
        let answer = ask(app, path, key, "{}").await;
        assert_eq!(answer.status(), 401, "{path}");
        assert_eq!(answer.headers()["x-should-retry"], "false", "{path}");
        let header = answer.headers()["x-proxypal-error"]
            .to_str()
            .unwrap()
            .to_owned();
        let body: Value = answer.json().await.unwrap();
        let text = |pointer: &str| body.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        assert!(text(message).contains("administrator"), "{body}");
        assert_eq!(text(code), header, "{path}");
        codes.push(header);
    }
    codes.dedup();
    assert_eq!(codes.len(), 1, "{codes:?}");
    codes.remove(0)
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one scenario, step by step")]
async fn only_the_holder_of_an_invalid_key_sees_why_it_is_invalid() {
    let app = TestApp::with_engine(engine()).await;
    let services = &app.services;
    let api_keys = &services.api_keys;
    let key = app.issue_key().await;
    let user = app.caller(&key).user_id;
    let issue = async || {
        api_keys
            .issue(test_context(), user, NewApiKey::default())
            .await
            .unwrap()
    };

    let revoked = issue().await;
    api_keys
        .revoke(test_context(), revoked.api_key.id, true)
        .await
        .unwrap();
    let replaced = issue().await;
    let no_grace = TimeDelta::zero();
    api_keys
        .rotate(test_context(), replaced.api_key.id, no_grace)
        .await
        .unwrap();
    let expired = issue().await;
    let soon = services.clock.now() + TimeDelta::milliseconds(50);
    let changes = ApiKeyChanges {
        expires_at: Patch::Set(soon),
        ..ApiKeyChanges::default()
    };
    api_keys
        .update(test_context(), expired.api_key.id, None, changes)
        .await
        .unwrap();
    while services.clock.now() <= soon {
        tokio::task::yield_now().await;
    }
    let secret = |issued: &IssuedApiKey| issued.secret.expose_secret().to_owned();

    assert_eq!(problem(&app, &secret(&revoked)).await, "proxypal_revoked");
    assert_eq!(
        problem(&app, &secret(&replaced)).await,
        "proxypal_key_replaced"
    );
    assert_eq!(
        problem(&app, &secret(&expired)).await,
        "proxypal_key_expired"
    );
    services
        .users
        .set_enabled(test_context(), &[user], false)
        .await
        .unwrap();
    assert_eq!(problem(&app, &key).await, "proxypal_user_disabled");
    services
        .users
        .set_enabled(test_context(), &[user], true)
        .await
        .unwrap();
    services.users.archive(test_context(), user).await.unwrap();
    assert_eq!(problem(&app, &key).await, "proxypal_user_archived");

    let last = if key.ends_with('x') { 'y' } else { 'x' };
    let forged = format!("{}{last}", &key[..key.len() - 1]);
    assert_eq!(problem(&app, &forged).await, "proxypal_unknown_key");
    assert_eq!(
        problem(&app, &key[..key.len() - 1]).await,
        "proxypal_unknown_key"
    );
}

#[tokio::test]
async fn a_valid_key_is_found_beside_an_invalid_one() {
    let app = TestApp::with_engine(engine()).await;
    let (ended, works) = (app.issue_key().await, app.issue_key().await);
    app.disable_user_of(&ended).await;

    let request = app.http.post(app.url("/v1/messages")).bearer_auth(&ended);
    let answer = request.header("x-api-key", &works).body("{}").send().await;

    assert_eq!(answer.unwrap().status(), 200);
}

#[tokio::test]
async fn a_key_rotated_without_grace_period_is_invalid_and_its_replacement_keeps_its_limits() {
    let app = TestApp::with_engine(engine()).await;
    let key = app.issue_key().await;
    let user = app
        .services
        .api_keys
        .ring()
        .find(key.as_bytes())
        .unwrap()
        .user_id;
    let new = NewApiKey {
        allowed_models: Some(vec!["gpt-5".into()]),
        ..NewApiKey::default()
    };
    let issued = app
        .services
        .api_keys
        .issue(test_context(), user, new)
        .await
        .unwrap();

    let (replacement, _) = app
        .services
        .api_keys
        .rotate(test_context(), issued.api_key.id, TimeDelta::zero())
        .await
        .unwrap();

    assert_eq!(
        ask(&app, "/v1/messages", issued.secret.expose_secret(), "{}")
            .await
            .status(),
        401
    );
    let replacement = replacement.secret.expose_secret();
    assert_eq!(
        ask(
            &app,
            "/v1/messages",
            replacement,
            r#"{"model":"claude-opus"}"#
        )
        .await
        .status(),
        403
    );
    assert_eq!(
        ask(&app, "/v1/messages", replacement, r#"{"model":"gpt-5"}"#)
            .await
            .status(),
        200
    );
}

#[tokio::test]
async fn a_restricted_key_reaches_only_its_models_however_the_body_is_written() {
    let app = TestApp::with_engine(engine()).await;
    let key = app.issue_restricted_key(&["gpt-5*"]).await;
    let cases = [
        (r#"{"model":"gpt-5"}"#, 200),
        (
            r#"{"messages":["model"],"x":{"model":"claude-opus"},"model":"gpt-5-mini"}"#,
            200,
        ),
        (r#"{"model":"claude-opus"}"#, 403),
        (r#"{"mod\u0065l":"claude-opus"}"#, 403),
        (r#"{"model":"gpt-5","model":"claude-opus"}"#, 400),
        (r#"{"model":"gpt-5","Model":"claude-opus"}"#, 400),
        (r#"{"model":7}"#, 400),
        ("{}", 400),
        ("", 400),
        ("nonsense", 400),
    ];

    for (body, status) in cases {
        let answer = ask(&app, "/v1/chat/completions", &key, body).await;
        assert_eq!(answer.status(), status, "{body}");
    }
    let path = "/v1beta/models/claude%2Dopus:generateContent";
    assert_eq!(ask(&app, path, &key, "{}").await.status(), 403);
}

#[tokio::test]
async fn a_refusal_is_recorded_with_its_reason() {
    let app = TestApp::with_engine(engine()).await;
    let key = app.issue_restricted_key(&["gpt-5"]).await;
    let mut records = app.records().await;

    ask(&app, "/v1/messages", &key, r#"{"model":"claude-opus"}"#).await;

    let record = records.next().await;
    assert_eq!(record.outcome, Outcome::Rejected);
    assert_eq!(record.model.as_deref(), Some("claude-opus"));
    assert_eq!(
        record.error_code.as_deref(),
        Some("proxypal_model_not_allowed")
    );
}

#[tokio::test]
async fn lists_of_models_contain_what_the_key_may_use() {
    let app = TestApp::with_engine(engine()).await;
    let restricted = app.issue_restricted_key(&["gpt-5"]).await;
    let free = app.issue_key().await;
    let list = async |path: &str, key: &str| -> Value {
        app.http
            .get(app.url(path))
            .bearer_auth(key)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    };

    assert_eq!(
        list("/v1/models", &restricted).await["data"],
        json!([{"id": "gpt-5"}])
    );
    assert_eq!(
        list("/v1beta/models", &restricted).await["models"],
        json!([{"name": "models/gpt-5"}])
    );
    assert_eq!(
        list("/v1/models", &free).await["data"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_or_without_a_declared_length() {
    let app = TestApp::with_engine(engine()).await;
    let version = app.services.settings.current().version;
    app.services
        .settings
        .update(test_context(), version, |settings| {
            settings.max_body_bytes = 2048;
        })
        .await
        .unwrap();
    let key = app.issue_key().await;

    let honest = ask(&app, "/v1/messages", &key, &" ".repeat(3000)).await;
    assert_eq!(honest.status(), StatusCode::PAYLOAD_TOO_LARGE);
    for start in ["", r#"{"model":"m","#] {
        let mut raw = Raw::connect(app.address).await;
        raw.send(format!("POST /v1/messages HTTP/1.1\r\nhost: h\r\nx-api-key: {key}\r\ntransfer-encoding: chunked\r\n\r\n")).await;
        let spaces = format!("{start}{}", " ".repeat(4000));
        raw.send(format!("{:x}\r\n{spaces}\r\n", spaces.len()))
            .await;
        let answer = raw.read_until("request_too_large").await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    }
}

#[tokio::test]
async fn an_aborted_upload_has_no_effect() {
    let app = TestApp::with_engine(engine()).await;
    let key = app.issue_key().await;
    let mut raw = Raw::connect(app.address).await;
    raw.send(format!("POST /v1/messages HTTP/1.1\r\nhost: h\r\nx-api-key: {key}\r\ncontent-length: 100\r\n\r\n{{\"model\":\"m\",")).await;
    drop(raw);

    assert_eq!(ask(&app, "/v1/messages", &key, "{}").await.status(), 200);
}

/// An engine with the lists that the pickers of Codex and Claude Code ask for.
fn catalogue() -> Router {
    let entry = |slug: &str| json!({"slug": slug, "display_name": slug, "context_window": 200_000, "visibility": "list"});
    let codex = json!({"models": [entry("gpt-5"), entry("gpt-5-mini"), entry("o3")]});
    let model = |id: &str| json!({"id": id, "type": "model", "display_name": id});
    let claude = json!({"data": [model("claude-opus"), model("gpt-5"), model("claude-haiku")],
        "has_more": false, "first_id": "claude-opus", "last_id": "claude-haiku"});
    let list = async move |uri: Uri| {
        let asks_as_codex = uri
            .query()
            .is_some_and(|query| query.contains("client_version"));
        Json(if asks_as_codex { codex } else { claude })
    };
    Router::new().route("/v1/models", get(list))
}

#[tokio::test]
async fn the_lists_of_the_pickers_of_agents_have_the_models_of_the_key_with_their_fields() {
    let app = TestApp::with_engine(catalogue()).await;
    let key = app.issue_restricted_key(&["gpt-5*", "claude-haiku"]).await;
    let list = async |query: &str| -> Value {
        let request = app.http.get(app.url(&format!("/v1/models?{query}")));
        let answer = request.bearer_auth(&key).send().await.unwrap();
        answer.json().await.unwrap()
    };

    let codex = list("client_version=0.171.0").await;
    assert_eq!(
        codex,
        json!({"models": [
            {"slug": "gpt-5", "display_name": "gpt-5", "context_window": 200_000, "visibility": "list"},
            {"slug": "gpt-5-mini", "display_name": "gpt-5-mini", "context_window": 200_000, "visibility": "list"},
        ]})
    );
    let claude = list("limit=1000").await;
    assert_eq!(
        claude,
        json!({"data": [
            {"id": "gpt-5", "type": "model", "display_name": "gpt-5"},
            {"id": "claude-haiku", "type": "model", "display_name": "claude-haiku"},
        ], "has_more": false, "first_id": "gpt-5", "last_id": "claude-haiku"})
    );
}
