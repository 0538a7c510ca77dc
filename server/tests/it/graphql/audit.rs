//! The audit: every change records an event, and the hash chain shows changes of the events.

use entity::{
    admin::Role,
    audit_event::{self, ActorKind},
};
use proxypal_server::domain::audit::{Audit, ChainBreak};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, IntoActiveModel as _,
    QueryOrder as _,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::access::{operations, types};
use crate::support::{ControlPlane, PASSWORD, code};

const EVENTS: &str = "query($filter: AuditEventFilter, $first: Int, $after: String) {
    auditEvents(filter: $filter, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        nodes { sequence action address errorCode before after hash previousHash
            actor { kind name } subject { kind id name } } } }";

async fn audit_events(plane: &ControlPlane, filter: Value) -> Vec<Value> {
    let viewer = plane.script(Role::Viewer).await;
    let answer = viewer
        .ask_with(EVENTS, json!({ "filter": filter, "first": 200 }))
        .await;
    let nodes = answer["data"]["auditEvents"]["nodes"].as_array();
    nodes.unwrap_or_else(|| panic!("{answer}")).clone()
}

#[tokio::test]
async fn no_mutation_of_the_schema_passes_by_the_audit() {
    let plane = ControlPlane::start().await;
    let types = types(&plane.admin().await).await;
    let id = Uuid::now_v7().to_string();

    for (field, operation) in operations(&types, &["Mutation"]) {
        // Anonymous callers use these two; they have tests of their own.
        if ["login", "completeSetup"].contains(&field.as_str()) {
            continue;
        }
        let operation = operation.replace("(id: \"x\"", &format!("(id: \"{id}\""));
        for role in [Role::Owner, Role::Viewer] {
            // A caller of its own, because the failures that are recorded of one caller are limited.
            let caller = plane.script(role).await;
            let before = rows(&plane).await.len();
            let answer = caller.ask(&operation).await;
            let events = rows(&plane).await.split_off(before);

            let failed = Some(code(&answer)).filter(|code| !code.is_empty());
            let [event] = events.as_slice() else {
                panic!("{operation}: {answer}, {events:#?}");
            };
            assert_eq!(event.action, field);
            assert_eq!(event.error.as_deref(), failed, "{operation}");
            assert_eq!(event.actor_kind, ActorKind::ApiToken, "{operation}");
            assert_eq!(event.address.as_deref(), Some("127.0.0.1"), "{operation}");
            if failed == Some("FORBIDDEN") {
                assert_eq!((&event.subject_id, &event.after), (&None, &None));
            } else if operation.contains(&id) {
                assert_eq!(event.subject_id.as_ref(), Some(&id), "{operation}");
                assert!(event.subject_kind.is_some(), "{operation}");
            }
        }
    }
}

async fn rows(plane: &ControlPlane) -> Vec<audit_event::Model> {
    let events = audit_event::Entity::find().order_by_asc(audit_event::Column::Sequence);
    events.all(plane.db.reader()).await.unwrap()
}

#[tokio::test]
async fn an_event_has_the_values_before_and_after_the_change() {
    let plane = ControlPlane::start().await;
    let admin = plane.admin().await;
    let created = admin
        .ask(
            "mutation { createUser(input: { name: \"Ada\", note: \"x\" }) { user { id } secret } }",
        )
        .await;
    let id = &created["data"]["createUser"]["user"]["id"];
    let secret = created["data"]["createUser"]["secret"].as_str().unwrap();

    let update = "mutation($id: ID!) { updateUser(id: $id, input: { name: \"Eve\", enabled: false }) { user { id } } }";
    admin.ask_with(update, json!({ "id": id })).await;

    let events = audit_events(&plane, json!({ "subjectId": id })).await;
    assert_eq!(events[0]["action"], "updateUser");
    assert_eq!(
        events[0]["actor"],
        json!({ "kind": "ADMIN", "name": "admin" })
    );
    assert_eq!(events[0]["address"], "127.0.0.1");
    assert_eq!(
        events[0]["subject"],
        json!({ "kind": "user", "id": id, "name": "Eve" })
    );
    assert_eq!(
        events[0]["before"],
        json!({ "name": "Ada", "enabled": true })
    );
    assert_eq!(
        events[0]["after"],
        json!({ "name": "Eve", "enabled": false })
    );
    assert_eq!(events[1]["action"], "createUser");
    assert_eq!(events[1]["after"]["note"], "x");
    assert_eq!(events[1]["before"], Value::Null);
    assert!(!json!(events).to_string().contains(secret), "{events:?}");
}

