//! Accounts come and go, and the engine is stopped and started, while the server runs.

use entity::{provider_account::ProviderKind, request::Outcome};
use proxypal_server::engine::EngineState;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Delivery, Managed, Protocol};
use crate::support::test_context;

async fn ask_for(managed: &Managed, model: &str) -> reqwest::Response {
    let mut body = Protocol::Chat.body(Delivery::Whole, "usage:output=3");
    body["model"] = json!(model);
    let request = managed
        .app
        .http
        .post(managed.app.url("/v1/chat/completions"));
    let request = request.bearer_auth(&managed.key).json(&body);
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_account_is_used_immediately_and_a_removed_one_is_not() {
    let mut managed = Managed::start().await;
    let before = managed.app.services.engine.status();
    let kind = ProviderKind::OpenaiCompatible;

    let late = managed.add(managed.provider.account(kind, "late")).await;
    managed.lists("late", true).await;
    let used = ask_for(&managed, "late").await;
    let record = managed.next_record().await;
    let record = managed.reconciled(record.id).await;

    let accounts = &managed.app.services.provider_accounts;
    accounts.remove(test_context(), late).await.unwrap();
    managed.lists("late", false).await;
    let refused = ask_for(&managed, "late").await;

    let used_account = accounts.find_many(&[late]).await.unwrap().remove(0);
    assert!(used_account.last_used_at.is_some());
    assert_eq!(used.status(), StatusCode::OK);
    assert_eq!(record.account_id, Some(late));
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(managed.next_record().await.outcome, Outcome::UpstreamError);
    let after = managed.app.services.engine.status();
    assert_eq!((after.pid, after.restarts), (before.pid, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_through_openrouter_names_it_in_its_row() {
    let mut managed = Managed::start().await;
    let routed = managed.provider.account(ProviderKind::Openrouter, "routed");
    let account = managed.add(routed).await;
    managed.lists("routed", true).await;

    let answer = ask_for(&managed, "routed").await;

    assert_eq!(answer.status(), StatusCode::OK);
    let record = managed.next_record().await;
    let record = managed.reconciled(record.id).await;
    assert_eq!(record.provider, Some(ProviderKind::Openrouter));
    assert_eq!(record.account_id, Some(account));
    assert_eq!(record.output_tokens, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_engine_is_reported_as_unavailable_until_it_is_started() {
    let managed = Managed::start().await;

    managed.app.services.engine.stop().await.unwrap();
    let away = ask_for(&managed, "stub-chat").await;
    let started = managed.app.services.engine.start().await.unwrap();
    let back = ask_for(&managed, "stub-chat").await;

    assert_eq!(away.status(), StatusCode::SERVICE_UNAVAILABLE);
    let away: Value = away.json().await.unwrap();
    assert_eq!(away["error"]["code"], "proxypal_engine_unavailable");
    assert_eq!(started.state, EngineState::Running);
    assert_eq!(back.status(), StatusCode::OK);
}
