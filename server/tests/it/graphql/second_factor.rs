//! The second factor: codes of an app, recovery codes, and what guessing gets.

use chrono::TimeDelta;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use crate::support::{Caller, ControlPlane, PASSWORD, code};

const LOGIN: &str = "mutation($password: String!, $code: String) {
    login(password: $password, code: $code) { session { id } } }";
const ENROL: &str = "mutation($password: String!) {
    enrolTotp(password: $password) { secret otpauthUri qrSvg } }";
const CONFIRM: &str = "mutation($code: String!) {
    confirmTotp(code: $code) { recoveryCodes admin { secondFactorSince recoveryCodesLeft } } }";
const DISABLE: &str = "mutation($password: String!, $code: String!) {
    disableTotp(password: $password, code: $code) { admin { secondFactorSince } } }";

/// The codes of an authenticator app.
struct App(String);

impl App {
    fn code(&self, plane: &ControlPlane) -> String {
        let secret = Secret::try_from_base32(&self.0).unwrap();
        let totp = Builder::new()
            .with_secret(secret)
            .with_account_name("x")
            .build();
        let now = plane.services.clock.now().timestamp();
        totp.unwrap().generate(now.try_into().unwrap()).to_string()
    }
}

/// An administrator with a second factor, their app and recovery codes.
async fn enrolled(plane: &ControlPlane) -> (Caller, App, Vec<String>) {
    let admin = plane.admin().await;
    let enrolment = admin.ask_with(ENROL, json!({ "password": PASSWORD })).await;
    let enrolment = &enrolment["data"]["enrolTotp"];
    let app = App(enrolment["secret"].as_str().unwrap().to_owned());
    assert!(enrolment["qrSvg"].as_str().unwrap().starts_with("<svg"));
    let uri = enrolment["otpauthUri"].as_str().unwrap();
    assert!(
        uri.starts_with("otpauth://totp/ProxyPal:admin?") && uri.contains(&app.0),
        "{uri}"
    );
    let confirmed = admin
        .ask_with(CONFIRM, json!({ "code": app.code(plane) }))
        .await;
    let confirmed = &confirmed["data"]["confirmTotp"];
    assert_ne!(confirmed["admin"]["secondFactorSince"], Value::Null);
    assert_eq!(confirmed["admin"]["recoveryCodesLeft"], 10);
    let codes = serde_json::from_value(confirmed["recoveryCodes"].clone()).unwrap();
    (admin, app, codes)
}

async fn login(plane: &ControlPlane, given: Option<&str>) -> String {
    let variables = json!({ "password": PASSWORD, "code": given });
    let answer = plane.anonymous().ask_with(LOGIN, variables).await;
    code(&answer).to_owned()
}

#[tokio::test]
async fn sign_in_requires_a_code_once_the_app_is_confirmed() {
    let plane = ControlPlane::start().await;
    let admin = plane.admin().await;
    let wrong = admin.ask_with(ENROL, json!({ "password": "wrong" })).await;
    admin.ask_with(ENROL, json!({ "password": PASSWORD })).await;
    let unconfirmed = admin.ask_with(CONFIRM, json!({ "code": "000000" })).await;

    assert_eq!(code(&wrong), "BAD_USER_INPUT");
    assert_eq!(code(&unconfirmed), "UNAUTHENTICATED");
    assert_eq!(login(&plane, None).await, "");

    let (_, app, _) = enrolled(&plane).await;
    plane.advance(TimeDelta::seconds(60));

    assert_eq!(login(&plane, None).await, "SECOND_FACTOR_REQUIRED");
    assert_eq!(login(&plane, Some("000000")).await, "UNAUTHENTICATED");
    assert_eq!(login(&plane, Some("")).await, "UNAUTHENTICATED");
    let answer = json!({ "password": "wrong", "code": app.code(&plane) });
    let answer = plane.anonymous().ask_with(LOGIN, answer).await;
    assert_eq!(code(&answer), "UNAUTHENTICATED");
    assert_eq!(login(&plane, Some(&app.code(&plane))).await, "");
}

