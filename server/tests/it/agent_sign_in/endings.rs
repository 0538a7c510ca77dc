//! How sign-ins end: revoked by a user or an administrator, signed out, with their user, with their key.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, Bytes},
    http::Response,
    routing::post,
};
use futures_util::stream;
use proxypal_server::domain::users::UserChanges;
use serde_json::json;

use super::{
    KEYS, Options, REVOKE, Signing, TestApp, begin, confirm, form, poll, refresh, sign_in,
};
use crate::support::{Caller, TestDatabase, code, scripted, soon, test_context};

#[tokio::test]
async fn a_user_lists_and_ends_their_sign_ins_with_any_of_their_keys() {
    let signing = Signing::start().await;
    let tokens = sign_in(&signing.agent, &signing.holder).await;
    let id = signing.key_of(&tokens).await;
    let (_, eve) = signing.plane.key_holder("eve").await;

    let foreign = eve.ask_with(REVOKE, json!({ "id": id })).await;
    let listed = signing.holder.ask(KEYS).await;
    let revoked = signing.holder.ask_with(REVOKE, json!({ "id": id })).await;

    assert_eq!(code(&foreign), "NOT_FOUND");
    let keys = listed["data"]["viewer"]["user"]["apiKeys"]
        .as_array()
        .unwrap();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0]["agentSignIn"]["agent"], "claude-code/2.1.332");
    assert!(keys[1]["agentSignIn"].is_null());
    let state = &revoked["data"]["revokeOwnAgentSignIn"]["apiKey"]["state"];
    assert_eq!(state, "REVOKED", "{revoked}");
    let answer = signing.with_token(&tokens).get("/v1/proxypal/usage").await;
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.headers()["x-should-retry"], "false");
    assert!(
        answer
            .text()
            .await
            .unwrap()
            .contains("this sign-in was revoked")
    );
    let (_, refreshed) = refresh(&signing.agent, &tokens["refresh_token"]).await;
    assert_eq!(refreshed["error"], "invalid_grant");
    let again = signing.holder.ask_with(REVOKE, json!({ "id": id })).await;
    assert_eq!(code(&again), "CONFLICT");
    let own = signing
        .plane
        .services
        .api_keys
        .of_users(&[signing.ada])
        .await
        .unwrap();
    let key = own.iter().find(|key| key.signed_in_at.is_none()).unwrap();
    let key = signing
        .holder
        .ask_with(REVOKE, json!({ "id": key.id }))
        .await;
    assert_eq!(code(&key), "NOT_FOUND");
}

#[tokio::test]
async fn an_agent_signs_out_with_either_token() {
    let signing = Signing::start().await;
    for kind in ["access_token", "refresh_token"] {
        let tokens = sign_in(&signing.agent, &signing.holder).await;
        let token = tokens[kind].as_str().unwrap();
        for _twice in 0..2 {
            let (status, _) = form(&signing.agent, "/oauth/revoke", &[("token", token)]).await;
            assert_eq!(status, 200);
        }
        assert!(!signing.works(&tokens).await);
        assert_eq!(signing.actions().await[0], "signOutAgent");
    }
    let unknown = [("token", "unknown"), ("token_type_hint", "refresh_token")];
    assert_eq!(form(&signing.agent, "/oauth/revoke", &unknown).await.0, 200);
}

#[tokio::test]
async fn a_disabled_user_gets_no_tokens() {
    let signing = Signing::start().await;
    let tokens = sign_in(&signing.agent, &signing.holder).await;
    let codes = begin(&signing.agent).await;
    confirm(&signing.holder, &codes["user_code"], "laptop").await;
    let enable = async |enabled| {
        let changes = UserChanges {
            enabled: Some(enabled),
            ..UserChanges::default()
        };
        let users = &signing.plane.services.users;
        users
            .update(test_context(), signing.ada, None, changes)
            .await
            .unwrap();
    };

    enable(false).await;
    for (status, answer) in [
        refresh(&signing.agent, &tokens["refresh_token"]).await,
        poll(&signing.agent, &codes).await,
    ] {
        assert_eq!((status, &answer["error"]), (400, &json!("invalid_grant")));
    }
    assert!(!signing.works(&tokens).await);

    enable(true).await;
    assert!(signing.works(&tokens).await);
    assert_eq!(
        refresh(&signing.agent, &tokens["refresh_token"]).await.0,
        200
    );
    assert_eq!(poll(&signing.agent, &codes).await.0, 200);
}