#[tokio::test]
async fn changes_that_run_on_another_task_are_recorded_with_their_caller() {
    let plane = ControlPlane::start().await;
    let (user, _) = plane.key_holder("ada").await;
    let admin = plane.script(Role::Admin).await;

    let set = "mutation($user: ID!) { setQuotas(input: { userId: $user, quotas: [{ metric: REQUESTS, limit: 5, window: DAY }] }) { user { id } } }";
    assert_eq!(
        code(&admin.ask_with(set, json!({ "user": user })).await),
        ""
    );
    admin
        .ask("mutation { updateSettings(input: { retentionDays: 7 }, expectedVersion: 0) { settings { version } } }")
        .await;
    let events = audit_events(
        &plane,
        json!({ "actions": ["setQuotas", "updateSettings"] }),
    )
    .await;

    assert_eq!(events[0]["before"], json!({ "retention_days": 90 }));
    assert_eq!(events[0]["after"], json!({ "retention_days": 7 }));
    assert_eq!(events[1]["before"], json!({ "quotas": [] }));
    assert_eq!(events[1]["after"]["quotas"][0]["limit"], 5);
    assert_eq!(events[1]["actor"]["kind"], "API_TOKEN");
}

#[tokio::test]
async fn events_about_accounts_contain_no_keys() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let add = "mutation($input: AddProviderApiKeyInput!) { addProviderApiKey(input: $input) { account { id } } }";
    let input = json!({ "kind": "CLAUDE", "label": "lab", "apiKey": "sk-ant-canary-0123456789",
        "headers": [{ "name": "x-team", "value": "header-canary" }] });

    let added = admin.ask_with(add, json!({ "input": input })).await;
    let twice = admin.ask_with(add, json!({ "input": input })).await;
    let id = &added["data"]["addProviderApiKey"]["account"]["id"];
    let update = "mutation($id: ID!) { updateProviderAccount(id: $id, input: { label: \"spare\" }) { account { id } } }";
    admin.ask_with(update, json!({ "id": id })).await;
    let remove = "mutation($id: ID!) { removeProviderAccount(id: $id) { account { id } } }";
    admin.ask_with(remove, json!({ "id": id })).await;

    assert_eq!(code(&twice), "CONFLICT");
    let events = audit_events(&plane, json!({ "subjectId": id })).await;
    let actions: Vec<_> = events.iter().map(|event| &event["action"]).collect();
    assert_eq!(
        actions,
        [
            "removeProviderAccount",
            "updateProviderAccount",
            "addProviderApiKey"
        ]
    );
    assert_eq!(events[0]["before"]["label"], "spare");
    assert_eq!(events[1]["before"], json!({ "label": "lab" }));
    assert_eq!(events[2]["after"]["lastFour"], "6789");
    let all = json!(audit_events(&plane, json!({})).await).to_string();
    assert!(!all.contains("canary"), "{all}");
    assert!(all.contains("***"), "{all}");
}

#[tokio::test]
async fn sign_ins_and_failed_sign_ins_are_recorded_without_their_arguments() {
    let plane = ControlPlane::start().await;
    let login = "mutation($name: String, $password: String!) { login(username: $name, password: $password) { session { id } } }";
    let anonymous = plane.anonymous();

    anonymous
        .ask_with(
            login,
            json!({ "name": "admin", "password": "wrong-canary" }),
        )
        .await;
    anonymous
        .ask_with(
            login,
            json!({ "name": "my-password-canary", "password": "x" }),
        )
        .await;
    anonymous
        .ask_with(login, json!({ "name": "admin", "password": PASSWORD }))
        .await;
    anonymous
        .ask("mutation { stopEngine { engine { state } } }")
        .await;

    let events = audit_events(&plane, json!({ "actions": ["login", "stopEngine"] })).await;
    assert_eq!(events.len(), 3, "{events:?}");
    assert_eq!(
        events[0]["actor"],
        json!({ "kind": "ADMIN", "name": "admin" })
    );
    assert_eq!(events[0]["subject"]["kind"], "session");
    assert_eq!(events[1]["subject"], Value::Null);
    assert_eq!(events[2]["subject"]["name"], "admin");
    assert_eq!(events[2]["errorCode"], "UNAUTHENTICATED");
    assert_eq!(
        events[2]["actor"],
        json!({ "kind": "ANONYMOUS", "name": null })
    );
    assert!(!json!(events).to_string().contains("canary"), "{events:?}");
}

