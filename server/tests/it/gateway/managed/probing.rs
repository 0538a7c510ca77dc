//! Requests to providers that an administrator asks for: a test of an account with a model, and a list of models.

use chrono::TimeDelta;
use proxypal_server::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use super::Protocol;
use crate::support::{
    TestDatabase, eventually,
    operator::Operator,
    provider::Provider,
    server::{PASSWORD, Server, managing, server},
    token_endpoint::TokenEndpoint,
};

const ADD: &str = "mutation($input: AddProviderApiKeyInput!) { addProviderApiKey(input: $input) { account { id } } }";
const TEST: &str =
    "mutation($id: ID!, $model: String!) { testProviderAccount(id: $id, model: $model) {
    succeeded status latencyMs message account { status lastError { message status } } } }";
const FETCH: &str =
    "mutation($input: FetchModelsInput!) { fetchModels(input: $input) { models hasMore } }";
const IMPORT: &str = "mutation($files: [ImportedFileInput!]!) { importProviderAccount(files: $files) \
    { accounts { id } problems { message } } }";

/// A server with a managed engine, a provider, and an administrator.
struct Probed {
    operator: Operator,
    provider: Provider,
    _running: Server,
    _home: TestDatabase,
}

impl Probed {
    async fn start() -> Self {
        let (home, provider) = (TestDatabase::create().await, Provider::start().await);
        let running = Server::start(managing(&mut server(&home))).await;
        running.engine_runs().await;
        let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
        Self {
            operator,
            provider,
            _running: running,
            _home: home,
        }
    }

    fn base_url(&self, protocol: Protocol) -> String {
        let account = self.provider.account(protocol.kind(), "any");
        account.base_url.unwrap()
    }

    async fn add(&self, protocol: Protocol, key: &str, base_url: &str) -> Value {
        let kind = kind(protocol);
        let input = json!({ "kind": kind, "apiKey": key, "label": format!("{kind} {key}"),
            "baseUrl": base_url, "models": [{ "name": "real-model", "alias": "our-name" }] });
        let added = self.operator.ask(ADD, json!({ "input": input })).await;
        added["addProviderApiKey"]["account"]["id"].clone()
    }

    async fn test(&self, id: &Value) -> Value {
        let variables = json!({ "id": id, "model": "our-name" });
        let mut answer = self.operator.ask(TEST, variables).await;
        answer["testProviderAccount"].take()
    }

    async fn fetch(&self, protocol: Protocol, key: &str, base_url: &str) -> Value {
        let input = json!({ "kind": kind(protocol), "apiKey": key, "baseUrl": base_url });
        self.operator.answer(FETCH, json!({ "input": input })).await
    }
}