#[tokio::test]
async fn a_key_that_was_revoked_before_the_exchange_gives_no_tokens() {
    let signing = Signing::start().await;
    let codes = begin(&signing.agent).await;
    confirm(&signing.holder, &codes["user_code"], "laptop").await;
    let keys = &signing.plane.services.api_keys;
    let key = keys.of_users(&[signing.ada]).await.unwrap().remove(0);
    keys.revoke(test_context(), key.id, true).await.unwrap();

    let (status, answer) = poll(&signing.agent, &codes).await;

    assert_eq!((status, &answer["error"]), (400, &json!("invalid_grant")));
}

#[tokio::test]
async fn revoking_a_key_with_what_it_created_ends_its_sign_ins() {
    let signing = Signing::start().await;
    let tokens = sign_in(&signing.agent, &signing.holder).await;
    let keys = &signing.plane.services.api_keys;
    let all = keys.of_users(&[signing.ada]).await.unwrap();
    let key = all.iter().find(|key| key.signed_in_at.is_none()).unwrap();

    keys.revoke(test_context(), key.id, true).await.unwrap();

    assert!(!signing.works(&tokens).await);
}

/// An engine whose answers do not end.
fn endless() -> Router {
    Router::new().fallback(post(async || {
        let event = "data: {\"choices\":[{\"delta\":{\"content\":\"more\"}}]}\n\n";
        let events = stream::unfold((), move |()| async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from(event)), ()))
        });
        Response::builder()
            .header("content-type", "text/event-stream")
            .body(Body::from_stream(events))
            .unwrap()
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_a_sign_in_ends_a_stream_that_began_before_a_refresh() {
    let app = TestApp::with_engine(endless()).await;
    let holder = Caller::new(app.address).with_bearer(&app.issue_key().await);
    let anyone = Caller::new(app.address);
    let tokens = sign_in(&anyone, &holder).await;
    let access = tokens["access_token"].as_str().unwrap();
    let request = app.http.post(app.url("/v1/chat/completions"));
    let request = request
        .bearer_auth(access)
        .json(&json!({ "model": "m", "stream": true }));
    let mut answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.chunk().await.unwrap().is_some());
    assert_eq!(refresh(&anyone, &tokens["refresh_token"]).await.0, 200);

    let (status, _) = form(&anyone, "/oauth/revoke", &[("token", access)]).await;

    assert_eq!(status, 200);
    soon("the end of the stream", async {
        while let Ok(Some(_)) = answer.chunk().await {}
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle_of_a_sign_in_loses_nothing() {
    let engine = scripted(endless()).await;
    let app = TestApp::with_data(TestDatabase::create().await, engine, Options::default()).await;
    let key = app.issue_key().await;
    let waiting = begin(&Caller::new(app.address)).await;
    let confirmed = begin(&Caller::new(app.address)).await;
    let holder = Caller::new(app.address).with_bearer(&key);
    confirm(&holder, &confirmed["user_code"], "laptop").await;
    let signed_in = sign_in(&Caller::new(app.address), &holder).await;

    let database = app.stop().await;
    let app = TestApp::with_data(database, engine, Options::default()).await;

    let anyone = Caller::new(app.address);
    let holder = Caller::new(app.address).with_bearer(&key);
    assert_eq!(poll(&anyone, &confirmed).await.0, 200);
    assert_eq!(
        poll(&anyone, &waiting).await.1["error"],
        "authorization_pending"
    );
    confirm(&holder, &waiting["user_code"], "laptop").await;
    assert_eq!(poll(&anyone, &waiting).await.0, 200);
    let access = signed_in["access_token"].as_str().unwrap();
    let usage = anyone.with_bearer(access).get("/v1/proxypal/usage").await;
    assert_eq!(usage.status(), 200);
}