#[tokio::test]
async fn a_used_code_is_rejected() {
    let plane = ControlPlane::start().await;
    let (_, app, _) = enrolled(&plane).await;
    let confirmed_with = app.code(&plane);
    assert_eq!(
        login(&plane, Some(&confirmed_with)).await,
        "UNAUTHENTICATED"
    );

    plane.advance(TimeDelta::seconds(60));
    let code = app.code(&plane);
    let (one, other) = tokio::join!(login(&plane, Some(&code)), login(&plane, Some(&code)));

    let mut results = [one, other];
    results.sort();
    assert_eq!(results, ["", "UNAUTHENTICATED"]);
    plane.advance(TimeDelta::seconds(30));
    assert_eq!(login(&plane, Some(&code)).await, "UNAUTHENTICATED");
    assert_eq!(login(&plane, Some(&app.code(&plane))).await, "");
}

#[tokio::test]
async fn a_recovery_code_works_once() {
    let plane = ControlPlane::start().await;
    let (admin, _, codes) = enrolled(&plane).await;
    let typed = codes[0].to_uppercase().replace('-', " ");

    assert_eq!(login(&plane, Some(&typed)).await, "");
    assert_eq!(login(&plane, Some(&codes[0])).await, "UNAUTHENTICATED");
    let left = admin
        .ask("{ session { admin { recoveryCodesLeft } } }")
        .await;
    assert_eq!(left["data"]["session"]["admin"]["recoveryCodesLeft"], 9);

    let renew = "mutation($password: String!, $code: String!) {
        renewRecoveryCodes(password: $password, code: $code) { recoveryCodes } }";
    let renewed = admin
        .ask_with(renew, json!({ "password": PASSWORD, "code": codes[1] }))
        .await;
    let fresh = renewed["data"]["renewRecoveryCodes"]["recoveryCodes"][0].as_str();
    assert_eq!(login(&plane, Some(&codes[2])).await, "UNAUTHENTICATED");
    assert_eq!(login(&plane, fresh).await, "");
}

#[tokio::test]
async fn guessing_codes_is_throttled_across_addresses() {
    let plane = ControlPlane::start().await;
    let (_, app, _) = enrolled(&plane).await;
    plane.advance(TimeDelta::minutes(16));

    for _ in 0..10 {
        login(&plane, Some("000000")).await;
    }
    let throttle = &plane.services.login_throttle;
    let id = plane.services.admins.list().await.unwrap()[0].id;
    let elsewhere = "192.0.2.1".parse().unwrap();
    for _ in 0..10 {
        throttle.attempt_code(id, Some(elsewhere)).unwrap();
    }

    assert_eq!(login(&plane, Some(&app.code(&plane))).await, "RATE_LIMITED");
    let yet_elsewhere = "192.0.2.2".parse().unwrap();
    assert!(throttle.attempt_code(id, Some(yet_elsewhere)).is_err());
    plane.advance(TimeDelta::minutes(16));
    assert_eq!(login(&plane, Some(&app.code(&plane))).await, "");
}

#[tokio::test]
async fn disabling_the_second_factor_requires_password_and_code() {
    let plane = ControlPlane::start().await;
    let (admin, app, _) = enrolled(&plane).await;
    plane.advance(TimeDelta::seconds(60));
    let disable = async |password: &str, code: &str| {
        let variables = json!({ "password": password, "code": code });
        admin.ask_with(DISABLE, variables).await
    };

    assert_eq!(
        code(&disable("wrong", &app.code(&plane)).await),
        "BAD_USER_INPUT"
    );
    assert_eq!(code(&disable(PASSWORD, "000000").await), "UNAUTHENTICATED");
    let twice = admin.ask_with(ENROL, json!({ "password": PASSWORD })).await;
    assert_eq!(code(&twice), "CONFLICT");
    let gone = disable(PASSWORD, &app.code(&plane)).await;

    let admin = &gone["data"]["disableTotp"]["admin"];
    assert_eq!(*admin, json!({ "secondFactorSince": null }));
    assert_eq!(login(&plane, None).await, "");
}

#[tokio::test]
async fn neither_secret_nor_recovery_codes_are_stored_in_plain_text() {
    let plane = ControlPlane::start().await;
    let (_, app, codes) = enrolled(&plane).await;

    let admin = plane.services.admins.list().await.unwrap().remove(0);
    let sealed = admin.totp_sealed.unwrap();
    let secret = Secret::try_from_base32(&app.0).unwrap();
    let secret = secret.as_bytes();
    assert!(!sealed.windows(secret.len()).any(|window| window == secret));
    let viewer = plane.script(entity::admin::Role::Viewer).await;
    let events = viewer
        .ask("{ auditEvents(first: 200) { nodes { before after } } }")
        .await
        .to_string();
    assert!(!events.contains(&app.0) && !codes.iter().any(|code| events.contains(code)));
}
