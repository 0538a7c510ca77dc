//! Several keys are revoked in one call.

use entity::admin::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Caller, ControlPlane, code, test_context};

const REVOKE: &str = "mutation($ids: [ID!]!) { revokeApiKeys(ids: $ids) {
    results { id outcome apiKey { state } } } }";
const EVENTS: &str = "query($filter: AuditEventFilter) { auditEvents(filter: $filter, first: 200) {
    nodes { subject { kind id } before after } } }";
const WHO: &str = "{ viewer { __typename } }";

/// So many users with a key each.
async fn holders(plane: &ControlPlane, count: usize) -> (Vec<Uuid>, Vec<Caller>) {
    let (mut keys, mut tools) = (Vec::new(), Vec::new());
    for number in 0..count {
        let (user, tool) = plane.key_holder(&format!("user {number}")).await;
        keys.push(plane.services.api_keys.of_users(&[user]).await.unwrap()[0].id);
        tools.push(tool);
    }
    (keys, tools)
}

async fn events(plane: &ControlPlane) -> Vec<Value> {
    let viewer = plane.script(Role::Viewer).await;
    let filter = json!({ "filter": { "actions": ["revokeApiKeys"] } });
    let answer = viewer.ask_with(EVENTS, filter).await;
    let nodes = answer["data"]["auditEvents"]["nodes"].as_array();
    nodes.unwrap_or_else(|| panic!("{answer}")).clone()
}

#[tokio::test]
async fn each_key_has_a_result_and_each_revoked_one_an_event() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (keys, tools) = holders(&plane, 4).await;
    plane
        .services
        .api_keys
        .revoke(test_context(), keys[2], true)
        .await
        .unwrap();
    let unknown = Uuid::now_v7();

    let ids = json!([keys[1], unknown, keys[2], "no id", keys[0]]);
    let answer = admin.ask_with(REVOKE, json!({ "ids": ids })).await;

    let revoked = json!({ "state": "REVOKED" });
    let result = |id: Value, outcome: &str, key: &Value| json!({ "id": id, "outcome": outcome, "apiKey": key });
    assert_eq!(
        answer["data"]["revokeApiKeys"]["results"],
        json!([
            result(json!(keys[1]), "REVOKED", &revoked),
            result(json!(unknown), "NOT_FOUND", &Value::Null),
            result(json!(keys[2]), "ALREADY_REVOKED", &revoked),
            result(json!("no id"), "NOT_FOUND", &Value::Null),
            result(json!(keys[0]), "REVOKED", &revoked),
        ]),
        "{answer}"
    );
    for (tool, expected) in
        tools
            .iter()
            .zip(["UNAUTHENTICATED", "UNAUTHENTICATED", "UNAUTHENTICATED", ""])
    {
        assert_eq!(code(&tool.ask(WHO).await), expected);
    }
    let events = events(&plane).await;
    let mut subjects: Vec<_> = events
        .iter()
        .map(|event| event["subject"]["id"].clone())
        .collect();
    subjects.sort_by_key(ToString::to_string);
    let mut expected = vec![json!(keys[0]), json!(keys[1])];
    expected.sort_by_key(ToString::to_string);
    assert_eq!(subjects, expected);
    assert!(
        events
            .iter()
            .all(|event| event["after"]["revokedAt"].is_string())
    );
}

#[tokio::test]
async fn a_key_that_two_revoke_at_the_same_time_has_one_event() {
    let plane = ControlPlane::start().await;
    let (first, second) = (
        plane.script(Role::Admin).await,
        plane.script(Role::Owner).await,
    );
    let (mut keys, _) = holders(&plane, 20).await;
    let forwards = json!({ "ids": keys });
    keys.reverse();
    let backwards = json!({ "ids": keys });

    let (one, other) = tokio::join!(
        first.ask_with(REVOKE, forwards),
        second.ask_with(REVOKE, backwards)
    );

    assert_eq!((code(&one), code(&other)), ("", ""), "{one} {other}");
    let revoked = |answer: &Value| {
        let results = answer["data"]["revokeApiKeys"]["results"].as_array();
        let outcomes = results.unwrap().iter().map(|result| &result["outcome"]);
        outcomes.filter(|outcome| **outcome == "REVOKED").count()
    };
    assert_eq!(revoked(&one) + revoked(&other), 20);
    let of_keys = events(&plane).await;
    let of_keys = of_keys.iter().filter(|event| event["subject"].is_object());
    assert_eq!(of_keys.count(), 20);
}

#[tokio::test]
async fn at_most_200_keys_are_revoked_per_call_and_only_by_administrators() {
    let plane = ControlPlane::start().await;
    let (admin, viewer) = (
        plane.script(Role::Admin).await,
        plane.script(Role::Viewer).await,
    );
    let (keys, tools) = holders(&plane, 1).await;

    let too_many = admin
        .ask_with(REVOKE, json!({ "ids": vec![keys[0]; 201] }))
        .await;
    let refused = viewer.ask_with(REVOKE, json!({ "ids": keys })).await;
    let none = admin.ask_with(REVOKE, json!({ "ids": [] })).await;

    assert!(too_many["errors"].is_array(), "{too_many}");
    assert_eq!(code(&refused), "FORBIDDEN");
    assert_eq!(none["data"]["revokeApiKeys"]["results"], json!([]));
    assert_eq!(code(&tools[0].ask(WHO).await), "");
    let most = admin
        .ask_with(REVOKE, json!({ "ids": vec![keys[0]; 200] }))
        .await;
    assert_eq!(code(&most), "", "{most}");
    assert_eq!(code(&tools[0].ask(WHO).await), "UNAUTHENTICATED");
}
