//! Agents that show a code and poll.

use chrono::TimeDelta;
use entity::{agent_sign_in_request, agent_token};
use proxypal_server::domain::{patch::Patch, users::api_keys::ApiKeyChanges};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

use super::{CONFIRM, DENY, SHOW, Signing, WHO, begin, confirm, form, poll, sign_in};
use crate::support::{ControlPlane, code, test_context};

#[tokio::test]
async fn the_endpoints_are_discovered_below_the_public_url() {
    let plane = ControlPlane::launch("http://proxypal.test/ai", None).await;

    let path = "/.well-known/oauth-authorization-server";
    let found: Value = plane.anonymous().get(path).await.json().await.unwrap();

    assert_eq!(found["issuer"], "http://proxypal.test/ai");
    let token = "http://proxypal.test/ai/oauth/token";
    assert_eq!(found["token_endpoint"], token);
    assert_eq!(found["gateway_protocol_version"], 1);
    assert_eq!(
        found["token_endpoint_auth_methods_supported"],
        json!(["none"])
    );
    let browser = plane.anonymous().with("accept", "text/html,*/*");
    for missing in [
        "/gateway-api/gateway-hosts/check?host=x",
        "/managed/settings",
        "/.well-known/other",
    ] {
        assert_eq!(browser.get(missing).await.status(), 404, "{missing}");
    }
}

#[tokio::test]
async fn opencode_finds_its_command_and_its_provider() {
    let plane = ControlPlane::launch("http://proxypal.test/ai", None).await;

    let found = plane.anonymous().get("/.well-known/opencode").await;

    let found: Value = found.json().await.unwrap();
    let command = [
        "proxypal-server",
        "token",
        "--long-lived",
        "http://proxypal.test/ai",
    ];
    assert_eq!(found["auth"]["command"], json!(command));
    let options = &found["config"]["provider"]["proxypal"]["options"];
    assert_eq!(options["baseURL"], "http://proxypal.test/ai/v1");
    assert_eq!(options["apiKey"], "{env:PROXYPAL_TOKEN}");
}

#[tokio::test]
async fn a_confirmed_device_gets_tokens_that_act_for_the_user() {
    let signing = Signing::start().await;
    let codes = begin(&signing.agent).await;

    let (status, answer) = poll(&signing.agent, &codes).await;
    assert_eq!(
        (status, &answer["error"]),
        (400, &json!("authorization_pending"))
    );
    let user_code = codes["user_code"].as_str().unwrap();
    assert_eq!(user_code.len(), 9);
    let url = format!("http://proxypal.test/device?user_code={user_code}");
    assert_eq!(codes["verification_uri_complete"], url);
    assert_eq!(
        (&codes["expires_in"], &codes["interval"]),
        (&json!(600), &json!(5))
    );
    let shown = signing
        .holder
        .ask_with(SHOW, json!({ "code": user_code.to_lowercase() }))
        .await;
    assert_eq!(
        shown["data"]["viewer"]["agentSignInRequest"],
        json!({ "agent": "claude-code/2.1.332", "surface": "claude_code", "clientId": null,
            "clientIp": "127.0.0.1", "isOnThisMachine": false, "isLongLived": false, "days": 90 })
    );
    let confirmed = confirm(&signing.holder, &codes["user_code"], "Ada's laptop").await;
    assert_eq!(
        confirmed["data"]["confirmAgentSignIn"]["redirectUrl"],
        Value::Null
    );
    let (status, tokens) = poll(&signing.agent, &codes).await;

    assert_eq!(status, 200, "{tokens}");
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 3600);
    assert!(signing.works(&tokens).await);
    let who = signing.with_token(&tokens).ask(WHO).await;
    let who = &who["data"]["viewer"];
    assert_eq!(who["user"]["name"], "ada");
    assert_eq!(who["apiKey"]["name"], "Ada's laptop");
    assert_eq!(who["apiKey"]["prefix"], "");
    assert_eq!(who["apiKey"]["agentSignIn"]["agent"], "claude-code/2.1.332");
    assert_eq!(
        signing.actions().await[..2],
        ["signInAgent", "confirmAgentSignIn"]
    );
}

