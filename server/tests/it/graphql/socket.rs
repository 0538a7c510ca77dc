//! `graphql-transport-ws`.

use entity::admin::Role;
use serde_json::{Value, json};

use crate::support::{ControlPlane, PASSWORD, Socket, code, eventually, test_context};

const LOGGED: &str = "subscription { requestLogged { request { id } } }";

#[tokio::test]
async fn a_browser_subscribes_and_queries_over_one_socket() {
    let plane = ControlPlane::start().await;
    let browser = plane.admin().await;
    let (ada, _) = plane.key_holder("ada").await;
    let mut socket = Socket::greet(&browser, json!({ "csrfToken": browser.csrf_token() })).await;

    socket
        .start(
            "log",
            &LOGGED.replace("requestLogged", "requestLogged(after: \"0\")"),
        )
        .await;
    let id = plane.record(ada, "gpt-5").await;
    let seen = socket.result("log").await;
    socket
        .start("who", "{ viewer { ... on Admin { username } } }")
        .await;
    let who = socket.result("who").await;

    assert_eq!(seen["data"]["requestLogged"]["request"]["id"], json!(id));
    assert_eq!(who["data"]["viewer"]["username"], "admin");
}

#[tokio::test]
async fn a_script_authenticates_in_the_header_or_in_connection_init() {
    let plane = ControlPlane::start().await;
    let script = plane.script(Role::Viewer).await;
    let authorization = script.headers["authorization"].to_str().unwrap().to_owned();

    let by_header = Socket::greet(&script, Value::Null).await;
    let by_greeting = Socket::greet(
        &plane.anonymous(),
        json!({ "authorization": authorization }),
    )
    .await;

    for mut socket in [by_header, by_greeting] {
        socket.start("1", "{ viewer { __typename } }").await;
        assert_eq!(
            socket.result("1").await["data"]["viewer"]["__typename"],
            "ApiToken"
        );
    }
}

#[tokio::test]
async fn anonymous_sockets_are_rejected() {
    let plane = ControlPlane::start().await;

    for payload in [
        json!({}),
        json!({ "authorization": "Bearer ppt_wrong" }),
        json!({ "csrfToken": 1 }),
    ] {
        let mut socket = Socket::open(&plane.anonymous()).await.unwrap();
        socket
            .send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert!(socket.next().await.is_err());
    }
}

#[tokio::test]
async fn signing_in_or_out_over_a_socket_is_rejected() {
    let plane = ControlPlane::start().await;
    let browser = plane.admin().await;
    let mut socket = Socket::greet(&browser, json!({ "csrfToken": browser.csrf_token() })).await;

    for (id, operation) in [
        (
            "1",
            format!("mutation {{ login(password: \"{PASSWORD}\") {{ session {{ id }} }} }}"),
        ),
        ("2", "mutation { logout { signedOut } }".to_owned()),
    ] {
        socket.start(id, &operation).await;
        assert_eq!(code(&socket.result(id).await), "BAD_USER_INPUT");
        assert_eq!(socket.next().await.unwrap()["type"], "complete");
    }
}

#[tokio::test]
async fn the_fifty_first_operation_is_rejected_until_one_ends() {
    let plane = ControlPlane::start().await;
    let script = plane.script(Role::Viewer).await;
    let mut socket = Socket::greet(&script, Value::Null).await;
    for number in 0..50 {
        socket.start(&number.to_string(), LOGGED).await;
    }

    socket.start("one more", LOGGED).await;
    let refused = socket.result("one more").await;
    assert_eq!(socket.next().await.unwrap()["type"], "complete");
    socket.send(json!({ "id": "7", "type": "complete" })).await;
    assert_eq!(
        socket.next().await.unwrap(),
        json!({ "id": "7", "type": "complete" })
    );
    socket.start("again", "{ viewer { __typename } }").await;

    assert_eq!(code(&refused), "BAD_USER_INPUT");
    assert_eq!(
        socket.result("again").await["data"]["viewer"]["__typename"],
        "ApiToken"
    );
}

#[tokio::test]
async fn revoking_a_key_closes_its_socket() {
    let plane = ControlPlane::start().await;
    let (ada, tool) = plane.key_holder("ada").await;
    let mut socket = Socket::greet(&tool, Value::Null).await;

    plane
        .services
        .users
        .set_enabled(test_context(), &[ada], false)
        .await
        .unwrap();

    assert_eq!(socket.next().await, Err(4401));
}

#[tokio::test]
async fn mutations_complete_although_the_client_disconnects() {
    let plane = ControlPlane::start().await;
    let script = plane.script(Role::Admin).await;
    let mut socket = Socket::greet(&script, Value::Null).await;

    for number in 0..20 {
        let create = format!(
            "mutation {{ createUser(input: {{ name: \"user {number}\" }}) {{ user {{ id }} }} }}"
        );
        socket.start(&number.to_string(), &create).await;
    }
    drop(socket);

    eventually("all users", async || {
        let users = script.ask("{ users(first: 50) { nodes { name } } }").await;
        let users = users["data"]["users"]["nodes"].as_array().unwrap();
        (users.len() == 20).then_some(())
    })
    .await;
}
