//! An operator's own OAuth client: the browser comes back by itself.

use reqwest::{Response, StatusCode, header::LOCATION};
use serde_json::{Value, json};

use super::{
    SignIn,
    identity::{Decision, OWN_CLIENT, OWN_SECRET},
};
use crate::support::{Caller, Options, TestDatabase, cookie_lines};

/// A server with a client of its own at Claude and at ChatGPT.
async fn own_clients() -> SignIn {
    own_clients_with(Options::default()).await
}

async fn own_clients_at(public_url: &str) -> SignIn {
    let public_url = format!("--public-url={public_url}");
    own_clients_with(Options::default().with(&public_url)).await
}

async fn own_clients_with(mut options: Options) -> SignIn {
    for name in ["CLAUDE", "CHATGPT"] {
        let mut say = |setting: &str, value: &str| {
            let variable = format!("OAUTH_{name}_{setting}");
            options.secrets.oauth.insert(variable, value.into());
        };
        say("CLIENT_ID", OWN_CLIENT);
        say("CLIENT_SECRET", OWN_SECRET);
    }
    SignIn::with(options, TestDatabase::create().await).await
}

fn location(answer: &Response) -> &str {
    answer.headers()[LOCATION].to_str().unwrap()
}

/// Starts as a link on our own page does. Answers the browser with the sign-in's cookie alone, as it
/// comes back from another site's page, and where it was sent.
async fn start(test: &SignIn, provider: &str) -> (Caller, String) {
    let path = format!("/oauth/{provider}/start");
    let answer = visit(test, &test.admin, &path).await;
    assert_eq!(answer.status(), StatusCode::FOUND);
    let lines = cookie_lines(&answer);
    assert!(
        lines[0].contains("SameSite=Lax") && lines[0].contains("HttpOnly"),
        "{lines:?}"
    );
    let cookie = lines[0].split(';').next().unwrap();
    let browser = Caller::new(test.app.address).with("cookie", cookie);
    (browser, location(&answer).to_owned())
}

/// Fetches a page without following it on.
async fn visit(test: &SignIn, browser: &Caller, path: &str) -> Response {
    let request = test.app.http.get(test.app.url(path));
    let request = request
        .headers(browser.headers.clone())
        .header("sec-fetch-site", "none");
    request.send().await.unwrap()
}

/// Comes back from the provider's page.
async fn come_back(test: &SignIn, browser: &Caller, address: &str) -> String {
    let url: url::Url = address.parse().unwrap();
    let path = format!("{}?{}", url.path(), url.query().unwrap());
    let request = test.app.http.get(test.app.url(&path));
    let request = request
        .headers(browser.headers.clone())
        .header("sec-fetch-site", "cross-site");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let target = location(&answer).to_owned();
    assert!(answer.text().await.unwrap().is_empty());
    target
}

fn id_of(target: &str) -> Value {
    let rest = target.strip_prefix("/providers?login=").unwrap();
    json!(rest.split('&').next().unwrap())
}

#[tokio::test]
async fn the_browser_comes_back_by_itself_and_the_account_is_there() {
    let test = own_clients().await;

    let (browser, authorize_url) = start(&test, "claude").await;
    let address = test.identity.consent(&authorize_url, Decision::Allow).await;
    let target = come_back(&test, &browser, &address).await;

    assert!(!target.contains("loginError"), "{target}");
    let login = test.look(&json!({ "id": id_of(&target) })).await;
    assert_eq!(
        (&login["status"], &login["mode"]),
        (&json!("SUCCEEDED"), &json!("REDIRECT"))
    );
    let events = test.app.database.audit_events().await;
    let [.., begun, account] = events.as_slice() else {
        panic!("{events:#?}")
    };
    assert_eq!(begun.action, "startProviderLogin");
    assert_eq!(account.action, "completeProviderLogin");
    assert_eq!(account.subject_kind.as_deref(), Some("providerAccount"));
    for event in [begun, account] {
        assert_eq!(event.actor_name.as_deref(), Some("admin"));
        assert_eq!(event.address.as_deref(), Some("127.0.0.1"));
    }
    // The engine would renew these tokens as a client that they do not belong to.
    let file = test.auth_file().await;
    assert_eq!(file["refresh_token"], Value::Null);
    assert!(file["own_client_refresh_token"].is_string() && file["access_token"].is_string());
}

#[tokio::test]
async fn a_sign_in_started_in_graphql_is_completed_by_the_browser() {
    let test = own_clients().await;
    let query =
        "mutation { startProviderLogin(input: { kind: CHATGPT }) { login { mode authorizeUrl } } }";
    let answer = test.admin.post(query, json!({})).await;
    let cookie = cookie_lines(&answer)[0]
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let answer: Value = answer.json().await.unwrap();
    let login = &answer["data"]["startProviderLogin"]["login"];

    let authorize_url = login["authorizeUrl"].as_str().unwrap();
    let address = test.identity.consent(authorize_url, Decision::Allow).await;
    let browser = Caller::new(test.app.address).with("cookie", &cookie);
    let target = come_back(&test, &browser, &address).await;

    assert_eq!(login["mode"], "REDIRECT");
    assert!(!target.contains("loginError"), "{target}");
    assert_eq!(test.accounts().await.len(), 1);
}