#[tokio::test]
async fn a_sign_in_has_the_bounds_of_the_key_that_confirmed_it() {
    let signing = Signing::start().await;
    let key = signing
        .plane
        .services
        .api_keys
        .of_users(&[signing.ada])
        .await;
    let key = key.unwrap().remove(0);
    let end = signing.plane.services.clock.now() + TimeDelta::days(3);
    let changes = ApiKeyChanges {
        expires_at: Patch::Set(end),
        allowed_models: Patch::Set(vec!["gpt-5".to_owned()]),
        ..ApiKeyChanges::default()
    };
    let keys = &signing.plane.services.api_keys;
    keys.update(test_context(), key.id, None, changes)
        .await
        .unwrap();

    let tokens = sign_in(&signing.agent, &signing.holder).await;

    let who = signing.with_token(&tokens).ask(WHO).await;
    let own = &who["data"]["viewer"]["apiKey"];
    assert_eq!(own["allowedModels"], json!(["gpt-5"]));
    assert_eq!(own["expiresAt"], json!("2026-06-04T12:00:00Z"));
    signing.plane.advance(TimeDelta::days(3));
    let refreshed = super::refresh(&signing.agent, &tokens["refresh_token"]).await;
    assert_eq!(refreshed.1["error"], "invalid_grant");
}

#[tokio::test]
async fn a_device_code_works_once_and_for_ten_minutes() {
    let signing = Signing::start().await;
    let used = begin(&signing.agent).await;
    confirm(&signing.holder, &used["user_code"], "laptop").await;
    assert_eq!(poll(&signing.agent, &used).await.0, 200);
    let late = begin(&signing.agent).await;
    let confirmed_late = begin(&signing.agent).await;
    confirm(&signing.holder, &confirmed_late["user_code"], "laptop").await;

    let again = poll(&signing.agent, &used).await;
    signing.plane.advance(TimeDelta::minutes(10));

    assert_eq!((again.0, &again.1["error"]), (400, &json!("invalid_grant")));
    for expired in [&late, &confirmed_late] {
        let (status, answer) = poll(&signing.agent, expired).await;
        assert_eq!((status, &answer["error"]), (400, &json!("expired_token")));
    }
    let confirmed = confirm(&signing.holder, &late["user_code"], "laptop").await;
    assert_eq!(code(&confirmed), "NOT_FOUND");
    let unknown = poll(&signing.agent, &json!({ "device_code": "ppd_unknown" })).await;
    assert_eq!(unknown.1["error"], "invalid_grant");
}

#[tokio::test]
async fn a_device_that_polls_too_fast_must_slow_down() {
    let signing = Signing::start().await;
    let codes = begin(&signing.agent).await;
    let mut errors = Vec::new();

    for seconds in [0, 1, 5, 3, 10] {
        signing.plane.advance(TimeDelta::seconds(seconds));
        let (status, answer) = poll(&signing.agent, &codes).await;
        assert_eq!(status, 400);
        errors.push(answer["error"].as_str().unwrap().to_owned());
    }

    let (pending, slow) = ("authorization_pending", "slow_down");
    assert_eq!(errors, [pending, slow, pending, slow, pending]);
}

