//! The tokens of sign-ins: rotation, reuse, expiry.

use chrono::TimeDelta;
use serde_json::json;

use super::{Signing, WHO, form, refresh, sign_in};
use crate::support::code;

#[tokio::test]
async fn an_access_token_lasts_an_hour_and_is_refreshed() {
    let signing = Signing::start().await;
    let first = sign_in(&signing.agent, &signing.holder).await;
    signing.plane.advance(TimeDelta::minutes(55));

    let (status, second) = refresh(&signing.agent, &first["refresh_token"]).await;

    assert_eq!(status, 200, "{second}");
    assert_ne!(second["access_token"], first["access_token"]);
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert!(signing.works(&first).await);
    assert!(signing.works(&second).await);
    signing.plane.advance(TimeDelta::minutes(5));
    let expired = signing.with_token(&first).get("/v1/proxypal/usage").await;
    assert_eq!(expired.status(), 401);
    assert_eq!(expired.headers()["x-should-retry"], "false");
    let text = expired.text().await.unwrap();
    assert!(text.contains("access token expired at"), "{text}");
    assert!(signing.works(&second).await);
    let who = signing.with_token(&second).ask(WHO).await;
    let sign_in = &who["data"]["viewer"]["apiKey"]["agentSignIn"];
    assert_eq!(sign_in["refreshedAt"], json!("2026-06-01T12:55:00Z"));
}

#[tokio::test]
async fn a_refresh_whose_answer_was_lost_gives_the_same_successor() {
    let signing = Signing::start().await;
    let first = sign_in(&signing.agent, &signing.holder).await;
    let (_, lost) = refresh(&signing.agent, &first["refresh_token"]).await;
    signing.plane.advance(TimeDelta::seconds(20));

    let (status, again) = refresh(&signing.agent, &first["refresh_token"]).await;

    assert_eq!(status, 200, "{again}");
    assert_eq!(again["refresh_token"], lost["refresh_token"]);
    assert!(signing.works(&lost).await);
    assert!(signing.works(&again).await);
    let (status, _) = refresh(&signing.agent, &again["refresh_token"]).await;
    assert_eq!(status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn refreshes_at_the_same_time_agree_on_the_successor() {
    let signing = Signing::start().await;
    let first = sign_in(&signing.agent, &signing.holder).await;

    let answers = (0..6).map(|_| refresh(&signing.agent, &first["refresh_token"]));
    let answers = futures_util::future::join_all(answers).await;

    for (status, answer) in &answers {
        assert_eq!(*status, 200, "{answer}");
        assert_eq!(answer["refresh_token"], answers[0].1["refresh_token"]);
        assert!(signing.works(answer).await);
    }
}

#[tokio::test]
async fn a_reused_refresh_token_ends_the_sign_in() {
    let signing = Signing::start().await;
    let first = sign_in(&signing.agent, &signing.holder).await;
    let other = sign_in(&signing.agent, &signing.holder).await;
    let (_, second) = refresh(&signing.agent, &first["refresh_token"]).await;
    signing.plane.advance(TimeDelta::seconds(31));

    let (status, answer) = refresh(&signing.agent, &first["refresh_token"]).await;

    assert_eq!((status, &answer["error"]), (400, &json!("invalid_grant")));
    assert!(!signing.works(&second).await);
    let (status, answer) = refresh(&signing.agent, &second["refresh_token"]).await;
    assert_eq!((status, &answer["error"]), (400, &json!("invalid_grant")));
    assert!(signing.works(&other).await);
    assert_eq!(signing.actions().await[0], "reuseRefreshToken");
}

#[tokio::test]
async fn a_refresh_token_whose_successor_was_used_is_reused() {
    let signing = Signing::start().await;
    let first = sign_in(&signing.agent, &signing.holder).await;
    let (_, second) = refresh(&signing.agent, &first["refresh_token"]).await;
    let (_, third) = refresh(&signing.agent, &second["refresh_token"]).await;

    let (_, answer) = refresh(&signing.agent, &first["refresh_token"]).await;

    assert_eq!(answer["error"], "invalid_grant");
    assert!(!signing.works(&third).await);
}

#[tokio::test]
async fn each_token_is_good_for_its_purpose_only() {
    let signing = Signing::start().await;
    let tokens = sign_in(&signing.agent, &signing.holder).await;

    let as_access = json!({ "access_token": tokens["refresh_token"] });
    let (_, answer) = refresh(&signing.agent, &tokens["access_token"]).await;

    assert!(!signing.works(&as_access).await);
    assert_eq!(answer["error"], "invalid_grant");
    assert!(signing.works(&tokens).await);
}

#[tokio::test]
async fn access_tokens_of_one_sign_in_are_bounded() {
    let signing = Signing::start().await;
    let first = sign_in(&signing.agent, &signing.holder).await;
    let mut last = first.clone();
    for _ in 0..10 {
        last = refresh(&signing.agent, &last["refresh_token"]).await.1;
    }

    assert!(!signing.works(&first).await);
    assert!(signing.works(&last).await);
}

#[tokio::test]
async fn an_agent_that_cannot_refresh_gets_one_token_for_the_whole_sign_in() {
    let signing = Signing::start().await;
    let fields = [("scope", "long_lived")];
    let (_, codes) = form(&signing.agent, "/oauth/device_authorization", &fields).await;
    super::confirm(&signing.holder, &codes["user_code"], "laptop").await;

    let (_, tokens) = super::poll(&signing.agent, &codes).await;

    assert!(tokens["refresh_token"].is_null());
    assert_eq!(tokens["expires_in"], 90 * 24 * 3600);
    signing.plane.advance(TimeDelta::days(89));
    assert!(signing.works(&tokens).await);
    signing.plane.advance(TimeDelta::days(1));
    assert!(!signing.works(&tokens).await);
}

#[tokio::test]
async fn an_agent_manages_no_keys() {
    let signing = Signing::start().await;
    let tokens = sign_in(&signing.agent, &signing.holder).await;
    let settings = &signing.plane.services.settings;
    let allow = settings.update(crate::support::test_context(), 0, |gateway| {
        gateway.own_keys = true;
    });
    allow.await.unwrap();

    let create = r#"mutation { createOwnApiKey(input: { name: "x" }) { secret } }"#;
    let created = signing.with_token(&tokens).ask(create).await;
    let id = signing.key_of(&tokens).await;
    let rotate = format!(r#"mutation {{ rotateApiKey(id: "{id}") {{ secret }} }}"#);
    let rotated = signing.plane.admin().await.ask(&rotate).await;

    assert_eq!(code(&created), "CONFLICT", "{created}");
    assert_eq!(code(&rotated), "CONFLICT", "{rotated}");
}
