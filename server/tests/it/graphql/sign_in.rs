//! Set-up, signing in, and passwords.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::{ControlPlane, PASSWORD, code, cookie_lines};

const LOGIN: &str = "mutation($password: String!, $username: String) {
    login(password: $password, username: $username) { session { csrfToken expiresAt current } }
}";
const SETUP: &str = "mutation($token: String!, $password: String!) {
    completeSetup(token: $token, password: $password, username: \"root\") { session { admin { username role } } }
}";

#[tokio::test]
async fn the_set_up_link_works_once() {
    let plane = ControlPlane::launch("http://proxypal.test", None).await;
    let anonymous = plane.anonymous();
    let token = plane.setup_token.as_deref().unwrap();
    let required = "{ serverInfo { setupRequired } }";
    assert_eq!(
        anonymous.ask(required).await["data"]["serverInfo"]["setupRequired"],
        true
    );

    let wrong = anonymous
        .ask_with(SETUP, json!({ "token": "setup-x", "password": PASSWORD }))
        .await;
    let short = anonymous
        .ask_with(SETUP, json!({ "token": token, "password": "short" }))
        .await;
    let right = anonymous
        .ask_with(SETUP, json!({ "token": token, "password": PASSWORD }))
        .await;
    let again = anonymous
        .ask_with(SETUP, json!({ "token": token, "password": PASSWORD }))
        .await;

    assert_eq!(code(&wrong), "UNAUTHENTICATED");
    assert_eq!(code(&short), "BAD_USER_INPUT");
    let admin = &right["data"]["completeSetup"]["session"]["admin"];
    assert_eq!(*admin, json!({ "username": "root", "role": "OWNER" }));
    assert_eq!(code(&again), "UNAUTHENTICATED");
    assert_eq!(
        anonymous.ask(required).await["data"]["serverInfo"]["setupRequired"],
        false
    );
}

#[tokio::test]
async fn the_right_password_opens_a_session_and_a_wrong_one_does_not() {
    let plane = ControlPlane::start().await;
    let mut browser = plane.anonymous();

    let wrong = browser
        .ask_with(LOGIN, json!({ "password": "wrong" }))
        .await;
    let unknown = browser
        .ask_with(LOGIN, json!({ "password": PASSWORD, "username": "eve" }))
        .await;
    browser.sign_in(PASSWORD).await;

    assert_eq!(code(&wrong), "UNAUTHENTICATED");
    assert_eq!(code(&unknown), "UNAUTHENTICATED");
    let answer = browser
        .ask("{ session { current csrfToken } viewer { ... on Admin { username } } }")
        .await;
    assert_eq!(answer["data"]["session"]["csrfToken"], browser.csrf_token());
    assert_eq!(answer["data"]["viewer"]["username"], "admin");
    let anonymous = plane
        .anonymous()
        .ask("{ session { id } viewer { __typename } }")
        .await;
    assert_eq!(
        anonymous["data"],
        json!({ "session": null, "viewer": null })
    );
}

#[tokio::test]
async fn guessing_passwords_is_throttled() {
    let plane = ControlPlane::start().await;
    let browser = plane.anonymous();

    for _ in 0..10 {
        browser
            .ask_with(LOGIN, json!({ "password": "wrong" }))
            .await;
    }
    let refused = browser
        .ask_with(LOGIN, json!({ "password": PASSWORD }))
        .await;
    plane.advance(TimeDelta::minutes(16));
    let later = browser
        .ask_with(LOGIN, json!({ "password": PASSWORD }))
        .await;

    assert_eq!(code(&refused), "RATE_LIMITED");
    assert_eq!(refused["errors"][0]["extensions"]["retryAfterSeconds"], 900);
    assert_eq!(code(&later), "");
}

#[tokio::test]
async fn cookies_are_hidden_from_scripts_and_other_origins() {
    for (public_url, name, secure) in [
        ("https://ai.example.org", "__Host-session", true),
        ("http://localhost:8080", "session", false),
    ] {
        let plane = ControlPlane::launch(public_url, Some(PASSWORD)).await;

        let lines = plane.anonymous().sign_in(PASSWORD).await;

        let [session, csrf] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        assert!(session.starts_with(&format!("{name}=")), "{session}");
        assert!(session.contains("HttpOnly"), "{session}");
        assert!(
            csrf.starts_with("csrf_token=") && !csrf.contains("HttpOnly"),
            "{csrf}"
        );
        for line in &lines {
            assert!(
                line.contains("SameSite=Strict") && line.contains("Path=/"),
                "{line}"
            );
            assert_eq!(line.contains("Secure"), secure, "{line}");
            assert!(!line.contains("Domain"), "{line}");
        }
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_and_its_cookies() {
    let plane = ControlPlane::start().await;
    let browser = plane.admin().await;

    let answer = browser
        .post("mutation { logout { signedOut } }", json!({}))
        .await;

    for line in cookie_lines(&answer) {
        assert!(line.contains("Max-Age=0"), "{line}");
    }
    assert_eq!(
        browser.ask("{ session { id } }").await["data"]["session"],
        json!(null)
    );
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let plane = ControlPlane::start().await;
    let (here, elsewhere) = (plane.admin().await, plane.admin().await);
    let change = "mutation($old: String!) {
        changePassword(currentPassword: $old, newPassword: \"another good password\") { revokedSessions session { current } }
    }";

    let wrong = here.ask_with(change, json!({ "old": "wrong" })).await;
    let right = here.ask_with(change, json!({ "old": PASSWORD })).await;

    assert_eq!(code(&wrong), "BAD_USER_INPUT");
    assert_eq!(
        right["data"]["changePassword"],
        json!({ "revokedSessions": 1, "session": { "current": true } })
    );
    assert_eq!(
        elsewhere.ask("{ session { id } }").await["data"]["session"],
        json!(null)
    );
    assert_ne!(
        here.ask("{ session { id } }").await["data"]["session"],
        json!(null)
    );
    assert_eq!(
        code(&here.ask_with(LOGIN, json!({ "password": PASSWORD })).await),
        "UNAUTHENTICATED"
    );
}
