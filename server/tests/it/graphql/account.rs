//! Accounts at providers, the settings, and the engine.

use entity::{admin::Role, provider_account::ProviderKind};
use sea_orm::Iterable as _;
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::support::{ControlPlane, code};

const ADD: &str = "mutation($input: AddProviderApiKeyInput!) {
    addProviderApiKey(input: $input) { account { id kind label credential lastFour baseUrl models { name alias } enabled } }
}";

#[tokio::test]
async fn a_providers_secret_cannot_be_read() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let canaries = ["sk-ant-canary-0123456789", "header-canary-0123456789"];
    let input = json!({ "kind": "CLAUDE", "apiKey": canaries[0], "headers": [{ "name": "x-team", "value": canaries[1] }] });

    let added = admin.ask_with(ADD, json!({ "input": input })).await;
    let listed = admin.ask("{ providers { kind displayName accounts { id label lastFour models { name } prefix } } engine { configPreview } }").await;

    assert_eq!(
        added["data"]["addProviderApiKey"]["account"]["lastFour"],
        "6789"
    );
    let providers = listed["data"]["providers"].as_array().unwrap();
    assert_eq!(providers.len(), ProviderKind::iter().count());
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
    assert!(
        twice.to_string().contains("this key exists already, as"),
        "{twice}"
    );
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
        .ask("{ provider(kind: OPENAI_COMPATIBLE) { accounts { id } } }")
        .await;
    assert_eq!(left["data"]["provider"], json!({ "accounts": [] }));
}

#[tokio::test]
async fn a_key_at_the_default_address_is_added_once_however_it_is_written() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let input = |base_url: Option<&str>| json!({ "input": { "kind": "XAI", "apiKey": "xai-0123456789abcdef", "baseUrl": base_url } });

    let added = admin.ask_with(ADD, input(None)).await;
    let twice = admin
        .ask_with(ADD, input(Some("https://api.x.ai/v1/")))
        .await;
    let elsewhere = admin
        .ask_with(ADD, input(Some("https://xai.example/v1")))
        .await;

    assert_eq!((code(&added), code(&twice)), ("", "CONFLICT"));
    assert_eq!(code(&elsewhere), "");
}

const UPDATE: &str = "mutation($id: ID!, $input: UpdateProviderAccountInput!) { updateProviderAccount(id: $id, input: $input) {
    account { id label lastFour priority weight prefix proxyUrl headerNames baseUrl } } }";

#[tokio::test]
async fn an_account_gets_a_weight_and_a_new_key_without_showing_secrets() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let input = json!({ "kind": "CLAUDE", "apiKey": "sk-ant-0123456789-old1", "label": "work" });
    let added = admin.ask_with(ADD, json!({ "input": input })).await;
    let id = &added["data"]["addProviderApiKey"]["account"]["id"];
    let input = json!({ "priority": 5, "weight": 20, "prefix": "team", "apiKey": "sk-ant-canary-9876543210",
        "proxyUrl": "socks5://ada:proxy-canary@proxy.example:1080", "baseUrl": "https://claude.example/",
        "headers": [{ "name": "x-team", "value": "header-canary" }] });

    let updated = admin
        .ask_with(UPDATE, json!({ "id": id, "input": input }))
        .await;

    assert_eq!(
        updated["data"]["updateProviderAccount"]["account"],
        json!({ "id": id, "label": "work", "lastFour": "3210", "priority": 5, "weight": 20, "prefix": "team",
            "proxyUrl": "socks5://ada@proxy.example:1080", "headerNames": ["x-team"],
            "baseUrl": "https://claude.example" })
    );
    assert!(!updated.to_string().contains("canary"), "{updated}");
    let account = id.as_str().unwrap().parse().unwrap();
    let credential = plane.services.provider_accounts.credential(account).await;
    let credential = credential.unwrap();
    assert_eq!(
        credential.secret.api_key().unwrap().expose_secret(),
        "sk-ant-canary-9876543210"
    );
}

