//! How accounts are used: settings of a provider, and of the engine's choice among all.

use serde_json::{Value, json};

use crate::support::{Caller, ControlPlane, code};

/// The data of an operation without errors.
async fn data(admin: &Caller, query: &str, variables: Value) -> Value {
    let mut answer = admin.ask_with(query, variables).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"].take()
}

#[tokio::test]
async fn provider_settings_are_stored_and_concurrent_changes_conflict() {
    let plane = ControlPlane::start().await;
    let admin = plane.admin().await;
    let set = "mutation($kind: ProviderKind!, $input: UpdateProviderSettingsInput!, $version: Int!) \
        { updateProviderSettings(kind: $kind, input: $input, expectedVersion: $version) \
        { settings { version excludedModels cloaking } } }";
    let input = json!({"excludedModels": [" Claude-Opus-* ", "claude-opus-*"], "cloaking": false});

    let claude = json!({"kind": "CLAUDE", "input": input, "version": 0});
    let first = data(&admin, set, claude.clone()).await;
    let second = admin.ask_with(set, claude).await;

    let expected = json!({"version": 1, "excludedModels": ["claude-opus-*"], "cloaking": false});
    assert_eq!(first["updateProviderSettings"]["settings"], expected);
    assert_eq!(code(&second), "CONFLICT");
    for input in [
        json!({"cloaking": false}),
        json!({"identityPerAccount": true}),
        json!({"excludedModels": [" "]}),
    ] {
        let answer = json!({"kind": "XAI", "input": input, "version": 0});
        assert_eq!(
            code(&admin.ask_with(set, answer).await),
            "BAD_USER_INPUT",
            "{input}"
        );
    }
}

#[tokio::test]
async fn routing_is_set_for_all_providers() {
    let plane = ControlPlane::start().await;
    let admin = plane.admin().await;
    let set = "mutation($routing: RoutingSettingsInput!, $version: Int!) \
        { updateSettings(input: {routing: $routing}, expectedVersion: $version) \
        { settings { routing { strategy sessionAffinity requestRetries } drainSeconds } } }";

    let routing = json!({"strategy": "FILL_FIRST", "sessionAffinity": true});
    let kept = data(&admin, set, json!({"routing": routing, "version": 0})).await;
    let refused = json!({"routing": {"requestRetries": 11}, "version": 1});
    let refused = admin.ask_with(set, refused).await;

    let expected = json!({"routing": {"strategy": "FILL_FIRST", "sessionAffinity": true,
        "requestRetries": 0}, "drainSeconds": 120});
    assert_eq!(kept["updateSettings"]["settings"], expected);
    assert_eq!(code(&refused), "BAD_USER_INPUT");
}
