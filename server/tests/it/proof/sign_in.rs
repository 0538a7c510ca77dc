//! Scenario 1: the first steps of an administrator.

use serde_json::{Value, json};

use super::{
    Scenario, TestEnvironment,
    environment::{kind, secret},
};
use crate::support::{
    Caller, code, eventually, operator::Operator, protocol::Protocol, server::PASSWORD,
};

const PROVIDERS: &str =
    "{ providers { kind status accounts { label status lastFour models { name } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_signs_in_and_sets_up_providers() {
    let mut proof = Scenario::begin(1);
    let environment = TestEnvironment::open(Vec::new()).await;

    anonymous_callers_are_refused(&environment).await;
    proof.holds("anonymous callers and wrong passwords are refused");
    forged_pages_change_nothing(&environment).await;
    proof.holds("a session without its CSRF token changes nothing");
    bad_accounts_are_refused(&environment).await;
    proof.holds("an invalid account is rejected with a reason");
    for protocol in Protocol::ALL {
        environment.add_account(protocol).await;
    }
    let user = environment.user("Ada").await;
    environment.lists_all_models(&user).await;
    proof.holds("an account of each kind is added, and the engine offers its models");
    accounts_are_active_and_secret(&environment).await;
    proof.holds("every account is active, and its key is never shown again");
    let signed_out = environment
        .operator
        .ask("mutation { logout { signedOut } }", json!({}));
    assert_eq!(signed_out.await["logout"]["signedOut"], true);
    let late = environment.operator.answer(PROVIDERS, json!({})).await;
    assert_eq!(code(&late), "UNAUTHENTICATED");
    proof.holds("after signing out the session is invalid");
}

async fn anonymous_callers_are_refused(environment: &TestEnvironment) {
    let anonymous = Caller::new(environment.server.address());
    assert_eq!(code(&anonymous.ask(PROVIDERS).await), "UNAUTHENTICATED");
    let wrong = Operator::sign_in(&environment.server.url, "not the password").await;
    let refusal = wrong.err().unwrap();
    assert_eq!(refusal["extensions"]["code"], "UNAUTHENTICATED");
}

async fn forged_pages_change_nothing(environment: &TestEnvironment) {
    let mut browser = Caller::new(environment.server.address());
    browser.sign_in(PASSWORD).await;
    let create = "mutation { createUser(input: {name: \"Forged\"}) { secret } }";
    let forged = browser.clone().without("x-csrf-token").ask(create).await;
    assert_eq!(code(&forged), "CSRF_FAILED");
    let users = browser.ask("{ users { nodes { name } } }").await;
    assert_eq!(users["data"]["users"]["nodes"], json!([]));
}

async fn bad_accounts_are_refused(environment: &TestEnvironment) {
    let add = "mutation($input: AddProviderApiKeyInput!) { addProviderApiKey(input: $input) { __typename } }";
    let good = environment.account(Protocol::Chat);
    for (field, value) in [
        ("apiKey", json!("")),
        ("baseUrl", json!("file:///etc/passwd")),
        ("baseUrl", Value::Null),
    ] {
        let mut input = good.clone();
        input[field] = value;
        let answer = environment
            .operator
            .answer(add, json!({ "input": input }))
            .await;
        assert_eq!(code(&answer), "BAD_USER_INPUT", "{field}: {answer}");
        assert!(answer["errors"][0]["message"].as_str().unwrap().len() > 10);
    }
}

async fn accounts_are_active_and_secret(environment: &TestEnvironment) {
    let providers = eventually("active accounts", async || {
        let data = environment.operator.ask(PROVIDERS, json!({})).await;
        let providers = data["providers"].as_array()?.clone();
        let is_active = |protocol: Protocol| {
            let mut all = providers.iter();
            all.any(|provider| provider["kind"] == kind(protocol) && provider["status"] == "ACTIVE")
        };
        Protocol::ALL.into_iter().all(is_active).then_some(data)
    })
    .await;
    for protocol in Protocol::ALL {
        assert!(!providers.to_string().contains(&secret(protocol)));
    }
}