#[tokio::test]
async fn invalid_changes_of_an_account_are_rejected_and_change_nothing() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let input = json!({ "kind": "CLAUDE", "apiKey": "sk-ant-0123456789-old1", "label": "work" });
    let added = admin.ask_with(ADD, json!({ "input": input })).await;
    let id = &added["data"]["addProviderApiKey"]["account"]["id"];

    for wrong in [
        json!({ "weight": 0 }),
        json!({ "weight": 1_000_001 }),
        json!({ "priority": 2000 }),
        json!({ "prefix": "a/b" }),
        json!({ "proxyUrl": "ftp://proxy" }),
        json!({ "proxyUrl": "no address" }),
        json!({ "baseUrl": "https://user:word@host" }),
        json!({ "apiKey": " " }),
        json!({ "headers": [{ "name": "a b", "value": "c" }] }),
        json!({ "weight": null }),
        json!({ "label": "other", "weight": 0 }),
    ] {
        let answer = admin
            .ask_with(UPDATE, json!({ "id": id, "input": wrong }))
            .await;
        assert_eq!(code(&answer), "BAD_USER_INPUT", "{wrong}: {answer}");
    }
    let left = admin
        .ask("{ provider(kind: CLAUDE) { accounts { label weight } } }")
        .await;
    assert_eq!(
        left["data"]["provider"]["accounts"],
        json!([{ "label": "work", "weight": 1 }])
    );
}

#[tokio::test]
async fn several_keys_are_added_or_rejected_one_by_one_with_a_reason() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let add = "mutation($input: AddProviderApiKeysInput!) { addProviderApiKeys(input: $input) { results { account { label } problem } } }";
    let keys = [
        "sk-ant-one-0123456789",
        "sk ant two",
        "sk-ant-one-0123456789",
        "sk-ant-three-0123456789",
    ];

    let first = admin
        .ask_with(
            add,
            json!({ "input": { "kind": "CLAUDE", "apiKeys": keys } }),
        )
        .await;
    let again = admin
        .ask_with(
            add,
            json!({ "input": { "kind": "CLAUDE", "apiKeys": [keys[3]] } }),
        )
        .await;
    let none = admin
        .ask_with(add, json!({ "input": { "kind": "CLAUDE", "apiKeys": [] } }))
        .await;

    assert_eq!(
        first["data"]["addProviderApiKeys"]["results"],
        json!([
            { "account": { "label": "claude" }, "problem": null },
            { "account": null, "problem": "apiKey has invalid characters; copy it again" },
            { "account": null, "problem": "this key exists already, as \"claude\"" },
            { "account": { "label": "claude-2" }, "problem": null },
        ])
    );
    assert_eq!(
        again["data"]["addProviderApiKeys"]["results"][0]["problem"],
        "this key exists already, as \"claude-2\""
    );
    assert_eq!(code(&none), "BAD_USER_INPUT");
}

#[tokio::test]
async fn a_disconnected_provider_has_no_accounts_and_others_keep_theirs() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    for (kind, label) in [("CLAUDE", "one"), ("CLAUDE", "two"), ("XAI", "one")] {
        let input =
            json!({ "kind": kind, "apiKey": format!("key-{label}-0123456789"), "label": label });
        admin.ask_with(ADD, json!({ "input": input })).await;
    }

    let gone = admin
        .ask("mutation { disconnectProvider(kind: CLAUDE) { accounts { label enabled } } }")
        .await;
    let left = admin
        .ask("{ providers { accounts { label status } } }")
        .await;

    assert_eq!(
        gone["data"]["disconnectProvider"]["accounts"],
        json!([{ "label": "one", "enabled": false }, { "label": "two", "enabled": false }])
    );
    let providers = left["data"]["providers"].as_array().unwrap();
    let accounts: Vec<_> = providers
        .iter()
        .flat_map(|provider| provider["accounts"].as_array().unwrap())
        .collect();
    // No engine runs that could report it.
    assert_eq!(accounts, [&json!({ "label": "one", "status": "UNKNOWN" })]);
}

#[tokio::test]
async fn concurrent_changes_of_settings_conflict() {
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
async fn an_engine_that_does_not_start_reports_why() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;

    let answer = admin
        .ask("mutation { restartEngine { engine { state } } }")
        .await;

    assert_eq!(code(&answer), "ENGINE_UNAVAILABLE", "{answer}");
    assert_eq!(
        plane
            .anonymous()
            .ask("{ serverInfo { engineMode publicUrl } }")
            .await["data"]["serverInfo"],
        json!({ "engineMode": "EXTERNAL", "publicUrl": "http://proxypal.test" })
    );
}