#[tokio::test]
async fn an_answer_is_taken_from_the_browser_that_left_and_once() {
    let test = own_clients().await;
    let (browser, authorize_url) = start(&test, "claude").await;
    let address = test.identity.consent(&authorize_url, Decision::Allow).await;
    let anonymous = Caller::new(test.app.address);

    let by_anonymous = come_back(&test, &anonymous, &address).await;
    let elsewhere = address.replace("/claude/", "/chatgpt/");
    let to_other = come_back(&test, &browser, &elsewhere).await;
    let unknown = come_back(&test, &browser, &address.replace("state=", "state=x")).await;
    let right = come_back(&test, &browser, &address).await;
    let again = come_back(&test, &browser, &address).await;

    assert!(
        by_anonymous.ends_with("loginError=other-browser"),
        "{by_anonymous}"
    );
    assert!(
        to_other.ends_with("loginError=other-provider"),
        "{to_other}"
    );
    assert_eq!(unknown, "/providers?loginError=unknown");
    assert!(!right.contains("loginError"), "{right}");
    assert!(again.ends_with("loginError=ended"), "{again}");
    assert_eq!(test.accounts().await.len(), 1);
}

#[tokio::test]
async fn an_answer_comes_too_late_after_the_administrator_has_signed_out() {
    let test = own_clients().await;
    let (browser, authorize_url) = start(&test, "claude").await;
    let address = test.identity.consent(&authorize_url, Decision::Allow).await;

    test.admin.ask("mutation { logout { signedOut } }").await;
    let target = come_back(&test, &browser, &address).await;

    assert!(target.ends_with("loginError=signed-out"), "{target}");
    assert!(test.accounts().await.is_empty());
}

#[tokio::test]
async fn texts_of_a_provider_are_never_shown() {
    let test = own_clients().await;
    let (browser, authorize_url) = start(&test, "claude").await;

    let address = test.identity.consent(&authorize_url, Decision::Deny).await;
    let target = come_back(&test, &browser, &address).await;

    assert!(
        address.contains("script") && !target.contains("script"),
        "{target}"
    );
    let login = test.look(&json!({ "id": id_of(&target) })).await;
    assert_eq!(login["status"], "FAILED");
    assert!(
        login["error"]
            .as_str()
            .unwrap()
            .contains("denied at Claude"),
        "{login}"
    );
    let events = test.app.database.audit_events().await;
    let event = events.last().unwrap();
    assert_eq!(event.action, "completeProviderLogin");
    assert_eq!(event.error.as_deref(), Some("PROVIDER_ERROR"));
    assert_eq!(event.actor_name.as_deref(), Some("admin"));
    assert_eq!(event.address.as_deref(), Some("127.0.0.1"));
    assert_eq!(event.subject_id.as_deref(), id_of(&target).as_str());
}

#[tokio::test]
async fn only_an_administrators_browser_is_sent_to_a_provider() {
    let test = own_clients().await;
    let anonymous = Caller::new(test.app.address);

    let refused = visit(&test, &anonymous, "/oauth/claude/start").await;
    let unknown = visit(&test, &test.admin, "/oauth/unknown/start").await;
    let mut foreign = test.admin.clone();
    foreign = foreign.with("origin", "https://evil.example");
    let lured = visit(&test, &foreign, "/oauth/claude/start").await;

    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    assert_eq!(lured.status(), StatusCode::FORBIDDEN);
    assert!(
        test.app
            .services
            .oauth
            .pending(other_starter())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_code_is_shown_before_anything_else() {
    let test = own_clients().await;

    let answer = visit(&test, &test.admin, "/oauth/xai/start").await;

    let login = test.look(&json!({ "id": id_of(location(&answer)) })).await;
    assert_eq!(login["mode"], "DEVICE");
    assert!(login["userCode"].as_str().unwrap().starts_with("CODE-"));
}

fn other_starter() -> proxypal_server::domain::provider_logins::Starter {
    proxypal_server::domain::provider_logins::Starter {
        id: uuid::Uuid::nil(),
        session_id: None,
    }
}

#[tokio::test]
async fn below_a_path_the_cookie_comes_back_to_the_callback() {
    let test = own_clients_at("http://127.0.0.1:9/proxypal").await;
    let answer = visit(&test, &test.admin, "/oauth/claude/start").await;
    let line = cookie_lines(&answer)[0].clone();
    let authorize_url: url::Url = location(&answer).parse().unwrap();

    let mut asked = authorize_url.query_pairs();
    let callback = asked.find(|(name, _)| name == "redirect_uri").unwrap().1;
    let callback: url::Url = callback.parse().unwrap();

    assert_eq!(callback.path(), "/proxypal/oauth/claude/callback");
    assert!(line.contains("; Path=/proxypal/oauth;"), "{line}");
}
