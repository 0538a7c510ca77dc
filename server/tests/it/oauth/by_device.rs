//! Copilot, Kimi and xAI: a code is typed at the provider while the server asks.

use std::time::Duration;

use entity::{admin::Role, audit_event, provider_login::LoginStatus};
use proxypal_server::domain::{
    admins::NewAdmin, provider_logins::Starter, sessions::SessionClient,
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::{PASSWORD, SignIn, cancel, identity::Decision, message};
use crate::support::{Caller, Options, code, eventually, test_context};

fn user_code(login: &Value) -> &str {
    login["userCode"].as_str().unwrap()
}

#[tokio::test]
async fn xai_by_device_code_finds_its_endpoints_and_becomes_an_auth_file() {
    let test = SignIn::start().await;

    let login = test.begin("XAI").await;
    test.identity.decide(user_code(&login), Decision::Allow);
    let ended = test.over(&login).await;

    assert_eq!(login["mode"], "DEVICE");
    assert!(
        login["verificationUrl"]
            .as_str()
            .unwrap()
            .starts_with("http")
    );
    assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
    let file = test.auth_file().await;
    let expected = [
        ("type", json!("xai")),
        ("auth_kind", json!("oauth")),
        ("sub", json!("user-3")),
        ("email", json!("ada@example.org")),
        ("expires_in", json!(3600)),
        ("base_url", json!("https://api.x.ai/v1")),
        ("token_endpoint", json!(test.identity.url("xai/token"))),
    ];
    for (name, value) in expected {
        assert_eq!(file[name], value, "{name}");
    }
    let events = test.app.database.audit_events().await;
    let event = events.last().unwrap();
    assert_eq!(event.action, "completeProviderLogin");
    assert_eq!(event.actor_name.as_deref(), Some("admin"));
    let account = &test.accounts().await[0];
    assert_eq!(event.subject_id, Some(account.id.to_string()));
}

#[tokio::test]
async fn kimi_gives_its_tokens_to_a_device() {
    let test = SignIn::start().await;

    let login = test.begin("KIMI").await;
    test.identity.decide(user_code(&login), Decision::Allow);
    let ended = test.over(&login).await;

    assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
    let file = test.auth_file().await;
    assert_eq!(
        (&file["type"], &file["scope"]),
        (&json!("kimi"), &json!("kimi-code"))
    );
    assert_eq!(file["device_id"].as_str().unwrap().len(), 36);
    assert!(file["timestamp"].is_i64());
}

#[tokio::test]
async fn polling_slows_down_when_the_provider_requests_it() {
    let test = SignIn::start().await;
    let login = test.begin("XAI").await;

    // It returned one second as the interval, and finds that too soon.
    for device in test.identity.world().devices.values_mut() {
        device.interval = Duration::from_millis(1500);
    }
    eventually("a slow_down response", async || {
        let world = test.identity.world();
        world
            .devices
            .values()
            .any(|device| device.slowed_down == 1)
            .then_some(())
    })
    .await;
    test.identity.decide(user_code(&login), Decision::Allow);
    for device in test.identity.world().devices.values_mut() {
        device.interval = Duration::from_millis(5900);
    }
    let ended = test.over(&login).await;

    assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
}

#[tokio::test]
async fn denied_and_expired_codes_are_reported() {
    let test = SignIn::start().await;

    let denied = test.begin("KIMI").await;
    test.identity.decide(user_code(&denied), Decision::Deny);
    let denied = test.over(&denied).await;
    let expired = test.begin("XAI").await;
    for device in test.identity.world().devices.values_mut() {
        device.is_expired = true;
    }
    let expired = test.over(&expired).await;

    assert_eq!(denied["status"], "FAILED");
    assert!(
        denied["error"].as_str().unwrap().contains("denied at Kimi"),
        "{denied}"
    );
    let failed = |event: &&audit_event::Model| event.error.is_some();
    let events = test.app.database.audit_events().await;
    let events: Vec<_> = events.iter().filter(failed).collect();
    let [event] = events.as_slice() else {
        panic!("{events:#?}")
    };
    assert_eq!(event.action, "completeProviderLogin");
    assert_eq!(event.error.as_deref(), Some("PROVIDER_ERROR"));
    assert_eq!(event.actor_name.as_deref(), Some("admin"));
    assert_eq!(event.subject_id.as_deref(), denied["id"].as_str());
    assert_eq!(expired["status"], "EXPIRED");
    assert!(
        expired["error"]
            .as_str()
            .unwrap()
            .contains("start it again")
    );
    assert!(test.accounts().await.is_empty());
}

#[tokio::test]
async fn a_cancelled_code_creates_no_account() {
    let test = SignIn::start().await;
    let login = test.begin("XAI").await;

    let pasted = test.paste(&login, "a#b").await;
    let cancelled = cancel(&test.admin, &login).await;
    test.identity.decide(user_code(&login), Decision::Allow);

    assert_eq!(code(&pasted), "BAD_USER_INPUT");
    assert!(message(&pasted).contains("enter its code"), "{pasted}");
    assert!(cancelled["errors"].is_null());
    assert_eq!(test.look(&login).await["status"], "CANCELLED");
    assert_eq!(test.look(&login).await["userCode"], Value::Null);
    assert!(test.accounts().await.is_empty());
}

#[tokio::test]
async fn the_next_server_continues_polling() {
    let test = SignIn::start().await;
    let login = test.begin("XAI").await;

    let identity = test.identity.clone();
    let database = test.app.stop().await;
    identity.decide(user_code(&login), Decision::Allow);
    let test = SignIn::before(identity, Options::default(), database).await;
    let ended = test.over(&login).await;

    assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
}

#[tokio::test]
async fn a_provider_login_ends_with_the_role_of_its_admin() {
    let test = SignIn::start().await;
    let admins = &test.app.services.admins;
    let new = NewAdmin {
        username: "ada".to_owned(),
        role: Role::Admin,
        password: Some(PASSWORD.into()),
    };
    let ada = admins.create(test_context(), new).await.unwrap().admin;
    let begun =
        test.app
            .services
            .sessions
            .begin(test_context(), ada.clone(), SessionClient::default());
    let begun = begun.await.unwrap();
    let mut caller = Caller::new(test.app.address);
    let cookie = format!("session={}", begun.cookie.expose_secret());
    caller.keep(&[cookie], &begun.session.csrf_token);
    let login = super::begin(&caller, "XAI").await;
    let login = &login["data"]["startProviderLogin"]["login"];

    admins
        .set_role(test_context(), ada.id, Role::Viewer)
        .await
        .unwrap();
    test.identity.decide(user_code(login), Decision::Allow);

    let id = login["id"].as_str().unwrap().parse().unwrap();
    let starter = Starter {
        id: ada.id,
        session_id: None,
    };
    let ended = eventually("the end", async || {
        let oauth = &test.app.services.oauth;
        let view = oauth.find(starter, id).await.unwrap()?;
        (view.login.status == LoginStatus::Failed).then_some(view.login)
    })
    .await;
    assert!(ended.error.unwrap().contains("no longer allowed"));
    assert!(test.accounts().await.is_empty());
}
