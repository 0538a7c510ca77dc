//! Keys and API tokens: issue, rotate, change, revoke.

use chrono::TimeDelta;
use entity::admin::Role;
use serde_json::{Value, json};

use crate::support::{ControlPlane, code};

const ISSUE: &str = "mutation($input: IssueApiKeyInput!) { issueApiKey(input: $input) { apiKey { id state name } secret } }";
const ROTATE: &str = "mutation($id: ID!, $grace: Int!) {
    rotateApiKey(id: $id, graceSeconds: $grace) { apiKey { id name } secret replaced { id state expiresAt } }
}";
const REVOKE: &str = "mutation($id: ID!) { revokeApiKey(id: $id) { apiKey { state revokedAt } } }";
const WHO: &str = "{ viewer { ... on KeyHolder { apiKey { name } } } }";

#[tokio::test]
async fn a_rotated_key_dies_after_its_grace() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, _) = plane.key_holder("ada").await;
    let issued = admin
        .ask_with(
            ISSUE,
            json!({ "input": { "userId": ada, "name": "laptop" } }),
        )
        .await;
    let issued = &issued["data"]["issueApiKey"];
    let old = plane
        .stranger()
        .with_bearer(issued["secret"].as_str().unwrap());

    let rotated = admin
        .ask_with(ROTATE, json!({ "id": issued["apiKey"]["id"], "grace": 60 }))
        .await;

    let rotated = &rotated["data"]["rotateApiKey"];
    assert_eq!(rotated["apiKey"]["name"], "laptop");
    assert_eq!(rotated["replaced"]["state"], "ACTIVE");
    let new = plane
        .stranger()
        .with_bearer(rotated["secret"].as_str().unwrap());
    assert_eq!(code(&old.ask(WHO).await), "");
    plane.advance(TimeDelta::seconds(61));
    assert_eq!(code(&old.ask(WHO).await), "UNAUTHENTICATED");
    assert_eq!(
        new.ask(WHO).await["data"]["viewer"]["apiKey"]["name"],
        "laptop"
    );
}

#[tokio::test]
async fn without_grace_the_old_key_dies_at_once() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, old) = plane.key_holder("ada").await;
    let key = plane
        .services
        .api_keys
        .of_users(&[ada])
        .await
        .unwrap()
        .remove(0);
    let rotate = "mutation($id: ID!) { rotateApiKey(id: $id) { replaced { state } } }";

    let rotated = admin.ask_with(rotate, json!({ "id": key.id })).await;

    assert_eq!(
        rotated["data"]["rotateApiKey"]["replaced"]["state"],
        "REVOKED"
    );
    assert_eq!(code(&old.ask(WHO).await), "UNAUTHENTICATED");
    assert_eq!(
        code(&admin.ask_with(rotate, json!({ "id": key.id })).await),
        "CONFLICT"
    );
}

#[tokio::test]
async fn a_revoked_key_is_dead_and_listed_on_demand() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, tool) = plane.key_holder("ada").await;
    let key = plane
        .services
        .api_keys
        .of_users(&[ada])
        .await
        .unwrap()
        .remove(0);

    let revoked = admin.ask_with(REVOKE, json!({ "id": key.id })).await;

    assert_eq!(
        revoked["data"]["revokeApiKey"]["apiKey"]["state"],
        "REVOKED"
    );
    assert_eq!(code(&tool.ask(WHO).await), "UNAUTHENTICATED");
    let keys = format!(
        "{{ user(id: \"{ada}\") {{ living: apiKeys {{ id }} all: apiKeys(includeRevoked: true) {{ id }} }} }}"
    );
    assert_eq!(
        admin.ask(&keys).await["data"]["user"],
        json!({ "living": [], "all": [{ "id": key.id }] })
    );
}

#[tokio::test]
async fn a_key_is_changed_and_restricted() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, _) = plane.key_holder("ada").await;
    let key = plane
        .services
        .api_keys
        .of_users(&[ada])
        .await
        .unwrap()
        .remove(0);
    let update = "mutation($id: ID!, $input: UpdateApiKeyInput!) { updateApiKey(id: $id, input: $input) { apiKey { name expiresAt allowedModels } } }";

    let changed = admin.ask_with(update, json!({ "id": key.id, "input": { "name": "phone", "expiresAt": "2030-01-01T00:00:00Z", "allowedModels": ["a"] } })).await;
    let cleared = admin
        .ask_with(
            update,
            json!({ "id": key.id, "input": { "expiresAt": null } }),
        )
        .await;

    assert_eq!(changed["data"]["updateApiKey"]["apiKey"]["name"], "phone");
    assert_eq!(
        cleared["data"]["updateApiKey"]["apiKey"],
        json!({ "name": "phone", "expiresAt": null, "allowedModels": ["a"] })
    );
}

#[tokio::test]
async fn nobody_gives_a_token_more_than_they_have() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let create = "mutation($role: Role!) { createApiToken(input: { name: \"ci\", role: $role }) { apiToken { id role prefix } secret } }";

    let greater = admin.ask_with(create, json!({ "role": "OWNER" })).await;
    let equal = admin.ask_with(create, json!({ "role": "ADMIN" })).await;

    assert_eq!(code(&greater), "FORBIDDEN");
    let token = &equal["data"]["createApiToken"];
    let script = plane
        .stranger()
        .with_bearer(token["secret"].as_str().unwrap());
    assert_eq!(
        script
            .ask("{ viewer { ... on ApiToken { name role } } }")
            .await["data"]["viewer"],
        json!({ "name": "ci", "role": "ADMIN" })
    );
    let revoke = "mutation($id: ID!) { revokeApiToken(id: $id) { apiToken { revokedAt } } }";
    let revoked = admin
        .ask_with(revoke, json!({ "id": token["apiToken"]["id"] }))
        .await;
    assert_ne!(
        revoked["data"]["revokeApiToken"]["apiToken"]["revokedAt"],
        Value::Null
    );
    assert_eq!(
        code(&script.ask("{ viewer { __typename } }").await),
        "UNAUTHENTICATED"
    );
}
