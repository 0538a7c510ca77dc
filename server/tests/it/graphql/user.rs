//! Users: create, change, enable, archive.

use entity::admin::Role;
use serde_json::json;

use crate::support::{Caller, ControlPlane, code};

const CREATE: &str = "mutation($input: CreateUserInput!) {
    createUser(input: $input) { user { id name email note allowedModels enabled } apiKey { id name prefix lastFour state } secret }
}";
const UPDATE: &str = "mutation($id: ID!, $input: UpdateUserInput!) {
    updateUser(id: $id, input: $input) { user { name email note enabled allowedModels } }
}";
const DELETE: &str =
    "mutation($id: ID!) { archiveUser(id: $id) { user { id archivedAt enabled apiKeys { id } } } }";

#[tokio::test]
async fn a_user_begins_with_a_key_that_works() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;

    let answer = admin.ask_with(CREATE, json!({ "input": {
        "name": " Ada ", "email": "ada@example.org", "allowedModels": ["gpt-*"], "apiKeyName": "laptop",
    } })).await;

    let created = &answer["data"]["createUser"];
    assert_eq!(created["user"]["name"], "Ada");
    assert_eq!(created["apiKey"]["name"], "laptop");
    assert_eq!(created["apiKey"]["state"], "ACTIVE");
    let secret = created["secret"].as_str().unwrap();
    assert!(
        secret.starts_with("sk-ada-")
            && secret.starts_with(created["apiKey"]["prefix"].as_str().unwrap())
    );
    let tool = plane.anonymous().with_bearer(secret);
    let viewer = tool
        .ask("{ viewer { ... on KeyHolder { user { name } apiKey { name } } } }")
        .await;
    assert_eq!(
        viewer["data"]["viewer"],
        json!({ "user": { "name": "Ada" }, "apiKey": { "name": "laptop" } })
    );
}

#[tokio::test]
async fn names_are_unique_and_a_rejected_creation_leaves_nothing_behind() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    create(&admin, "ada").await;

    let taken = admin
        .ask_with(CREATE, json!({ "input": { "name": "ada" } }))
        .await;
    let late = admin
        .ask_with(
            CREATE,
            json!({ "input": { "name": "bob", "apiKeyExpiresAt": "2001-01-01T00:00:00Z" } }),
        )
        .await;
    let closed = admin
        .ask_with(
            CREATE,
            json!({ "input": { "name": "bob", "allowedModels": [] } }),
        )
        .await;

    assert_eq!(code(&taken), "CONFLICT");
    assert_eq!(code(&late), "BAD_USER_INPUT");
    assert_eq!(code(&closed), "BAD_USER_INPUT");
    let users = admin
        .ask("{ users { totalCount nodes { name apiKeys { id } } } }")
        .await;
    assert_eq!(users["data"]["users"]["totalCount"], 1);
    assert_eq!(
        users["data"]["users"]["nodes"][0]["apiKeys"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn null_clears_and_omission_keeps() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let input =
        json!({ "name": "ada", "email": "a@b.c", "note": "pays late", "allowedModels": ["x"] });
    let created = admin.ask_with(CREATE, json!({ "input": input })).await;
    let id = &created["data"]["createUser"]["user"]["id"];

    let untouched = admin
        .ask_with(UPDATE, json!({ "id": id, "input": {} }))
        .await;
    let cleared = admin
        .ask_with(
            UPDATE,
            json!({ "id": id, "input": { "email": null, "allowedModels": null } }),
        )
        .await;
    let nameless = admin
        .ask_with(UPDATE, json!({ "id": id, "input": { "name": null } }))
        .await;

    assert_eq!(untouched["data"]["updateUser"]["user"]["email"], "a@b.c");
    let user = &cleared["data"]["updateUser"]["user"];
    assert_eq!(
        *user,
        json!({ "name": "ada", "email": null, "note": "pays late", "enabled": true, "allowedModels": null })
    );
    assert_eq!(code(&nameless), "BAD_USER_INPUT");
}

#[tokio::test]
async fn users_are_disabled_all_or_none() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, tool) = plane.key_holder("ada").await;
    let set = "mutation($ids: [ID!]!, $enabled: Boolean!) { setUsersEnabled(ids: $ids, enabled: $enabled) { users { enabled } } }";

    let unknown = admin
        .ask_with(set, json!({ "ids": [ada, "x"], "enabled": false }))
        .await;
    let still = tool.ask("{ viewer { __typename } }").await;
    let disabled = admin
        .ask_with(set, json!({ "ids": [ada], "enabled": false }))
        .await;

    assert_eq!(code(&unknown), "NOT_FOUND");
    assert_eq!(code(&still), "");
    assert_eq!(
        disabled["data"]["setUsersEnabled"]["users"],
        json!([{ "enabled": false }])
    );
    assert_eq!(
        code(&tool.ask("{ viewer { __typename } }").await),
        "UNAUTHENTICATED"
    );
}

