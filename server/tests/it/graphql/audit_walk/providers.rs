//! Accounts at providers, and sign-ins there.

use serde_json::{Value, json};

use super::{NO_SUBJECT, Walk, text};
use crate::support::{PASSWORD, eventually, provider::Provider};

pub(super) async fn accounts(walk: &mut Walk) {
    let account = [("providerAccount", "/account/id")];
    let add = r#"addProviderApiKey(input: { kind: CLAUDE, label: "lab",
        apiKey: "sk-ant-canary-0123456789", headers: [{ name: "x-team", value: "header-canary" }] })
        { account { id } }"#;
    let added = walk.run(add, &account).await;
    let id = text(&added, "/account/id");
    let update = format!(
        r#"updateProviderAccount(id: "{id}", input: {{ label: "spare", apiKey: "sk-ant-canary-1111111111",
            proxyUrl: "http://user:canary@127.0.0.1:9" }}) {{ account {{ id }} }}"#
    );
    walk.run(&update, &account).await;
    is_used_by_the_engine(walk, &id).await;
    let reset = format!(r#"resetProviderCooldown(id: "{id}") {{ account {{ id }} }}"#);
    walk.run(&reset, &account).await;
    let resume = format!(r#"resumeProviderAccount(id: "{id}") {{ account {{ id }} }}"#);
    walk.run(&resume, &account).await;
    let stop_line = format!(
        r#"setStopLine(accountId: "{id}", window: "five_hour", stopAtPercent: null) {{ account {{ id }} }}"#
    );
    walk.run(&stop_line, &account).await;
    let openings =
        format!(r#"setWindowOpenings(accountId: "{id}", input: null) {{ account {{ id }} }}"#);
    walk.run(&openings, &account).await;
    let group = format!(
        r#"setProviderAccountGroups(id: "{id}", accountGroupIds: []) {{ account {{ id }} }}"#
    );
    walk.run(&group, &account).await;
    let check =
        format!(r#"checkProviderHealth(accountId: "{id}") {{ results {{ account {{ id }} }} }}"#);
    let checked = [("providerAccount", "/results/0/account/id")];
    walk.run(&check, &checked).await;
    let test = format!(
        r#"testProviderAccount(id: "{id}", model: "claude-opus-4-1") {{ account {{ id }} }}"#
    );
    walk.run(&test, &account).await;
    let provider = Provider::start().await;
    let fetch = format!(
        r#"fetchModels(input: {{ kind: CLAUDE, apiKey: "sk-ant-canary-0123456789", baseUrl: {:?} }})
            {{ models }}"#,
        provider.url
    );
    walk.run(&fetch, &NO_SUBJECT).await;
    let check_all = "checkProviderHealth { results { account { id } } }";
    walk.run(check_all, &NO_SUBJECT).await;
    let remove = format!(r#"removeProviderAccount(id: "{id}") {{ account {{ id }} }}"#);
    walk.run(&remove, &account).await;

    several(walk).await;
    let settings =
        "updateProviderSettings(kind: CLAUDE, input: { cloaking: false }, expectedVersion: 0)
        { settings { version } }";
    walk.run(settings, &[("settings", "")]).await;
}

/// The engine reloads its configuration after a change.
async fn is_used_by_the_engine(walk: &Walk, id: &str) {
    let services = &walk.app.services;
    let credential = services.provider_accounts.credential(id.parse().unwrap());
    let credential = credential.await.unwrap();
    eventually("the engine's use of the account", async || {
        services.engine.reset_cooldown(&credential).await.ok()
    })
    .await;
}

/// Mutations that add or remove several accounts record one event for each, or one if there are none.
async fn several(walk: &mut Walk) {
    let add = r#"addProviderApiKeys(input: { kind: CLAUDE,
        apiKeys: ["sk-ant-canary-2222222222", "sk-ant-canary-3333333333"] })
        { results { account { id } problem } }"#;
    let two = [
        ("providerAccount", "/results/0/account/id"),
        ("providerAccount", "/results/1/account/id"),
    ];
    walk.run(add, &two).await;
    walk.run(add, &NO_SUBJECT).await;

    let content = json!({ "claude-api-key": [{ "api-key": "sk-ant-canary-4444444444" }] });
    let content = json!(content.to_string());
    let import = format!(
        r#"importProviderAccount(files: [{{ name: "keys.json", content: {content} }}])
            {{ accounts {{ id }} }}"#
    );
    let imported = [("providerAccount", "/accounts/0/id")];
    walk.run(&import, &imported).await;
    let unreadable = r#"importProviderAccount(files: [{ name: "keys.json", content: "canary" }])
        { problems { message } }"#;
    walk.run(unreadable, &NO_SUBJECT).await;
    let export = format!("exportProviderAccounts(password: {PASSWORD:?}) {{ content }}");
    walk.run(&export, &NO_SUBJECT).await;

    let disconnect = "disconnectProvider(kind: CLAUDE) { accounts { id } }";
    let three = [
        ("providerAccount", "/accounts/0/id"),
        ("providerAccount", "/accounts/1/id"),
        ("providerAccount", "/accounts/2/id"),
    ];
    walk.run(disconnect, &three).await;
    walk.run(disconnect, &NO_SUBJECT).await;
}

pub(super) async fn sign_ins(walk: &mut Walk) {
    let start = "startProviderLogin(input: { kind: GEMINI }) { login { id authorizeUrl } }";
    let started = [("providerLogin", "/login/id")];
    let login = walk.run(start, &started).await;
    // The engine writes the account's file, and its event names who completed the sign-in.
    let complete = format!(
        "completeProviderLogin(id: {:?}, redirectUrl: {:?}) {{ login {{ account {{ id }} }} }}",
        text(&login, "/login/id"),
        redirect_url(&login)
    );
    let account = [("providerAccount", "/login/account/id")];
    walk.run(&complete, &account).await;

    let login = walk.run(start, &started).await;
    let id = text(&login, "/login/id");
    let cancel = format!("cancelProviderLogin(id: {id:?}) {{ login {{ id }} }}");
    walk.run(&cancel, &started).await;
}

/// The URL to which the provider redirects after consent.
fn redirect_url(login: &Value) -> String {
    let url: url::Url = text(login, "/login/authorizeUrl").parse().unwrap();
    let mut pairs = url.query_pairs();
    let state = pairs.find(|(name, _)| name == "state").unwrap().1;
    format!("http://localhost:51121/oauth-callback?code=good&state={state}")
}
