//! A strict quota believes a bound only where it reaches the provider.

use entity::quota::{FreeModelPolicy, Metric, UnpricedPolicy, WindowKind};
use proxypal_server::domain::users::quotas::{LimitHolder, NewQuota};
use serde_json::{Value, json};

use super::Managed;
use crate::support::test_context;

/// The code of our refusal; nothing when the request was forwarded.
async fn refusal(managed: &Managed, path: &str, body: Value) -> Option<String> {
    let request = managed.app.http.post(managed.app.url(path));
    let answer = request.bearer_auth(&managed.key).json(&body).send().await;
    let answer = answer.unwrap();
    let code = answer.headers().get("x-proxypal-error");
    code.map(|code| code.to_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_whose_account_ignores_output_bounds_is_refused_under_a_strict_quota() {
    let managed = Managed::start().await;
    let caller = managed
        .app
        .services
        .api_keys
        .ring()
        .find(managed.key.as_bytes());
    let strict = NewQuota {
        metric: Metric::Tokens,
        limit: 1_000_000,
        window: WindowKind::Month,
        rolling_seconds: None,
        timezone: "UTC".to_owned(),
        provider: None,
        model_pattern: None,
        soft_percents: Vec::new(),
        strict: true,
        unpriced: UnpricedPolicy::default(),
        free_models: FreeModelPolicy::default(),
    };
    let holder = LimitHolder::User(caller.unwrap().user_id);
    managed
        .app
        .services
        .quotas
        .set(test_context(), holder, None, &[strict])
        .await
        .unwrap();
    let said = json!([{"role": "user", "content": "in=1 out=1"}]);
    let chat = |model: &str| json!({"model": model, "max_tokens": 9, "messages": said});
    let unbounded = Some("proxypal_unbounded".to_owned());

    for model in ["stub-chat", "stub-claude", "stub-gemini"] {
        assert_eq!(
            refusal(&managed, "/v1/chat/completions", chat(model)).await,
            None,
            "{model}"
        );
    }
    let codex = refusal(&managed, "/v1/chat/completions", chat("stub-codex")).await;
    assert_eq!(codex, unbounded);
    let response = json!({"model": "stub-codex", "max_output_tokens": 9, "input": "in=1 out=1"});
    assert_eq!(
        refusal(&managed, "/v1/responses", response).await,
        unbounded
    );

    // The engine translates a message for Gemini without its bound.
    for (model, expected) in [
        ("stub-claude", None),
        ("stub-chat", None),
        ("stub-gemini", unbounded),
    ] {
        assert_eq!(
            refusal(&managed, "/v1/messages", chat(model)).await,
            expected,
            "{model}"
        );
    }
}
