//! Gemini: the engine signs in, and its file becomes an account.

use entity::provider_account;
use proxypal_server::engine::EngineState;
use serde_json::Value;

use super::{Identity, PASSWORD, SignIn, begin, cancel, message};
use crate::support::{Caller, Options, TestApp, TestDatabase, code, eventually, programs::example};

/// A server with the engine's double, which accepts any code.
async fn with_engine() -> SignIn {
    let identity = Identity::start().await;
    let double = example("engine_double");
    let mut options = Options::default()
        .with("--engine=managed")
        .with(&format!("--engine-binary={}", double.display()));
    options.secrets.admin_password = Some(PASSWORD.into());
    let app = TestApp::start(options, TestDatabase::create().await).await;
    app.engine_is(EngineState::Running).await;
    let mut admin = Caller::new(app.address);
    admin.sign_in(PASSWORD).await;
    SignIn {
        identity,
        app,
        admin,
    }
}

/// The provider's redirect for an authorization URL of the engine.
fn answered(login: &Value, outcome: &str) -> String {
    let url: url::Url = login["authorizeUrl"].as_str().unwrap().parse().unwrap();
    let mut pairs = url.query_pairs();
    let state = pairs.find(|(name, _)| name == "state").unwrap().1;
    format!("http://localhost:51121/oauth-callback?{outcome}&state={state}")
}

#[tokio::test(flavor = "multi_thread")]
async fn gemini_signs_in_through_the_engine_and_its_file_is_adopted() {
    let test = with_engine().await;

    let login = test.begin("GEMINI").await;
    let answer = test.paste(&login, &answered(&login, "code=good")).await;

    assert_eq!(login["mode"], "PASTE");
    assert_eq!(
        login["redirectUrl"],
        "http://localhost:51121/oauth-callback"
    );
    let ended = &answer["data"]["completeProviderLogin"]["login"];
    assert_eq!(ended["status"], "SUCCEEDED", "{answer}");
    let account: provider_account::Model = eventually("the account", async || {
        test.accounts().await.into_iter().next()
    })
    .await;
    assert_eq!(account.kind, provider_account::ProviderKind::Gemini);
    assert_eq!(ended["account"]["id"], account.id.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn error_texts_of_the_engine_are_not_shown() {
    let test = with_engine().await;

    let login = test.begin("GEMINI").await;
    let denied = test
        .paste(&login, &answered(&login, "error=access_denied"))
        .await;
    let login = test.begin("GEMINI").await;
    let refused = test
        .paste(&login, &answered(&login, "code=canary-bad"))
        .await;

    assert!(message(&denied).contains("denied at Gemini"), "{denied}");
    assert_eq!(code(&refused), "PROVIDER_ERROR");
    assert!(message(&refused).contains("see its log"), "{refused}");
    assert!(!message(&refused).contains("canary"), "{refused}");
    assert!(test.accounts().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_engine_has_lost_the_sign_in() {
    let test = with_engine().await;
    let login = test.begin("GEMINI").await;
    let called_off = test.begin("GEMINI").await;

    let cancelled = cancel(&test.admin, &called_off).await;
    test.app.services.engine.restart().await.unwrap();
    let forgotten = test.paste(&login, &answered(&login, "code=good")).await;
    test.app.services.engine.stop().await.unwrap();
    let away = begin(&test.admin, "GEMINI").await;

    assert!(cancelled["errors"].is_null(), "{cancelled}");
    assert!(
        message(&forgotten).contains("has no such sign-in"),
        "{forgotten}"
    );
    assert_eq!(code(&away), "ENGINE_UNAVAILABLE");
    assert!(message(&away).contains("does not run"), "{away}");
}
