//! Keys and API tokens: issue, rotate, change, revoke.

use chrono::TimeDelta;
use entity::{admin::Role, api_key};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Caller, ControlPlane, code};

const ISSUE: &str = "mutation($input: IssueApiKeyInput!) { issueApiKey(input: $input) { apiKey { id state name } secret } }";
const ROTATE: &str = "mutation($id: ID!, $grace: Int!) {
    rotateApiKey(id: $id, graceSeconds: $grace) { apiKey { id name } secret replaced { id state expiresAt } }
}";
const REVOKE: &str = "mutation($id: ID!) { revokeApiKey(id: $id) { apiKey { state revokedAt } } }";
const WHO: &str = "{ viewer { ... on KeyHolder { apiKey { name } } } }";

/// Ada, who has a key, and the administrator who gave it to her.
struct Holder {
    plane: ControlPlane,
    admin: Caller,
    ada: Uuid,
    /// Holds the key.
    tool: Caller,
    key: api_key::Model,
}

async fn holder() -> Holder {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, tool) = plane.key_holder("ada").await;
    let keys = plane.services.api_keys.of_users(&[ada]).await.unwrap();
    let [key] = <[_; 1]>::try_from(keys).unwrap();
    Holder {
        plane,
        admin,
        ada,
        tool,
        key,
    }
}

#[tokio::test]
async fn a_rotated_key_expires_after_the_grace_period() {
    let Holder {
        plane, admin, ada, ..
    } = holder().await;
    let issued = admin
        .ask_with(
            ISSUE,
            json!({ "input": { "userId": ada, "name": "laptop" } }),
        )
        .await;
    let issued = &issued["data"]["issueApiKey"];
    let old = plane
        .anonymous()
        .with_bearer(issued["secret"].as_str().unwrap());

    let rotated = admin
        .ask_with(ROTATE, json!({ "id": issued["apiKey"]["id"], "grace": 60 }))
        .await;

    let rotated = &rotated["data"]["rotateApiKey"];
    assert_eq!(rotated["apiKey"]["name"], "laptop");
    assert_eq!(rotated["replaced"]["state"], "ACTIVE");
    let new = plane
        .anonymous()
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
async fn without_a_grace_period_the_old_key_is_revoked_immediately() {
    let holder = holder().await;
    let rotate = "mutation($id: ID!) { rotateApiKey(id: $id) { replaced { state } } }";

    let rotated = holder
        .admin
        .ask_with(rotate, json!({ "id": holder.key.id }))
        .await;

    assert_eq!(
        rotated["data"]["rotateApiKey"]["replaced"]["state"],
        "REVOKED"
    );
    assert_eq!(code(&holder.tool.ask(WHO).await), "UNAUTHENTICATED");
    assert_eq!(
        code(
            &holder
                .admin
                .ask_with(rotate, json!({ "id": holder.key.id }))
                .await
        ),
        "CONFLICT"
    );
}

#[tokio::test]
async fn a_revoked_key_is_rejected_and_listed_on_demand() {
    let holder = holder().await;

    let revoked = holder
        .admin
        .ask_with(REVOKE, json!({ "id": holder.key.id }))
        .await;

    assert_eq!(
        revoked["data"]["revokeApiKey"]["apiKey"]["state"],
        "REVOKED"
    );
    assert_eq!(code(&holder.tool.ask(WHO).await), "UNAUTHENTICATED");
    let keys = format!(
        "{{ user(id: \"{}\") {{ living: apiKeys {{ id }} all: apiKeys(includeRevoked: true) {{ id }} }} }}",
        holder.ada
    );
    assert_eq!(
        holder.admin.ask(&keys).await["data"]["user"],
        json!({ "living": [], "all": [{ "id": holder.key.id }] })
    );
}

#[tokio::test]
async fn a_key_is_changed_and_restricted() {
    let holder = holder().await;
    let update = "mutation($id: ID!, $input: UpdateApiKeyInput!) { updateApiKey(id: $id, input: $input) { apiKey { name expiresAt allowedModels } } }";

    let changed = holder.admin.ask_with(update, json!({ "id": holder.key.id, "input": { "name": "phone", "expiresAt": "2030-01-01T00:00:00Z", "allowedModels": ["a"] } })).await;
    let cleared = holder
        .admin
        .ask_with(
            update,
            json!({ "id": holder.key.id, "input": { "expiresAt": null } }),
        )
        .await;

    assert_eq!(changed["data"]["updateApiKey"]["apiKey"]["name"], "phone");
    assert_eq!(
        cleared["data"]["updateApiKey"]["apiKey"],
        json!({ "name": "phone", "expiresAt": null, "allowedModels": ["a"] })
    );
}

#[tokio::test]
async fn only_owners_create_and_revoke_api_tokens() {
    let plane = ControlPlane::start().await;
    let owner = plane.script(Role::Owner).await;
    let admin = plane.script(Role::Admin).await;
    let create = "mutation($role: Role!) { createApiToken(input: { name: \"ci\", role: $role }) { apiToken { id role prefix } secret } }";

    let refused = admin.ask_with(create, json!({ "role": "VIEWER" })).await;
    let created = owner.ask_with(create, json!({ "role": "ADMIN" })).await;

    assert_eq!(code(&refused), "FORBIDDEN");
    let token = &created["data"]["createApiToken"];
    let script = plane
        .anonymous()
        .with_bearer(token["secret"].as_str().unwrap());
    assert_eq!(
        script
            .ask("{ viewer { ... on ApiToken { name role } } }")
            .await["data"]["viewer"],
        json!({ "name": "ci", "role": "ADMIN" })
    );
    let revoke = "mutation($id: ID!) { revokeApiToken(id: $id) { apiToken { revokedAt } } }";
    let revoked = owner
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

const SEARCH: &str = "query($search: String!) { apiKeys(filter: { search: $search }) {
    nodes { name state user { name } } } }";
