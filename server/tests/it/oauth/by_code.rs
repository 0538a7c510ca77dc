//! Claude and ChatGPT: consent in the browser, and the address pasted back.

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::{SignIn, cancel, message, paste};
use crate::support::{Options, Socket, code, test_context};

#[tokio::test]
async fn claude_by_pasted_address_becomes_the_engines_auth_file() {
    let test = SignIn::start().await;

    let login = test.begin("CLAUDE").await;
    let address = test.consent(&login).await;
    let answer = test.paste(&login, &address).await;

    let ended = &answer["data"]["completeProviderLogin"]["login"];
    assert_eq!(login["mode"], "PASTE");
    assert_eq!(login["redirectUrl"], "http://localhost:54545/callback");
    assert_eq!(ended["status"], "SUCCEEDED", "{answer}");
    assert_eq!(ended["account"]["label"], "ada@example.org");
    assert_eq!(ended["authorizeUrl"], Value::Null);
    let account = &test.accounts().await[0];
    assert_eq!(account.email.as_deref(), Some("ada@example.org"));
    assert_eq!(account.plan.as_deref(), Some("max"));
    assert!(account.expires_at.is_some());
    let file = test.auth_file().await;
    for (name, value) in [
        ("type", "claude"),
        ("email", "ada@example.org"),
        ("account_uuid", "account-1"),
        ("organization_uuid", "organization-1"),
        ("organization_name", "Engines"),
        ("id_token", ""),
    ] {
        assert_eq!(file[name], value, "{name}");
    }
    for name in ["access_token", "refresh_token", "expired", "last_refresh"] {
        assert!(!file[name].as_str().unwrap().is_empty(), "{name}");
    }
    assert_eq!(file["claude_device_ids"][0].as_str().unwrap().len(), 64);
}

#[tokio::test]
async fn the_id_token_of_chatgpt_has_the_account_and_its_plan() {
    let test = SignIn::start().await;

    let login = test.begin("CHATGPT").await;
    let address = test.consent(&login).await;
    let (_, query) = address.split_once('?').unwrap();
    let answer = test.paste(&login, query).await;

    let ended = &answer["data"]["completeProviderLogin"]["login"];
    assert_eq!(ended["status"], "SUCCEEDED", "{answer}");
    let account = &test.accounts().await[0];
    assert_eq!(account.plan.as_deref(), Some("plus"));
    let file = test.auth_file().await;
    assert_eq!(
        (&file["type"], &file["account_id"]),
        (&json!("codex"), &json!("account-2"))
    );
    assert!(
        file["id_token"]
            .as_str()
            .unwrap()
            .contains("canary-signature")
    );
}

#[tokio::test]
async fn code_and_state_alone_are_enough_and_a_second_sign_in_keeps_the_account() {
    let test = SignIn::start().await;

    for _ in 0..2 {
        let login = test.begin("CLAUDE").await;
        let address = test.consent(&login).await;
        let url: url::Url = address.parse().unwrap();
        let part = |wanted: &str| {
            let mut pairs = url.query_pairs();
            pairs
                .find(|(name, _)| name == wanted)
                .unwrap()
                .1
                .into_owned()
        };
        let pasted = format!("{}#{}", part("code"), part("state"));
        let answer = test.paste(&login, &pasted).await;
        assert!(answer["errors"].is_null(), "{answer}");
    }

    assert_eq!(test.accounts().await.len(), 1);
}

#[tokio::test]
async fn an_answer_works_once() {
    let test = SignIn::start().await;
    let login = test.begin("CLAUDE").await;
    let address = test.consent(&login).await;

    let (one, other) = tokio::join!(test.paste(&login, &address), test.paste(&login, &address));
    let again = test.paste(&login, &address).await;

    let succeeded = [&one, &other].map(|answer| answer["errors"].is_null());
    assert!(succeeded[0] != succeeded[1], "{one} {other}");
    assert_eq!(code(&again), "CONFLICT");
    assert!(message(&again).contains("completed already"), "{again}");
    assert_eq!(test.accounts().await.len(), 1);
}

#[tokio::test]
async fn concurrent_sign_ins_do_not_mix() {
    let test = SignIn::start().await;
    let (one, other) = (test.begin("CLAUDE").await, test.begin("CHATGPT").await);
    let (address, foreign) = (test.consent(&one).await, test.consent(&other).await);

    let mixed = test.paste(&one, &foreign).await;
    let right = test.paste(&one, &address).await;
    let other = test.paste(&other, &foreign).await;

    assert_eq!(code(&mixed), "BAD_USER_INPUT");
    assert!(message(&mixed).contains("another sign-in"), "{mixed}");
    assert!(right["errors"].is_null() && other["errors"].is_null());
    assert_eq!(test.accounts().await.len(), 2);
}

