//! Provider accounts: the requests through each.

use chrono::TimeDelta;
use entity::{
    admin::Role,
    provider_account::ProviderKind,
    request::{Outcome, Protocol},
};
use proxypal_server::domain::{engine_usage::EngineUsage, requests::RequestRecord, tokens::Tokens};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

use crate::support::{Caller, ControlPlane, code, completed, eventually};

const ADD: &str = "mutation($input: AddProviderApiKeyInput!) { addProviderApiKey(input: $input) { account { id } } }";
const TRAFFIC: &str = "{ providers { accounts { label
    day: traffic { from requests failed errorRate p95DurationMs cost unpriced }
    week: traffic(period: LAST_7_DAYS) { requests failed errorRate p95DurationMs } } } }";

async fn add(admin: &Caller, label: &str) -> Uuid {
    let input =
        json!({ "kind": "CLAUDE", "apiKey": format!("sk-ant-{label}-0123456789"), "label": label });
    let added = admin.ask_with(ADD, json!({ "input": input })).await;
    assert_eq!(code(&added), "", "{added}");
    let id = &added["data"]["addProviderApiKey"]["account"]["id"];
    id.as_str().unwrap().parse().unwrap()
}

/// A request through an account, once the engine has reported on it.
async fn request(
    (plane, user_id): (&ControlPlane, Uuid),
    account_id: Uuid,
    (outcome, millis): (Outcome, u64),
) {
    let keys = plane.services.api_keys.of_users(&[user_id]).await.unwrap();
    let record = RequestRecord {
        duration: Duration::from_millis(millis),
        endpoint: "POST /v1/messages".to_owned(),
        protocol: Protocol::AnthropicMessages,
        model: Some("claude-opus-4-1".to_owned()),
        outcome,
        tokens: Some(Tokens::default()),
        ..completed(user_id, keys[0].id, plane.services.clock.now())
    };
    let request_id = record.id;
    plane
        .handles
        .recorder
        .permit()
        .await
        .unwrap()
        .record(record);
    let report = EngineUsage {
        request_id,
        provider: Some(ProviderKind::Claude),
        account_id: Some(account_id),
        failed: outcome != Outcome::Completed,
        status: None,
        message: None,
        tokens: None,
        service_tier: None,
    };
    plane.handles.reports.send(report).await.unwrap();
    eventually("the engine's report", async || {
        let row = plane.services.requests.find(request_id).await.unwrap()?;
        row.account_id.map(drop)
    })
    .await;
}

#[tokio::test]
async fn the_requests_through_each_account_are_counted_by_day_and_week() {
    let plane = ControlPlane::start().await;
    let (admin, viewer) = (plane.admin().await, plane.script(Role::Viewer).await);
    let (ada, _) = plane.key_holder("ada").await;
    let (busy, idle) = (add(&admin, "busy").await, add(&admin, "idle").await);
    assert_ne!(busy, idle);
    request((&plane, ada), busy, (Outcome::Completed, 9_000)).await;
    plane.advance(TimeDelta::days(3));
    for millis in [100, 200, 300] {
        request((&plane, ada), busy, (Outcome::Completed, millis)).await;
    }
    request((&plane, ada), busy, (Outcome::UpstreamError, 60_000)).await;

    let answer = viewer.ask(TRAFFIC).await;

    let of = |label: &str| -> Value {
        let providers = answer["data"]["providers"].as_array().unwrap();
        let mut accounts = providers
            .iter()
            .flat_map(|provider| provider["accounts"].as_array().unwrap());
        accounts.find(|one| one["label"] == label).unwrap().clone()
    };
    let day = &of("busy")["day"];
    assert_eq!(
        (&day["requests"], &day["failed"]),
        (&json!(4), &json!(1)),
        "{answer}"
    );
    assert_eq!(day["errorRate"], 0.25);
    assert_eq!(day["p95DurationMs"], 300);
    let week = json!({ "requests": 5, "failed": 1, "errorRate": 0.2, "p95DurationMs": 9000 });
    assert_eq!(of("busy")["week"], week);
    let none = json!({ "requests": 0, "failed": 0, "errorRate": null, "p95DurationMs": null });
    assert_eq!(of("idle")["week"], none);
}