const BY_SECRET: &str = "query($secret: String!) { apiKeyBySecret(secret: $secret) {
    name state user { name } } }";

#[tokio::test]
async fn a_whole_key_finds_its_owner_even_when_it_is_revoked() {
    let Holder {
        plane, admin, ada, ..
    } = holder().await;
    let mut secrets = Vec::new();
    for name in ["laptop", "build"] {
        let input = json!({ "input": { "userId": ada, "name": name } });
        let issued = admin.ask_with(ISSUE, input).await;
        let issued = &issued["data"]["issueApiKey"];
        secrets.push(issued["secret"].as_str().unwrap().to_owned());
        if name == "build" {
            admin
                .ask_with(REVOKE, json!({ "id": issued["apiKey"]["id"] }))
                .await;
        }
    }
    let viewer = plane.script(Role::Viewer).await;

    for (secret, name, state) in [
        (&secrets[0], "laptop", "ACTIVE"),
        (&secrets[1], "build", "REVOKED"),
    ] {
        let expected = json!({ "name": name, "state": state, "user": { "name": "ada" } });
        let pasted = format!(" {secret}\n");
        let found = viewer.ask_with(SEARCH, json!({ "search": pasted })).await;
        assert_eq!(found["data"]["apiKeys"]["nodes"], json!([expected]));
        let found = viewer
            .ask_with(BY_SECRET, json!({ "secret": pasted }))
            .await;
        assert_eq!(found["data"]["apiKeyBySecret"], expected);
    }
}

#[tokio::test]
async fn a_key_is_found_by_what_is_remembered_of_it() {
    let Holder {
        plane, admin, key, ..
    } = holder().await;
    // More users than any list has on its first page, all of them newer.
    for number in 0..60 {
        plane.key_holder(&format!("user {number}")).await;
    }
    let api_key::Model {
        prefix,
        last_four,
        name,
        ..
    } = key;
    let (head, tail) = (&prefix[..prefix.len() - 2], &last_four[2..]);

    for search in [
        prefix.clone(),
        head.to_owned(),
        last_four.clone(),
        format!("xyz{last_four}"),
        format!("{prefix}…{last_four}"),
        format!("{head}...{tail}"),
        format!("{prefix}abcdefghijk"),
    ] {
        let found = admin.ask_with(SEARCH, json!({ "search": search })).await;
        assert_eq!(
            found["data"]["apiKeys"]["nodes"],
            json!([{ "name": name, "state": "ACTIVE", "user": { "name": "ada" } }]),
            "{search}"
        );
    }
    for search in ["%", "sk-unknown-", &"x".repeat(10_000)] {
        let found = admin.ask_with(SEARCH, json!({ "search": search })).await;
        assert_eq!(found["data"]["apiKeys"]["nodes"], json!([]), "{search}");
    }
}

#[tokio::test]
async fn a_key_holder_cannot_search_keys() {
    let Holder { tool, .. } = holder().await;

    let refused = tool.ask_with(SEARCH, json!({ "search": "ada" })).await;
    let by_secret = tool.ask_with(BY_SECRET, json!({ "secret": "sk-" })).await;

    assert_eq!(code(&refused), "FORBIDDEN");
    assert_eq!(code(&by_secret), "FORBIDDEN");
}