#[tokio::test]
async fn an_archived_user_frees_the_name_and_keeps_the_history() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, tool) = plane.key_holder("ada").await;
    let request = plane.record(ada, "gpt-5").await;

    let deleted = admin.ask_with(DELETE, json!({ "id": ada })).await;
    create(&admin, "ada").await;

    assert_eq!(deleted["data"]["archiveUser"]["user"]["apiKeys"], json!([]));
    let archived_at = &deleted["data"]["archiveUser"]["user"]["archivedAt"];
    assert_eq!(archived_at, "2026-06-01T12:00:00Z");
    assert_eq!(
        code(&tool.ask("{ viewer { __typename } }").await),
        "UNAUTHENTICATED"
    );
    let history = admin
        .ask(&format!(
            "{{ request(id: \"{request}\") {{ user {{ id name }} tokens {{ input total }} }} }}"
        ))
        .await;
    assert_eq!(history["data"]["request"]["user"]["id"], json!(ada));
    assert_eq!(
        history["data"]["request"]["tokens"],
        json!({ "input": 5_000_000_000_i64, "total": 5_000_000_002_i64 })
    );
    let archived = admin
        .ask("{ users(filter: { archived: true }) { totalCount nodes { name } } }")
        .await;
    assert_eq!(
        archived["data"]["users"],
        json!({ "totalCount": 1, "nodes": [{ "name": "ada" }] })
    );
    assert_eq!(
        code(&admin.ask_with(DELETE, json!({ "id": ada })).await),
        "NOT_FOUND"
    );
}

#[tokio::test]
async fn an_unknown_user_is_null_in_queries_and_not_found_in_mutations() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;

    for id in ["x", "0197a3c0-0000-7000-8000-000000000000"] {
        let asked = admin
            .ask_with(
                "query($id: ID!) { user(id: $id) { id } request(id: $id) { id } }",
                json!({ "id": id }),
            )
            .await;
        assert_eq!(asked["data"], json!({ "user": null, "request": null }));
        assert_eq!(
            code(
                &admin
                    .ask_with(UPDATE, json!({ "id": id, "input": {} }))
                    .await
            ),
            "NOT_FOUND"
        );
    }
}

#[tokio::test]
async fn an_end_user_sees_their_own_data_without_notes() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let ((ada, tool), (eve, _)) = (plane.key_holder("ada").await, plane.key_holder("eve").await);
    admin
        .ask_with(
            UPDATE,
            json!({ "id": ada, "input": { "note": "pays late" } }),
        )
        .await;
    let own = plane.record(ada, "gpt-5").await;
    plane.record(eve, "gpt-5").await;

    let asked = tool.ask_with(
        "query($eve: ID!) { viewer { ... on KeyHolder { user { name note apiKeys { user { note } } }
            requests(filter: { userId: $eve }) { nodes { id user { name note } account { label } } } } } }",
        json!({ "eve": eve }),
    ).await;

    let holder = &asked["data"]["viewer"];
    assert_eq!(
        holder["user"],
        json!({ "name": "ada", "note": null, "apiKeys": [{ "user": { "note": null } }] })
    );
    assert_eq!(
        holder["requests"]["nodes"],
        json!([{ "id": own, "user": { "name": "ada", "note": null }, "account": null }])
    );
}

async fn create(admin: &Caller, name: &str) {
    let answer = admin
        .ask_with(CREATE, json!({ "input": { "name": name } }))
        .await;
    assert_eq!(code(&answer), "", "{answer}");
}