#[tokio::test]
async fn an_invalid_paste_gets_a_remedy_and_can_be_repeated() {
    let test = SignIn::start().await;
    let login = test.begin("CLAUDE").await;

    for (text, remedy) in [
        ("", "copy the whole URL"),
        (login["authorizeUrl"].as_str().unwrap(), "has no code"),
        ("http://localhost:54545/callback?code=x", "has no state"),
    ] {
        let answer = test.paste(&login, text).await;
        assert_eq!(code(&answer), "BAD_USER_INPUT", "{answer}");
        assert!(message(&answer).contains(remedy), "{answer}");
    }
    let address = test.consent(&login).await;
    let answer = test.paste(&login, &address).await;

    assert!(answer["errors"].is_null(), "{answer}");
}

#[tokio::test]
async fn sign_ins_of_others_cannot_be_completed() {
    let test = SignIn::start().await;
    let login = test.begin("CLAUDE").await;
    let address = test.consent(&login).await;
    let tokens = &test.app.services.api_tokens;
    let token = tokens
        .create(test_context(), "other", entity::admin::Role::Admin, None)
        .await;
    let secret = token.unwrap().secret;
    let other = crate::support::Caller::new(test.app.address).with_bearer(secret.expose_secret());

    let pasted = paste(&other, &login, &address).await;
    let cancelled = cancel(&other, &login).await;
    let seen = other
        .ask_with(
            "query($id: ID!) { providerLogin(id: $id) { id } pendingProviderLogins { id } }",
            json!({ "id": login["id"] }),
        )
        .await;

    assert!(
        message(&pasted).contains("another administrator"),
        "{pasted}"
    );
    assert!(message(&cancelled).contains("another administrator"));
    assert_eq!(seen["data"]["providerLogin"], Value::Null);
    assert_eq!(seen["data"]["pendingProviderLogins"], json!([]));
    assert_eq!(test.look(&login).await["status"], "PENDING");
}

#[tokio::test]
async fn a_sign_in_expires() {
    let (test, clock) = SignIn::timed().await;
    let login = test.begin("CLAUDE").await;
    let address = test.consent(&login).await;

    clock.advance(chrono::TimeDelta::minutes(16));
    let answer = test.paste(&login, &address).await;

    assert_eq!(code(&answer), "CONFLICT");
    assert!(message(&answer).contains("start it again"), "{answer}");
    assert_eq!(test.look(&login).await["status"], "EXPIRED");
    assert!(test.accounts().await.is_empty());
}

#[tokio::test]
async fn a_cancelled_sign_in_cannot_be_completed() {
    let test = SignIn::start().await;
    let login = test.begin("CLAUDE").await;
    let address = test.consent(&login).await;

    let cancelled = cancel(&test.admin, &login).await;
    let answer = test.paste(&login, &address).await;

    assert!(cancelled["errors"].is_null(), "{cancelled}");
    assert_eq!(code(&answer), "CONFLICT");
    assert!(message(&answer).contains("cancelled"), "{answer}");
    assert!(test.accounts().await.is_empty());
}

#[tokio::test]
async fn a_sign_in_outlives_a_restart() {
    let test = SignIn::start().await;
    let login = test.begin("CLAUDE").await;
    let address = test.consent(&login).await;

    let identity = test.identity.clone();
    let database = test.app.stop().await;
    let test = SignIn::before(identity, Options::default(), database).await;
    let seen = test.look(&login).await;
    let answer = test.paste(&login, &address).await;

    assert_eq!(seen["authorizeUrl"], login["authorizeUrl"]);
    assert!(answer["errors"].is_null(), "{answer}");
}

#[tokio::test]
async fn a_sign_in_can_be_followed_to_its_end() {
    let test = SignIn::start().await;
    let login = test.begin("CLAUDE").await;
    let address = test.consent(&login).await;
    let greeting = json!({ "csrfToken": test.admin.csrf_token() });
    let mut socket = Socket::greet(&test.admin, greeting).await;
    let id = login["id"].as_str().unwrap();
    let query = format!("subscription {{ providerLoginChanged(id: \"{id}\") {{ status }} }}");

    socket.start("1", &query).await;
    let first = socket.result("1").await;
    test.paste(&login, &address).await;
    let mut last = Value::Null;
    while last != "SUCCEEDED" {
        last = socket.result("1").await["data"]["providerLoginChanged"]["status"].clone();
    }

    assert_eq!(first["data"]["providerLoginChanged"]["status"], "PENDING");
    assert_eq!(socket.next().await.unwrap()["type"], "complete");
}
