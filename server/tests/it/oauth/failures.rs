//! Providers that refuse, misbehave or are not there: a clear message, and nothing stored.

use serde_json::Value;

use super::{
    SignIn, begin,
    identity::{Decision, Misbehaviour},
    message,
};
use crate::support::{Options, TestDatabase, code};

/// Signs in at an endpoint that misbehaves, and answers what is said of it.
async fn fails(test: &SignIn, kind: &str, misbehaviour: Misbehaviour) -> String {
    let login = test.begin(kind).await;
    let address = test.consent(&login).await;
    test.identity.world().misbehaviour = Some(misbehaviour);
    let answer = test.paste(&login, &address).await;
    test.identity.world().misbehaviour = None;
    assert_eq!(code(&answer), "PROVIDER_ERROR", "{answer}");
    let ended = test.look(&login).await;
    assert_eq!(ended["status"], "FAILED");
    assert_eq!(ended["error"], message(&answer));
    let words = message(&answer).to_owned();
    assert!(!words.contains("canary"), "{words}");
    words
}

#[tokio::test]
async fn an_invalid_response_of_an_endpoint_is_reported() {
    let test = SignIn::start().await;

    for (misbehaviour, words) in [
        (Misbehaviour::Garbage, "an invalid response"),
        (Misbehaviour::TooMuch, "a response that is too large"),
        (Misbehaviour::Redirect, "sent a redirect"),
        (Misbehaviour::Forbidden, "VIA=engine"),
    ] {
        for kind in ["CLAUDE", "CHATGPT"] {
            let said = fails(&test, kind, misbehaviour).await;
            assert!(said.contains(words), "{said}");
        }
    }

    assert_eq!(test.identity.world().elsewhere, 0);
    assert!(test.accounts().await.is_empty());
}

#[tokio::test]
async fn an_endpoint_that_does_not_respond_times_out() {
    let test = SignIn::start().await;

    let said = fails(&test, "CLAUDE", Misbehaviour::TooSlow).await;

    assert!(said.contains("did not respond in time"), "{said}");
}

#[tokio::test]
async fn an_invalid_response_of_a_device_endpoint_ends_the_polling() {
    let test = SignIn::start().await;
    let login = test.begin("XAI").await;

    test.identity.world().misbehaviour = Some(Misbehaviour::TooMuch);
    let ended = test.over(&login).await;

    assert_eq!(ended["status"], "FAILED");
    assert!(
        ended["error"].as_str().unwrap().contains("too large"),
        "{ended}"
    );
}

#[tokio::test]
async fn denied_consent_and_invalid_codes_are_reported() {
    let test = SignIn::start().await;

    let login = test.begin("CHATGPT").await;
    let url = login["authorizeUrl"].as_str().unwrap();
    let address = test.identity.consent(url, Decision::Deny).await;
    let denied = test.paste(&login, &address).await;
    let login = test.begin("CHATGPT").await;
    let address = test.consent(&login).await.replace("code=", "code=x");
    let refused = test.paste(&login, &address).await;

    assert_eq!(code(&denied), "PROVIDER_ERROR");
    assert!(message(&denied).contains("denied at ChatGPT"), "{denied}");
    assert!(message(&refused).contains("invalid_grant"), "{refused}");
    assert!(message(&refused).contains("start again"), "{refused}");
    assert!(test.accounts().await.is_empty());
}

#[tokio::test]
async fn an_unreachable_provider_is_reported() {
    let mut options = Options::default();
    let nowhere = "http://127.0.0.1:9/token";
    let test = {
        let identity = super::identity::Identity::start().await;
        for (name, value) in identity.settings() {
            options.secrets.oauth.insert(name, value);
        }
        let mut options = options.with("--engine=demo");
        let oauth = &mut options.secrets.oauth;
        oauth.insert("OAUTH_CLAUDE_TOKEN_URL".into(), nowhere.into());
        oauth.insert("OAUTH_KIMI_DEVICE_URL".into(), nowhere.into());
        options.secrets.admin_password = Some(super::PASSWORD.into());
        let app = crate::support::TestApp::start(options, TestDatabase::create().await).await;
        let mut admin = crate::support::Caller::new(app.address);
        admin.sign_in(super::PASSWORD).await;
        SignIn {
            identity,
            app,
            admin,
        }
    };

    let login = test.begin("CLAUDE").await;
    let address = test.consent(&login).await;
    let by_code = test.paste(&login, &address).await;
    let by_device = begin(&test.admin, "KIMI").await;

    for answer in [&by_code, &by_device] {
        assert_eq!(code(answer), "PROVIDER_ERROR", "{answer}");
        assert!(message(answer).contains("cannot be reached"), "{answer}");
        assert!(message(answer).contains("proxy"), "{answer}");
    }
    assert!(test.accounts().await.is_empty());
}

#[tokio::test]
async fn providers_without_sign_in_are_rejected() {
    let test = SignIn::start().await;

    let answer = begin(&test.admin, "OPENAI_COMPATIBLE").await;

    assert_eq!(code(&answer), "BAD_USER_INPUT");
    assert!(message(&answer).contains("add an API key"), "{answer}");
}

#[tokio::test]
async fn concurrent_sign_ins_are_limited() {
    let test = SignIn::start().await;

    let mut last = Value::Null;
    for _ in 0..21 {
        last = begin(&test.admin, "CLAUDE").await;
    }

    assert_eq!(code(&last), "CONFLICT", "{last}");
    assert!(message(&last).contains("cancel some"), "{last}");
}
