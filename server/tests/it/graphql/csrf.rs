//! Protection against pages of other origins and careless clients.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{ControlPlane, PASSWORD, Socket, code};

const CREATE: &str = "mutation { createUser(input: { name: \"mallory\" }) { user { id } } }";

#[tokio::test]
async fn a_mutation_requires_the_csrf_token_of_the_session() {
    let plane = ControlPlane::start().await;
    let browser = plane.admin().await;

    let missing = browser.clone().without("x-csrf-token").ask(CREATE).await;
    let wrong = browser.clone().with("x-csrf-token", "x").ask(CREATE).await;
    let others = browser
        .clone()
        .with("x-csrf-token", plane.admin().await.csrf_token())
        .ask(CREATE)
        .await;

    for refused in [missing, wrong, others] {
        assert_eq!(code(&refused), "CSRF_FAILED");
    }
    assert_eq!(
        browser.ask("{ users { totalCount } }").await["data"]["users"]["totalCount"],
        0
    );
    assert_eq!(code(&browser.ask(CREATE).await), "");
}

#[tokio::test]
async fn a_page_can_query_the_csrf_token_again() {
    let plane = ControlPlane::start().await;
    let browser = plane.admin().await;
    let forgetful = browser.clone().without("x-csrf-token");

    let answer = forgetful.ask("{ session { csrfToken } }").await;

    assert_eq!(answer["data"]["session"]["csrfToken"], browser.csrf_token());
}

#[tokio::test]
async fn requests_of_another_origin_are_rejected() {
    let plane = ControlPlane::start().await;
    let browser = plane.admin().await;

    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let elsewhere = browser.clone().with(name, value);
        let answer = elsewhere.post("{ session { csrfToken } }", json!({})).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert_eq!(code(&answer.json::<Value>().await.unwrap()), "CSRF_FAILED");
        assert_eq!(
            Socket::open(&elsewhere).await.err(),
            Some(StatusCode::FORBIDDEN)
        );
    }
    for origin in [
        "http://proxypal.test".to_owned(),
        format!("http://{}", plane.address),
    ] {
        let ours = browser.clone().with("origin", &origin);
        assert_eq!(code(&ours.ask("{ session { id } }").await), "");
        assert!(Socket::open(&ours).await.is_ok());
    }
}

#[tokio::test]
async fn another_origin_cannot_sign_a_visitor_in() {
    let plane = ControlPlane::start().await;
    let login = format!("mutation {{ login(password: \"{PASSWORD}\") {{ session {{ id }} }} }}");

    let answer = plane
        .anonymous()
        .with("origin", "https://evil.example")
        .ask(&login)
        .await;

    assert_eq!(code(&answer), "CSRF_FAILED");
}

#[tokio::test]
async fn a_browsers_socket_requires_the_csrf_token() {
    let plane = ControlPlane::start().await;
    let browser = plane.admin().await;

    for payload in [json!(null), json!({}), json!({ "csrfToken": "x" })] {
        let mut socket = Socket::open(&browser).await.unwrap();
        socket
            .send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert!(socket.next().await.is_err());
    }
}

#[tokio::test]
async fn only_a_single_json_operation_by_post_is_accepted() {
    let plane = ControlPlane::start().await;
    let browser = plane.admin().await;
    let query = json!({ "query": "{ session { id } }" });
    let send = |kind: &'static str, body: String| {
        let request = browser.request(Method::POST, "/graphql");
        request.header("content-type", kind).body(body).send()
    };

    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        let answer = send(kind, query.to_string()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    for body in [
        json!([query]).to_string(),
        "[\"{ session { id } }\"]".to_owned(),
        "{".to_owned(),
    ] {
        let answer = send("application/json", body).await.unwrap();
        assert_eq!(
            code(&answer.json::<Value>().await.unwrap()),
            "BAD_USER_INPUT"
        );
    }
    let long = send("application/json", " ".repeat(2 * 1024 * 1024))
        .await
        .unwrap();
    assert_eq!(long.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let by_get = browser
        .get("/graphql?query=mutation%7Blogout%7BsignedOut%7D%7D")
        .await;
    assert_eq!(by_get.status(), StatusCode::NOT_ACCEPTABLE);
    assert_ne!(
        browser.ask("{ session { id } }").await["data"]["session"],
        Value::Null
    );
}

#[tokio::test]
async fn a_wrong_csrf_token_is_rejected_whatever_the_cookie() {
    let plane = ControlPlane::start().await;
    let browser = plane.admin().await;

    for secret in ["ppt_wrong", "sk-wrong"] {
        let answer = browser
            .clone()
            .with_bearer(secret)
            .post("{ viewer { __typename } }", json!({}))
            .await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(
            code(&answer.json::<Value>().await.unwrap()),
            "UNAUTHENTICATED"
        );
    }
}
