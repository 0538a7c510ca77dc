//! Tools with a slightly wrong base URL: served if the intention is unambiguous, otherwise answered with the right one.

use axum::{
    Json, Router,
    http::{Method, StatusCode, Uri},
    routing::any,
};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::support::{Options, TestApp, scripted};

/// Answers with the path at its endpoints; everything else is an empty 404, as with the real engine.
fn engine() -> Router {
    Router::new().fallback(any(async |method: Method, uri: Uri| {
        let posted = ["/v1/messages", "/v1/chat/completions", "/v1/responses"];
        let is_known = match method {
            Method::GET => uri.path() == "/v1/models",
            _ => posted.contains(&uri.path()) || uri.path().ends_with(":generateContent"),
        };
        if is_known {
            Ok(Json(json!({"path": uri.path(), "data": []})))
        } else {
            Err(StatusCode::NOT_FOUND)
        }
    }))
}

async fn app() -> (TestApp, String) {
    let options = Options::default().with("--public-url=https://ai.example.org/base");
    let app = TestApp::before(scripted(engine()).await, options).await;
    let key = app.issue_key().await;
    (app, key)
}

async fn send(app: &TestApp, method: Method, path: &str, key: &str) -> reqwest::Response {
    let request = app.http.request(method, app.url(path)).bearer_auth(key);
    request.body(r#"{"model":"m"}"#).send().await.unwrap()
}

#[tokio::test]
async fn requests_with_one_possible_endpoint_reach_it() {
    let (app, key) = app().await;
    let cases = [
        (Method::POST, "//v1/messages", "/v1/messages"),
        (Method::POST, "/messages?beta=true", "/v1/messages"),
        (Method::POST, "/v1/messages/", "/v1/messages"),
        (Method::POST, "/chat/completions", "/v1/chat/completions"),
        (Method::POST, "/chat/completions/", "/v1/chat/completions"),
        (Method::POST, "/responses", "/v1/responses"),
        (
            Method::POST,
            "/api/v1/chat/completions",
            "/v1/chat/completions",
        ),
        (
            Method::POST,
            "/openai/v1/chat/completions",
            "/v1/chat/completions",
        ),
        (Method::POST, "/anthropic/v1/messages", "/v1/messages"),
        (Method::POST, "/v1/v1/responses", "/v1/responses"),
        (
            Method::POST,
            "/v1/v1beta/models/m:generateContent",
            "/v1beta/models/m:generateContent",
        ),
        (Method::GET, "//v1/models", "/v1/models"),
        (Method::GET, "/api/v1/models", "/v1/models"),
    ];

    for (method, path, meant) in cases {
        let answer = send(&app, method, path, &key).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(
            answer.json::<Value>().await.unwrap()["path"],
            meant,
            "{path}"
        );
    }
}

#[tokio::test]
async fn other_requests_of_tools_get_the_base_url_in_an_error_of_their_dialect() {
    let (app, key) = app().await;
    let cases = [
        (Method::GET, "/models"),
        (Method::GET, "/.well-known/openid-configuration"),
        (
            Method::GET,
            "/gateway-api/gateway-hosts/check?host=ai.example.org",
        ),
        (Method::GET, "/api/oauth/other"),
        (Method::GET, "/managed/settings"),
        (Method::POST, "/"),
        (Method::POST, "/models"),
        (Method::POST, "/v2/chat/completions"),
        (Method::PUT, "/messages"),
        (Method::DELETE, "/users"),
        (Method::OPTIONS, "/chat/completions"),
        (Method::POST, "/v1/unknown"),
        (Method::POST, "/embeddings"),
        (Method::GET, "/v1/chat/completions"),
        (Method::DELETE, "/v1/messages/x"),
    ];

    for (method, path) in cases {
        let answer = send(&app, method.clone(), path, &key).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path}");
        assert_eq!(
            answer.headers()[CONTENT_TYPE],
            "application/json",
            "{method} {path}"
        );
        assert_eq!(answer.headers()["x-proxypal-error"], "proxypal_not_found");
        assert!(
            answer.headers().contains_key("x-request-id"),
            "{method} {path}"
        );
        let text = answer.text().await.unwrap();
        assert!(
            text.contains("https://ai.example.org/base/v1"),
            "{method} {path}: {text}"
        );
    }
    let head = send(&app, Method::HEAD, "/api/hello", &key).await;
    assert_eq!(head.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_error_has_the_format_of_the_tool() {
    let (app, _) = app().await;
    let ask = async |path: &str, header: (&'static str, &str)| -> Value {
        let request = app.http.post(app.url(path)).header(header.0, header.1);
        request.send().await.unwrap().json().await.unwrap()
    };

    let openai = ask("/nothing", ("x-other", "1")).await;
    let anthropic = ask("/nothing", ("anthropic-version", "2023-06-01")).await;
    let messages = ask("/v2/messages", ("x-other", "1")).await;
    let gemini = ask("/nothing", ("x-goog-api-key", "k")).await;

    assert_eq!(openai["error"]["code"], "proxypal_not_found");
    assert_eq!(anthropic["error"]["type"], "not_found_error");
    assert_eq!(messages["error"]["type"], "not_found_error");
    assert_eq!(gemini["error"]["status"], "NOT_FOUND");
}

#[tokio::test]
async fn browsers_get_pages_and_tools_never_do() {
    let (app, _) = app().await;
    let kind = async |path: &str, accept: &str| {
        let request = app.http.get(app.url(path)).header(ACCEPT, accept);
        let answer = request.send().await.unwrap();
        let kind = answer.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
        (answer.status().as_u16(), kind)
    };
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let page = (200, "text/html; charset=utf-8".to_owned());
    let error = (404, "application/json".to_owned());

    for path in ["/", "/models", "/users/7", "/settings/notifications"] {
        assert_eq!(kind(path, browser).await, page, "{path}");
    }
    for path in ["/", "/index.html"] {
        assert_eq!(kind(path, "*/*").await, page, "{path}");
    }
    for path in ["/models", "/users/7", "/assets/missing.js"] {
        assert_eq!(kind(path, "*/*").await, error, "{path}");
        assert_eq!(kind(path, "application/json").await, error, "{path}");
    }
    for path in ["/.well-known/unknown", "/api/hello", "/v0/management", "//"] {
        assert_eq!(kind(path, browser).await, error, "{path}");
    }
}
