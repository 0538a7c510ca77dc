//! Accounts at providers, the settings, and the engine.

use entity::admin::Role;
use serde_json::json;

use crate::support::{ControlPlane, code};

const ADD: &str = "mutation($input: AddProviderApiKeyInput!) {
    addProviderApiKey(input: $input) { account { id kind label credential lastFour baseUrl models { name alias } enabled } }
}";

#[tokio::test]
async fn a_providers_secret_never_comes_back() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let canaries = ["sk-ant-canary-0123456789", "header-canary-0123456789"];
    let input = json!({ "kind": "CLAUDE", "apiKey": canaries[0], "headers": [{ "name": "x-team", "value": canaries[1] }] });

    let added = admin.ask_with(ADD, json!({ "input": input })).await;
    let listed = admin.ask("{ providers { kind displayName acceptsApiKey accounts { id label lastFour models { name } prefix } } engine { configPreview } }").await;

    assert_eq!(
        added["data"]["addProviderApiKey"]["account"]["lastFour"],
        "6789"
    );
    assert_eq!(listed["data"]["providers"].as_array().unwrap().len(), 7);
    for answer in [added.to_string(), listed.to_string()] {
        assert!(
            !canaries.iter().any(|canary| answer.contains(canary)),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn an_account_is_added_changed_and_removed() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let input = json!({ "kind": "OPENAI_COMPATIBLE", "apiKey": "k-0123456789abcdef", "label": "lab", "baseUrl": "https://llm.example/v1", "models": [{ "name": "m", "alias": "n" }] });

    let added = admin.ask_with(ADD, json!({ "input": input })).await;
    let twice = admin.ask_with(ADD, json!({ "input": input })).await;
    let wrong = admin
        .ask_with(
            ADD,
            json!({ "input": { "kind": "COPILOT", "apiKey": "k-0123456789abcdef" } }),
        )
        .await;
    let id = &added["data"]["addProviderApiKey"]["account"]["id"];
    let update = "mutation($id: ID!) { updateProviderAccount(id: $id, input: { enabled: false, label: \"spare\" }) { account { label enabled } } }";
    let updated = admin.ask_with(update, json!({ "id": id })).await;
    let remove =
        "mutation($id: ID!) { removeProviderAccount(id: $id) { account { label enabled } } }";
    let removed = admin.ask_with(remove, json!({ "id": id })).await;

    assert_eq!(code(&twice), "CONFLICT");
    assert_eq!(code(&wrong), "BAD_USER_INPUT");
    assert_eq!(
        updated["data"]["updateProviderAccount"]["account"],
        json!({ "label": "spare", "enabled": false })
    );
    assert_eq!(code(&removed), "");
    assert_eq!(
        code(&admin.ask_with(remove, json!({ "id": id })).await),
        "NOT_FOUND"
    );
    let left = admin
        .ask("{ provider(kind: OPENAI_COMPATIBLE) { accounts { id } baseUrlRequired } }")
        .await;
    assert_eq!(
        left["data"]["provider"],
        json!({ "accounts": [], "baseUrlRequired": true })
    );
}

#[tokio::test]
async fn two_who_change_settings_notice_each_other() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let update = "mutation($version: Int!, $input: UpdateSettingsInput!) { updateSettings(expectedVersion: $version, input: $input) { settings { version abortPolicy drainBytes } } }";
    let input = json!({ "abortPolicy": "CANCEL", "drainBytes": 5_000_000 });

    let first = admin
        .ask_with(update, json!({ "version": 0, "input": input }))
        .await;
    let second = admin
        .ask_with(
            update,
            json!({ "version": 0, "input": { "drainSeconds": 5 } }),
        )
        .await;
    let negative = admin
        .ask_with(
            update,
            json!({ "version": 1, "input": { "maxBodyBytes": -1 } }),
        )
        .await;

    assert_eq!(
        first["data"]["updateSettings"]["settings"],
        json!({ "version": 1, "abortPolicy": "CANCEL", "drainBytes": 5_000_000 })
    );
    assert_eq!(code(&second), "CONFLICT");
    assert_eq!(code(&negative), "BAD_USER_INPUT");
    assert_eq!(
        admin.ask("{ settings { version abortPolicy } }").await["data"]["settings"],
        json!({ "version": 1, "abortPolicy": "CANCEL" })
    );
}

#[tokio::test]
async fn an_engine_that_does_not_start_says_so() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;

    let answer = admin
        .ask("mutation { restartEngine { engine { state } } }")
        .await;

    assert_eq!(code(&answer), "ENGINE_UNAVAILABLE", "{answer}");
    assert_eq!(
        plane
            .stranger()
            .ask("{ serverInfo { engineMode publicUrl } }")
            .await["data"]["serverInfo"],
        json!({ "engineMode": "EXTERNAL", "publicUrl": "http://proxypal.test" })
    );
}
