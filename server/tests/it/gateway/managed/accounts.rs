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

/// Adds an account, sends a request to its model, and reads the row.
async fn served_by(managed: &mut Managed, kind: ProviderKind, (path, body): (&str, Value)) {
    let model = "of-google";
    let account = managed.provider.account(kind, model);
    let account = managed.add(account).await;
    managed.lists(model, true).await;
    let url = managed.app.url(path);
    let request = managed.app.http.post(url).bearer_auth(&managed.key);
    let answer = request.json(&body).send().await.unwrap();

    assert_eq!(answer.status(), StatusCode::OK, "{kind:?}");
    let record = managed.next_record().await;
    let record = managed.reconciled(record.id).await;
    assert_eq!(
        (record.provider, record.account_id),
        (Some(kind), Some(account))
    );
    assert_eq!(
        (
            record.input_tokens,
            record.output_tokens,
            record.reasoning_tokens
        ),
        (Some(9), Some(4), Some(2)),
        "{kind:?}"
    );
    let checked = managed.app.services.checkup.check_account(account).await;
    let checked = checked.unwrap();
    assert_eq!(checked.account.last_error, None, "{kind:?}");
    let tested = managed
        .app
        .services
        .checkup
        .test_model(account, model)
        .await;
    assert!(tested.unwrap().succeeded, "{kind:?}");
    let accounts = &managed.app.services.provider_accounts;
    accounts.remove(test_context(), account).await.unwrap();
    managed.lists(model, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_vertex_and_of_gemini_interactions_serve_are_checked_and_are_named_in_rows() {
    let mut managed = Managed::start().await;
    let script = "usage:input=9,output=4,reasoning=2";
    let contents = json!({"contents": [{"role": "user", "parts": [{"text": script}]}]});
    let vertex = ("/v1beta/models/of-google:generateContent", contents);
    let interaction = json!({"model": "of-google", "input": script});
    let interaction = ("/v1beta/interactions", interaction);

    served_by(&mut managed, ProviderKind::Vertex, vertex).await;
    served_by(&mut managed, ProviderKind::GeminiInteractions, interaction).await;
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