fn kind(protocol: Protocol) -> String {
    use sea_orm::ActiveEnum as _;

    protocol.kind().to_value().to_uppercase()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_tested_with_a_model_and_no_user_is_charged() {
    let probed = Probed::start().await;
    for protocol in Protocol::ALL {
        let base_url = probed.base_url(protocol);
        let id = probed
            .add(protocol, "sk-canary-good-0123456789", &base_url)
            .await;

        let tested = probed.test(&id).await;

        assert_eq!(tested["succeeded"], true, "{protocol:?}: {tested}");
        assert_eq!(
            (&tested["status"], &tested["message"]),
            (&json!(200), &Value::Null)
        );
        assert!(tested["latencyMs"].as_i64().unwrap() < 40_000);
        assert_eq!(tested["account"]["lastError"], Value::Null);
    }
    let produced = probed.provider.list().await;
    assert_eq!(produced.len(), Protocol::ALL.len(), "one request each");
    assert!(
        produced
            .iter()
            .all(|request| request["model"] == "real-model"),
        "{produced:?}"
    );
    assert_eq!(probed.operator.requests().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_test_returns_and_keeps_the_message_of_the_provider_without_the_key() {
    let probed = Probed::start().await;
    let base_url = probed.base_url(Protocol::Chat);
    let revoked = probed
        .add(Protocol::Chat, "sk-canary-revoked-0123456789", &base_url)
        .await;
    let away = probed
        .add(
            Protocol::Chat,
            "sk-canary-0123456789",
            "http://127.0.0.1:9/v1",
        )
        .await;

    let rejected = probed.test(&revoked).await;
    let unreachable = probed.test(&away).await;

    assert_eq!(
        (&rejected["succeeded"], &rejected["status"]),
        (&json!(false), &json!(401))
    );
    let message = rejected["message"].as_str().unwrap();
    assert!(message.contains("It was revoked."), "{message}");
    assert!(!message.contains("canary"), "{message}");
    let kept = json!({ "message": message, "status": 401 });
    assert_eq!(rejected["account"]["lastError"], kept);
    assert_eq!(
        (&unreachable["succeeded"], &unreachable["status"]),
        (&json!(false), &Value::Null)
    );
    let kept = json!({ "message": null, "status": null });
    assert_eq!(unreachable["account"]["lastError"], kept);
    for model in ["", " ", &"x".repeat(201)] {
        let variables = json!({ "id": revoked, "model": model });
        let answer = probed.operator.answer(TEST, variables).await;
        let code = &answer["errors"][0]["extensions"]["code"];
        assert_eq!(code, "BAD_USER_INPUT", "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_tested_with_the_token_that_the_engine_has() {
    let probed = Probed::start().await;
    let endpoint = TokenEndpoint::start().await;
    let file = endpoint.sign_in(
        &probed.base_url(Protocol::Responses),
        SystemClock.now() + TimeDelta::days(1),
    );
    let files = json!([{ "name": "xai.json", "content": Value::from(file).to_string() }]);
    let imported = probed.operator.ask(IMPORT, json!({ "files": files })).await;
    let id = &imported["importProviderAccount"]["accounts"][0]["id"];
    assert!(id.is_string(), "{imported}");

    // The engine reads the file in its own time.
    let tested = eventually("an engine that knows the account", async || {
        let variables = json!({ "id": id, "model": "grok-test" });
        let mut answer = probed.operator.answer(TEST, variables).await;
        let tested = answer["data"]["testProviderAccount"].take();
        tested["status"].is_number().then_some(tested)
    })
    .await;

    assert_eq!(tested["succeeded"], true, "{tested}");
    let produced = probed.provider.list().await;
    assert_eq!(produced.last().unwrap()["model"], "grok-test");
}

#[tokio::test(flavor = "multi_thread")]
async fn models_are_listed_with_a_key_that_is_not_saved() {
    let probed = Probed::start().await;
    for protocol in Protocol::ALL {
        let base_url = probed.base_url(protocol);
        let found = probed
            .fetch(protocol, "sk-canary-good-0123456789", &base_url)
            .await;

        let expected = json!({ "models": ["stub"], "hasMore": false });
        assert_eq!(
            found["data"]["fetchModels"], expected,
            "{protocol:?}: {found}"
        );
    }
    let accounts = "{ providers { accounts { id } } }";
    let listed = probed.operator.ask(accounts, json!({})).await;
    assert!(!listed.to_string().contains("\"id\""), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_models_that_cannot_be_fetched_has_a_reason() {
    let probed = Probed::start().await;
    let chat = probed.base_url(Protocol::Chat);
    let revoked = "sk-canary-revoked-0123456789";
    let good = "sk-canary-good-0123456789";
    for (key, base_url, code, reason) in [
        (
            revoked,
            chat.as_str(),
            "PROVIDER_ERROR",
            "HTTP 401: this credential was revoked",
        ),
        (
            good,
            &format!("{chat}/elsewhere"),
            "PROVIDER_ERROR",
            "HTTP 404",
        ),
        (
            good,
            "http://127.0.0.1:9/v1",
            "PROVIDER_ERROR",
            "cannot be reached",
        ),
        (
            good,
            "http://169.254.169.254/v1",
            "BAD_USER_INPUT",
            "link-local",
        ),
        (
            good,
            "file:///etc/passwd",
            "BAD_USER_INPUT",
            "http or https",
        ),
        ("", chat.as_str(), "BAD_USER_INPUT", "apiKey"),
    ] {
        let answer = probed.fetch(Protocol::Chat, key, base_url).await;

        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], code, "{base_url}: {answer}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(reason), "{base_url}: {message}");
        assert!(!message.contains("canary"), "{message}");
    }
}
