//! Following requests and the engine, over server-sent events and over a socket.

use entity::admin::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Caller, ControlPlane, Events, Socket, code, test_context};

const LOGGED: &str =
    "subscription { requestLogged { cursor request { id model user { name } tokens { total } } } }";

#[tokio::test]
async fn settled_requests_are_streamed_after_those_that_were_missed() {
    let plane = ControlPlane::start().await;
    let script = plane.script(Role::Viewer).await;
    let (ada, _) = plane.key_holder("ada").await;
    let from_the_start = LOGGED.replace("requestLogged", "requestLogged(after: \"0\")");
    let mut events = Events::open(&script, &from_the_start).await;

    let first = plane.record(ada, "gpt-5").await;
    let seen = events.data().await;
    drop(events);
    let second = plane.record(ada, "gpt-5").await;
    let after = seen["data"]["requestLogged"]["cursor"].as_str().unwrap();
    let resumed = LOGGED.replace(
        "requestLogged",
        &format!("requestLogged(after: \"{after}\")"),
    );
    let mut events = Events::open(&script, &resumed).await;
    let missed = events.data().await;
    let third = plane.record(ada, "gpt-5").await;

    let logged = &seen["data"]["requestLogged"]["request"];
    assert_eq!(
        *logged,
        json!({ "id": first, "model": "gpt-5", "user": { "name": "ada" }, "tokens": { "total": 5_000_000_002_i64 } })
    );
    assert_eq!(
        missed["data"]["requestLogged"]["request"]["id"],
        json!(second)
    );
    assert_eq!(
        events.data().await["data"]["requestLogged"]["request"]["id"],
        json!(third)
    );
}

#[tokio::test]
async fn a_subscription_applies_its_filter() {
    let plane = ControlPlane::start().await;
    let script = plane.script(Role::Viewer).await;
    let ((ada, _), (eve, _)) = (plane.key_holder("ada").await, plane.key_holder("eve").await);
    let query = format!(
        "subscription {{ requestLogged(after: \"0\", filter: {{ userId: \"{eve}\" }}) {{ request {{ id }} }} }}"
    );
    let mut events = Events::open(&script, &query).await;

    plane.record(ada, "gpt-5").await;
    let wanted = plane.record(eve, "gpt-5").await;

    assert_eq!(
        events.data().await["data"]["requestLogged"]["request"]["id"],
        json!(wanted)
    );
}

#[tokio::test]
async fn queries_and_errors_are_sent_as_events_too() {
    let plane = ControlPlane::start().await;
    let script = plane.script(Role::Viewer).await;
    let mut answered = Events::open(&script, "{ viewer { __typename } }").await;
    let mut refused = Events::open(&plane.anonymous(), LOGGED).await;

    assert_eq!(
        answered.data().await["data"]["viewer"]["__typename"],
        "ApiToken"
    );
    assert_eq!(answered.next().await.unwrap().0, "complete");
    assert_eq!(answered.next().await, None);
    assert_eq!(code(&refused.data().await), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_stream_ends_when_the_callers_credential_ends() {
    let plane = ControlPlane::start().await;
    let script = plane.script(Role::Viewer).await;
    let mut events = Events::open(&script, LOGGED).await;
    let token = plane.services.api_tokens.list().await.unwrap().remove(0);

    plane
        .services
        .api_tokens
        .revoke(test_context(), token.id)
        .await
        .unwrap();

    // No "complete": the client must detect that this is not the end of the log.
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn streams_and_sockets_end_with_the_server() {
    let plane = ControlPlane::start().await;
    let browser = plane.admin().await;
    let mut events = Events::open(&browser, LOGGED).await;
    let mut socket = Socket::greet(&browser, json!({ "csrfToken": browser.csrf_token() })).await;

    plane.stop();

    assert_eq!(events.next().await, None);
    assert_eq!(socket.next().await, Err(1001));
    assert_eq!(
        browser.get("/readyz").await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn changes_of_the_engine_are_streamed() {
    let plane = ControlPlane::start().await;
    let script = plane.script(Role::Viewer).await;

    let mut changes = Events::open(
        &script,
        "subscription { engineChanged { mode state restarts } }",
    )
    .await;
    let tail = plane
        .script(Role::Viewer)
        .await
        .ask("{ engine { mode } }")
        .await;
    let mut log = Events::open(&script, "subscription { engineLog(tail: -1) { message } }").await;

    assert_eq!(
        changes.data().await["data"]["engineChanged"]["mode"],
        "EXTERNAL"
    );
    assert_eq!(tail["data"]["engine"]["mode"], "EXTERNAL");
    assert_eq!(code(&log.data().await), "BAD_USER_INPUT");
}

/// Changes an account repeatedly, because a new subscription starts asynchronously.
async fn rename_again_and_again(admin: &Caller, id: &Value) {
    for number in 0.. {
        let rename = "mutation($id: ID!, $label: String) { updateProviderAccount(id: $id, input: { label: $label }) { account { id } } }";
        let variables = json!({ "id": id, "label": format!("name {number}") });
        let renamed = admin.ask_with(rename, variables).await;
        assert_eq!(code(&renamed), "");
    }
}

#[tokio::test]
async fn changes_of_accounts_are_streamed_without_secrets() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let add = "mutation { addProviderApiKey(input: { kind: CLAUDE, apiKey: \"sk-ant-canary-0123456789\" }) { account { id } } }";
    let added = admin.ask(add).await;
    let id = &added["data"]["addProviderApiKey"]["account"]["id"];
    let viewer = plane.script(Role::Viewer).await;
    let follow = "subscription { providerAccountChanged { id label enabled lastFour } }";
    let mut changes = Events::open(&viewer, follow).await;

    let renamed = tokio::select! {
        renamed = changes.data() => renamed,
        () = rename_again_and_again(&admin, id) => Value::Null,
    };
    let remove = "mutation($id: ID!) { removeProviderAccount(id: $id) { account { id } } }";
    admin.ask_with(remove, json!({ "id": id })).await;

    assert_eq!(&renamed["data"]["providerAccountChanged"]["id"], id);
    assert!(!renamed.to_string().contains("canary"), "{renamed}");
    loop {
        let change = changes.data().await;
        if change["data"]["providerAccountChanged"]["enabled"] == false {
            return;
        }
    }
}
