//! Scenario 4: accounts that a person signs in to, at a double that is as strict as the providers are.

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::{Scenario, TestEnvironment};
use crate::{
    oauth::identity::{Decision, Identity},
    support::{code, eventually, programs::is_engine_double, server::auth_dir},
};

const FIELDS: &str = "id status authorizeUrl userCode error account { kind label }";
const ACCOUNTS: &str = "{ providers { kind accounts { label email enabled expiresAt } } }";

#[tokio::test(flavor = "multi_thread")]
async fn accounts_of_all_providers_are_signed_in_to() {
    let mut proof = Scenario::begin(4);
    let identity = Identity::start().await;
    let settings = identity.settings().into_iter();
    let environment = settings.map(|(name, value)| (name, value.expose_secret().to_owned()));
    let mut environment = TestEnvironment::open(environment.collect()).await;

    for kind in ["CLAUDE", "CHATGPT"] {
        by_pasted_address(&environment, &identity, kind).await;
        proof.holds(&format!(
            "{kind}: consent in the browser, and the address pasted back"
        ));
    }
    let kinds = ["COPILOT", "KIMI", "XAI"];
    by_typed_code(&environment, &identity, &kinds).await;
    for kind in kinds {
        proof.holds(&format!("{kind}: a code is typed at the provider"));
    }
    proof.holds(through_the_engine(&environment).await);
    a_foreign_answer_is_refused(&environment, &identity).await;
    proof.holds("an answer with another sign-in's state is refused, the right one still works");
    a_sign_in_can_fail(&environment, &identity).await;
    proof.holds("one that is denied, runs out, or is called off ends so, and leaves no account");
    files_are_the_engines(&environment).await;
    let before = environment.operator.ask(ACCOUNTS, json!({})).await;
    environment.stop().await;
    assert!(!auth_dir(&environment.home).exists());
    environment.start_again().await;
    files_are_the_engines(&environment).await;
    assert_eq!(environment.operator.ask(ACCOUNTS, json!({})).await, before);
    proof.holds(
        "the engine has every sign-in; a stop takes the files away, a start brings them back",
    );
}

async fn begin(environment: &TestEnvironment, kind: &str) -> Value {
    let query = format!(
        "mutation($kind: ProviderKind!) {{ startProviderLogin(input: {{kind: $kind}}) {{ login {{ {FIELDS} }} }} }}"
    );
    let data = environment
        .operator
        .ask(&query, json!({ "kind": kind }))
        .await;
    data["startProviderLogin"]["login"].clone()
}

async fn paste(environment: &TestEnvironment, login: &Value, address: &str) -> Value {
    let query = format!(
        "mutation($id: ID!, $url: String!) {{ completeProviderLogin(id: $id, redirectUrl: $url) {{ login {{ {FIELDS} }} }} }}"
    );
    let variables = json!({ "id": login["id"], "url": address });
    environment.operator.answer(&query, variables).await
}

/// Waits until a sign-in is over.
async fn over(environment: &TestEnvironment, login: &Value) -> Value {
    let query = format!("query($id: ID!) {{ providerLogin(id: $id) {{ {FIELDS} }} }}");
    eventually("the end of the sign-in", async || {
        let data = environment
            .operator
            .ask(&query, json!({ "id": login["id"] }));
        let login = data.await["providerLogin"].clone();
        let waits = ["PENDING", "COMPLETING"].contains(&login["status"].as_str()?);
        (!waits).then_some(login)
    })
    .await
}

async fn consent(identity: &Identity, login: &Value, decision: Decision) -> String {
    let url = login["authorizeUrl"].as_str().unwrap();
    identity.consent(url, decision).await
}

fn user_code(login: &Value) -> &str {
    login["userCode"].as_str().unwrap()
}

async fn by_pasted_address(environment: &TestEnvironment, identity: &Identity, kind: &str) {
    let login = begin(environment, kind).await;
    let address = consent(identity, &login, Decision::Allow).await;
    let answer = paste(environment, &login, &address).await;
    let ended = &answer["data"]["completeProviderLogin"]["login"];
    assert_eq!(ended["status"], "SUCCEEDED", "{answer}");
    assert_eq!(ended["account"]["kind"], kind);
}