#[tokio::test]
async fn events_come_in_pages_newest_first() {
    let plane = ControlPlane::start().await;
    for name in ["a", "b", "c"] {
        plane.key_holder(name).await;
    }
    let viewer = plane.script(Role::Viewer).await;
    let filter = json!({ "actions": ["createUser"] });

    let first = viewer
        .ask_with(EVENTS, json!({ "filter": filter, "first": 2 }))
        .await;
    let page = &first["data"]["auditEvents"];
    let after = &page["pageInfo"]["endCursor"];
    let rest = viewer
        .ask_with(
            EVENTS,
            json!({ "filter": filter, "first": 2, "after": after }),
        )
        .await;

    assert_eq!(page["totalCount"], 3);
    assert_eq!(page["pageInfo"]["hasNextPage"], true);
    let names = |answer: &Value| -> Vec<Value> {
        let nodes = answer["data"]["auditEvents"]["nodes"].as_array().unwrap();
        nodes
            .iter()
            .map(|node| node["subject"]["name"].clone())
            .collect()
    };
    assert_eq!(names(&first), ["c", "b"]);
    assert_eq!(names(&rest), ["a"]);
    // Without a request the actor is the server.
    assert_eq!(page["nodes"][0]["actor"]["kind"], "SYSTEM");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_changes_make_one_chain_without_a_gap() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;

    let changes = (0..24).map(|number| {
        let admin = admin.clone();
        async move {
            let query =
                format!("mutation {{ createUser(input: {{ name: \"u{number}\" }}) {{ secret }} }}");
            assert_eq!(code(&admin.ask(&query).await), "");
        }
    });
    futures_util::future::join_all(changes).await;

    let audit = Audit::new(plane.db.clone(), plane.services.clock.clone());
    let head = audit.head().await.unwrap().unwrap();
    let verified = audit.verify(Some(&head.hash)).await.unwrap().unwrap();
    assert!(verified.met && verified.events >= 25);
    assert_eq!(verified.head, Some(head));
}

#[tokio::test]
async fn changed_and_missing_rows_are_found_and_a_cut_off_end_by_its_hash() {
    let plane = ControlPlane::start().await;
    for name in ["a", "b", "c"] {
        plane.key_holder(name).await;
    }
    let audit = &plane.services.audit;
    let whole = audit.verify(None).await.unwrap().unwrap();
    let head = whole.head.unwrap();
    let rows = audit_event::Entity::find()
        .order_by_asc(audit_event::Column::Sequence)
        .all(plane.db.reader())
        .await
        .unwrap();
    let broken = async || audit.verify(None).await.unwrap().err();
    let restore = async |row: &audit_event::Model| {
        let row = row.clone().into_active_model().reset_all();
        row.update(plane.db.writer()).await.unwrap();
    };

    let second = &rows[1];
    let mut forged = second.clone().into_active_model();
    forged.after = Set(Some("{}".to_owned()));
    forged.update(plane.db.writer()).await.unwrap();
    let changed = broken().await;
    restore(second).await;
    let delete = audit_event::Entity::delete_by_id(second.sequence);
    delete.exec(plane.db.writer()).await.unwrap();
    let missing = broken().await;
    let row = second.clone().into_active_model();
    row.insert(plane.db.writer()).await.unwrap();
    let healed = broken().await;
    let last = audit_event::Entity::delete_by_id(head.sequence);
    last.exec(plane.db.writer()).await.unwrap();
    let cut = audit.verify(Some(&head.hash)).await.unwrap().unwrap();

    let reason = "it was changed after it was written";
    assert_eq!(
        changed,
        Some(ChainBreak {
            sequence: 2,
            reason
        })
    );
    let reason = "events before it are missing";
    assert_eq!(
        missing,
        Some(ChainBreak {
            sequence: 3,
            reason
        })
    );
    assert_eq!(healed, None);
    // Only the hash that was kept elsewhere shows it.
    assert!(!cut.met);
}
