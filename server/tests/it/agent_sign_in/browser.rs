//! Agents that open a browser and listen on the user's machine.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{DENY, SHOW, Signing, confirm, form};
use crate::support::Caller;

const REDIRECT: &str = "http://127.0.0.1:45678/callback";
const VERIFIER: &str = "a-verifier-of-forty-three-characters-or-more";

/// Opens the authorization endpoint, and returns where the browser goes.
async fn open(agent: &Caller, changes: &[(&str, &str)]) -> (u16, Option<Url>) {
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", "codex"),
        ("redirect_uri", REDIRECT),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
        ("state", "the state & more"),
        ("resource", "https://ai.example.org"),
    ];
    for (name, value) in changes {
        fields.retain(|(each, _)| each != name);
        fields.push((name, value));
    }
    let mut url = Url::parse(&format!("http://{}/oauth/authorize", agent.address)).unwrap();
    url.query_pairs_mut().extend_pairs(fields);
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let answer = http.get(url).send().await.unwrap();
    let target = answer.headers().get("location");
    let target = target.map(|target| target.to_str().unwrap().parse().unwrap());
    (answer.status().as_u16(), target)
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    pairs
        .find(|(each, _)| each == name)
        .map(|(_, value)| value.into_owned())
}

/// Opens, confirms, and returns the code that the browser takes to the agent.
async fn authorized(signing: &Signing) -> String {
    let (status, page) = open(&signing.agent, &[]).await;
    assert_eq!(status, 303);
    let page = page.unwrap();
    assert_eq!(page.path(), "/device");
    let (_, request) = page.fragment().unwrap().split_once("request=").unwrap();
    let confirmed = confirm(&signing.holder, &json!(request), "workstation").await;
    let target = &confirmed["data"]["confirmAgentSignIn"]["redirectUrl"];
    let target = target.as_str().unwrap_or_else(|| panic!("{confirmed}"));
    assert!(target.starts_with(&format!("{REDIRECT}?")));
    let target: Url = target.parse().unwrap();
    assert_eq!(parameter(&target, "state").unwrap(), "the state & more");
    parameter(&target, "code").unwrap()
}

async fn exchange(signing: &Signing, code: &str, changes: &[(&str, &str)]) -> (u16, Value) {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("client_id", "codex"),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    for (name, value) in changes {
        fields.retain(|(each, _)| each != name);
        fields.push((name, value));
    }
    form(&signing.agent, "/oauth/token", &fields).await
}

#[tokio::test]
async fn a_browser_takes_a_code_to_its_agent() {
    let signing = Signing::start().await;
    let (_, page) = open(&signing.agent, &[]).await;
    let (_, request) = page
        .as_ref()
        .unwrap()
        .fragment()
        .unwrap()
        .split_once('=')
        .unwrap();
    let shown = signing
        .holder
        .ask_with(SHOW, json!({ "code": request }))
        .await;
    let shown = &shown["data"]["viewer"]["agentSignInRequest"];
    assert_eq!(shown["isOnThisMachine"], true);
    assert_eq!(shown["clientId"], "codex");

    let code = authorized(&signing).await;
    let (status, tokens) = exchange(&signing, &code, &[]).await;

    assert_eq!(status, 200, "{tokens}");
    assert!(signing.works(&tokens).await);
    assert!(tokens["refresh_token"].is_string());
}

#[tokio::test]
async fn a_code_is_bound_to_its_verifier_redirect_and_client() {
    let signing = Signing::start().await;
    let code = authorized(&signing).await;

    for change in [
        (
            "code_verifier",
            "another-verifier-of-forty-three-characters-0",
        ),
        ("redirect_uri", "http://127.0.0.1:45679/callback"),
        ("client_id", "another"),
        ("code", "ppc_unknown"),
    ] {
        let (status, answer) = exchange(&signing, &code, &[change]).await;
        assert_eq!(
            (status, &answer["error"]),
            (400, &json!("invalid_grant")),
            "{change:?}"
        );
    }
    assert_eq!(exchange(&signing, &code, &[]).await.0, 200);
}

#[tokio::test]
async fn a_replayed_code_ends_the_sign_in() {
    let signing = Signing::start().await;
    let code = authorized(&signing).await;
    let (_, tokens) = exchange(&signing, &code, &[]).await;
    assert!(signing.works(&tokens).await);

    let (status, answer) = exchange(&signing, &code, &[]).await;

    assert_eq!((status, &answer["error"]), (400, &json!("invalid_grant")));
    assert!(!signing.works(&tokens).await);
    assert_eq!(signing.actions().await[0], "replayAuthorizationCode");
}

#[tokio::test]
async fn a_code_expires_after_two_minutes() {
    let signing = Signing::start().await;
    let code = authorized(&signing).await;

    signing.plane.advance(chrono::TimeDelta::minutes(2));

    let (_, answer) = exchange(&signing, &code, &[]).await;
    assert_eq!(answer["error"], "invalid_grant");
}

#[tokio::test]
async fn a_denied_browser_takes_the_error_to_its_agent() {
    let signing = Signing::start().await;
    let (_, page) = open(&signing.agent, &[]).await;
    let (_, request) = page
        .as_ref()
        .unwrap()
        .fragment()
        .unwrap()
        .split_once('=')
        .unwrap();

    let denied = signing
        .holder
        .ask_with(DENY, json!({ "code": request }))
        .await;

    let target = denied["data"]["denyAgentSignIn"]["redirectUrl"].as_str();
    let target: Url = target.unwrap().parse().unwrap();
    assert_eq!(parameter(&target, "error").unwrap(), "access_denied");
    assert_eq!(parameter(&target, "state").unwrap(), "the state & more");
}

#[tokio::test]
async fn no_browser_is_sent_to_another_machine() {
    let signing = Signing::start().await;

    for redirect in [
        "https://evil.example/callback",
        "",
        "http://127.0.0.1:1/other",
    ] {
        let (status, target) = open(&signing.agent, &[("redirect_uri", redirect)]).await;
        assert_eq!((status, target), (400, None), "{redirect}");
    }
    for (change, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
    ] {
        let (status, target) = open(&signing.agent, &[change]).await;
        let target = target.unwrap();
        assert_eq!(status, 303);
        assert!(target.as_str().starts_with(REDIRECT), "{target}");
        assert_eq!(parameter(&target, "error").unwrap(), error);
    }
}