#[tokio::test]
async fn a_denied_device_gets_no_tokens() {
    let signing = Signing::start().await;
    let codes = begin(&signing.agent).await;

    let variables = json!({ "code": codes["user_code"] });
    let denied = signing.holder.ask_with(DENY, variables).await;

    assert!(denied["errors"].is_null(), "{denied}");
    let (status, answer) = poll(&signing.agent, &codes).await;
    assert_eq!((status, &answer["error"]), (400, &json!("access_denied")));
    let confirmed = confirm(&signing.holder, &codes["user_code"], "laptop").await;
    assert_eq!(code(&confirmed), "NOT_FOUND");
    assert_eq!(signing.actions().await[0], "denyAgentSignIn");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_confirmations_and_many_polls_one_counts() {
    let signing = Signing::start().await;
    let (_, eve) = signing.plane.key_holder("eve").await;
    let codes = begin(&signing.agent).await;

    let confirmations = (0..8).map(|number| {
        let holder = if number % 2 == 0 {
            &signing.holder
        } else {
            &eve
        };
        confirm(holder, &codes["user_code"], "laptop")
    });
    let confirmations = futures_util::future::join_all(confirmations).await;
    let polls = (0..8).map(|_| poll(&signing.agent, &codes));
    let polls = futures_util::future::join_all(polls).await;

    let confirmed = confirmations
        .iter()
        .filter(|answer| answer["errors"].is_null());
    assert_eq!(confirmed.count(), 1, "{confirmations:?}");
    let granted = polls.iter().filter(|(status, _)| *status == 200);
    assert_eq!(granted.count(), 1, "{polls:?}");
}

#[tokio::test]
async fn guessed_codes_are_limited_by_user() {
    let signing = Signing::start().await;
    let codes = begin(&signing.agent).await;
    // Right codes do not count.
    for _ in 0..12 {
        let shown = signing
            .holder
            .ask_with(SHOW, json!({ "code": codes["user_code"] }));
        assert!(shown.await["errors"].is_null());
    }

    for _ in 0..10 {
        let guess = confirm(&signing.holder, &json!("BBBB-BBBB"), "laptop").await;
        assert_eq!(code(&guess), "NOT_FOUND");
    }

    let right = confirm(&signing.holder, &codes["user_code"], "laptop").await;
    assert_eq!(code(&right), "RATE_LIMITED", "{right}");
    signing.plane.advance(TimeDelta::minutes(10));
    let next = begin(&signing.agent).await;
    let right = confirm(&signing.holder, &next["user_code"], "laptop").await;
    assert!(right["errors"].is_null(), "{right}");
}

#[tokio::test]
async fn requests_of_one_address_are_limited() {
    let signing = Signing::start().await;
    for _ in 0..30 {
        begin(&signing.agent).await;
    }

    let (status, answer) = form(&signing.agent, "/oauth/device_authorization", &[]).await;

    assert_eq!((status, &answer["error"]), (429, &json!("slow_down")));
    signing.plane.advance(TimeDelta::minutes(10));
    begin(&signing.agent).await;
}

#[tokio::test]
async fn a_sign_in_needs_a_key_and_no_token_of_an_agent() {
    let signing = Signing::start().await;
    let tokens = sign_in(&signing.agent, &signing.holder).await;
    let codes = begin(&signing.agent).await;
    let variables = json!({ "code": codes["user_code"], "name": "laptop" });

    let anonymous = signing.agent.ask_with(CONFIRM, variables.clone()).await;
    let admin = signing
        .plane
        .admin()
        .await
        .ask_with(CONFIRM, variables.clone())
        .await;
    let agent = signing
        .with_token(&tokens)
        .ask_with(CONFIRM, variables)
        .await;

    assert_eq!(code(&anonymous), "UNAUTHENTICATED");
    assert_eq!(code(&admin), "FORBIDDEN");
    assert_eq!(code(&agent), "CONFLICT", "{agent}");
    assert_eq!(
        poll(&signing.agent, &codes).await.1["error"],
        "authorization_pending"
    );
}

#[tokio::test]
async fn codes_and_tokens_are_stored_as_digests() {
    let signing = Signing::start().await;
    let tokens = sign_in(&signing.agent, &signing.holder).await;
    let codes = begin(&signing.agent).await;

    let requests = agent_sign_in_request::Entity::find();
    let requests = requests.all(signing.plane.db.reader()).await.unwrap();
    let stored = agent_token::Entity::find();
    let stored = stored.all(signing.plane.db.reader()).await.unwrap();

    assert_eq!((requests.len(), stored.len()), (2, 2));
    let rows = format!("{requests:?}{stored:?}");
    for secret in [
        &codes["device_code"],
        &codes["user_code"],
        &tokens["access_token"],
        &tokens["refresh_token"],
    ] {
        let secret = secret.as_str().unwrap();
        assert!(!rows.contains(secret) && !rows.contains(&secret.replace('-', "")));
    }
    for digest in stored.iter().map(|row| &row.digest) {
        assert_eq!(digest.len(), 32);
    }
}

#[tokio::test]
async fn hostile_forms_get_errors() {
    let signing = Signing::start().await;
    let post = async |path: &str, body: String| {
        let request = signing
            .agent
            .request(reqwest::Method::POST, path)
            .body(body);
        request.send().await.unwrap().status().as_u16()
    };

    assert_eq!(post("/oauth/token", "x".repeat(20_000)).await, 413);
    assert_eq!(post("/oauth/token", "a=&".repeat(100)).await, 400);
    assert_eq!(post("/oauth/token", String::new()).await, 400);
    assert_eq!(
        post("/oauth/revoke", "token=a&token=b".to_owned()).await,
        400
    );
    assert_eq!(
        post("/oauth/token", "grant_type=password".to_owned()).await,
        400
    );
    assert_eq!(
        post("/oauth/token", "grant_type=%ff%fe".to_owned()).await,
        400
    );
    let long = format!("client_id={}", "x".repeat(300));
    assert_eq!(post("/oauth/device_authorization", long).await, 400);
    let null = "client_id=a%00b".to_owned();
    assert_eq!(post("/oauth/device_authorization", null).await, 400);
    let agent = signing.agent.clone().with("user-agent", &"a".repeat(4000));
    let codes = begin(&agent).await;
    let shown = signing
        .holder
        .ask_with(SHOW, json!({ "code": codes["user_code"] }))
        .await;
    let shown = &shown["data"]["viewer"]["agentSignInRequest"]["agent"];
    assert_eq!(shown.as_str().unwrap().len(), 200);
}

#[tokio::test]
async fn a_server_that_does_not_let_agents_sign_in_offers_nothing() {
    let signing = Signing::start().await;
    let tokens = sign_in(&signing.agent, &signing.holder).await;
    let codes = begin(&signing.agent).await;
    let settings = &signing.plane.services.settings;
    let off = settings.update(test_context(), 0, |gateway| gateway.agent_sign_in = false);
    off.await.unwrap();

    let path = "/.well-known/oauth-authorization-server";
    assert_eq!(signing.agent.get(path).await.status(), 404);
    let (status, _) = form(&signing.agent, "/oauth/device_authorization", &[]).await;
    assert_eq!(status, 404);
    let confirmed = confirm(&signing.holder, &codes["user_code"], "laptop").await;
    assert_eq!(code(&confirmed), "FEATURE_DISABLED");
    let refreshed = super::refresh(&signing.agent, &tokens["refresh_token"]).await;
    assert_eq!(refreshed.1["error"], "invalid_grant");
}

#[tokio::test]
async fn old_requests_and_tokens_are_deleted() {
    let signing = Signing::start().await;
    sign_in(&signing.agent, &signing.holder).await;

    signing.plane.advance(TimeDelta::days(2));
    signing.plane.retention().pass().await.unwrap();

    let db = signing.plane.db.reader();
    let requests = agent_sign_in_request::Entity::find().all(db).await.unwrap();
    let tokens = agent_token::Entity::find().all(db).await.unwrap();
    assert!(requests.is_empty());
    let kinds: Vec<_> = tokens.iter().map(|token| token.kind).collect();
    assert_eq!(kinds, [agent_token::AgentTokenKind::Refresh]);
}