/// All concurrently, since each waits a second or two for the provider.
async fn by_typed_code(environment: &TestEnvironment, identity: &Identity, kinds: &[&str]) {
    let mut logins = Vec::new();
    for kind in kinds {
        let login = begin(environment, kind).await;
        identity.decide(user_code(&login), Decision::Allow);
        logins.push(login);
    }
    for (login, kind) in logins.iter().zip(kinds) {
        let ended = over(environment, login).await;
        assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
        assert_eq!(ended["account"]["kind"], *kind);
    }
}

/// The real engine asks Google itself, whom no test reaches; its double takes any code but a bad one.
async fn through_the_engine(environment: &TestEnvironment) -> &'static str {
    let login = begin(environment, "GEMINI").await;
    let url: url::Url = login["authorizeUrl"].as_str().unwrap().parse().unwrap();
    let mut pairs = url.query_pairs();
    let state = pairs.find(|(name, _)| name == "state").unwrap().1;
    let address = format!("http://localhost:51121/oauth-callback?code=good&state={state}");
    if !is_engine_double() {
        assert_eq!(url.host_str(), Some("accounts.google.com"));
        return "GEMINI: the engine sends the browser to Google (whose answer only its double can give)";
    }
    let answer = paste(environment, &login, &address).await;
    let ended = &answer["data"]["completeProviderLogin"]["login"];
    assert_eq!(ended["status"], "SUCCEEDED", "{answer}");
    assert_eq!(ended["account"]["kind"], "GEMINI");
    "GEMINI: the engine signs in, and its file becomes an account"
}

async fn a_foreign_answer_is_refused(environment: &TestEnvironment, identity: &Identity) {
    let (one, other) = (
        begin(environment, "CLAUDE").await,
        begin(environment, "CHATGPT").await,
    );
    let right = consent(identity, &one, Decision::Allow).await;
    let foreign = consent(identity, &other, Decision::Allow).await;
    let mixed = paste(environment, &one, &foreign).await;
    assert_eq!(code(&mixed), "BAD_USER_INPUT", "{mixed}");
    for (login, address) in [(&one, &right), (&other, &foreign)] {
        let answer = paste(environment, login, address).await;
        assert!(answer["errors"].is_null(), "{answer}");
    }
}

async fn a_sign_in_can_fail(environment: &TestEnvironment, identity: &Identity) {
    let accounts = environment.operator.ask(ACCOUNTS, json!({})).await;

    let denied = begin(environment, "CLAUDE").await;
    let address = consent(identity, &denied, Decision::Deny).await;
    assert_eq!(
        code(&paste(environment, &denied, &address).await),
        "PROVIDER_ERROR"
    );
    assert_eq!(over(environment, &denied).await["status"], "FAILED");

    let called_off = begin(environment, "CHATGPT").await;
    let address = consent(identity, &called_off, Decision::Allow).await;
    let cancel = "mutation($id: ID!) { cancelProviderLogin(id: $id) { login { status } } }";
    environment
        .operator
        .ask(cancel, json!({ "id": called_off["id"] }))
        .await;
    assert_eq!(
        code(&paste(environment, &called_off, &address).await),
        "CONFLICT"
    );

    let late = begin(environment, "XAI").await;
    for device in identity.world().devices.values_mut() {
        device.is_expired = true;
    }
    assert_eq!(over(environment, &late).await["status"], "EXPIRED");

    assert_eq!(
        environment.operator.ask(ACCOUNTS, json!({})).await,
        accounts
    );
}

/// Copilot's short-lived token is no file; Gemini's file is there only if its sign-in could end.
async fn files_are_the_engines(environment: &TestEnvironment) {
    let mut wanted = vec!["claude", "codex", "kimi", "xai"];
    wanted.extend(is_engine_double().then_some("antigravity"));
    eventually("the engine's files", async || {
        let directory = std::fs::read_dir(auth_dir(&environment.home))
            .ok()?
            .flatten();
        let files = directory.filter_map(|file| std::fs::read_to_string(file.path()).ok());
        let kinds: Vec<Value> = files
            .filter_map(|text| serde_json::from_str::<Value>(&text).ok())
            .map(|file| file["type"].clone())
            .collect();
        wanted
            .iter()
            .all(|kind| kinds.contains(&json!(kind)))
            .then_some(())
    })
    .await;
}
