//! The embedded web app: the page for every deep link, and its permanently cached files.

use std::{fs, path::Path};

use axum::Router;
use reqwest::StatusCode;

use crate::support::{Options, TestApp, scripted};

/// The output of the front end's build, if it ran.
fn built() -> Option<String> {
    let index = Path::new(env!("CARGO_MANIFEST_DIR")).join("../frontend/dist/index.html");
    fs::read_to_string(index).ok()
}

#[tokio::test]
async fn the_app_that_was_built_is_the_app_that_is_served() {
    let app = TestApp::with_engine(Router::new()).await;

    for path in ["/", "/users", "/setup"] {
        let answer = navigate(&app, path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let page = answer.text().await.unwrap();
        match built() {
            Some(_) => assert!(
                page.contains("<base href=\"/\">") && page.contains("assets/"),
                "{path}: {page}"
            ),
            None => assert!(page.contains("make run"), "{path}: {page}"),
        }
    }
}

#[tokio::test]
async fn files_of_the_app_are_cached_permanently() {
    let Some(index) = built() else { return };
    let app = TestApp::with_engine(Router::new()).await;
    let file = script_of(&index);

    let answer = app.http.get(app.url(&file)).send().await.unwrap();

    assert_eq!(answer.status(), StatusCode::OK);
    assert!(
        answer.headers()["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
}

#[tokio::test]
async fn files_of_the_app_come_in_the_smallest_form_that_the_browser_takes() {
    let Some(index) = built() else { return };
    let app = TestApp::with_engine(Router::new()).await;
    let file = script_of(&index);
    let get = async |codings: &str| {
        let request = app.http.get(app.url(&file));
        let answer = request
            .header("accept-encoding", codings)
            .send()
            .await
            .unwrap();
        let headers = answer.headers().clone();
        (headers, answer.bytes().await.unwrap())
    };

    let (plain, whole) = get("identity").await;
    assert!(!plain.contains_key("content-encoding"));
    for coding in ["br", "gzip"] {
        let (headers, body) = get(coding).await;

        assert_eq!(headers["content-encoding"], coding);
        assert_eq!(headers["vary"], "Accept-Encoding");
        assert_eq!(headers["content-type"], plain["content-type"]);
        assert_ne!(headers["etag"], plain["etag"]);
        assert!(body.len() * 2 < whole.len(), "{coding}: {}", body.len());
    }
}

#[tokio::test]
async fn below_a_path_the_page_has_the_base_of_its_files() {
    if built().is_none() {
        return;
    }
    let options = Options::default().with("--public-url=https://example.org/proxypal/");
    let app = TestApp::before(scripted(Router::new()).await, options).await;

    let page = navigate(&app, "/users").await;

    let page = page.text().await.unwrap();
    assert!(page.contains("<base href=\"/proxypal/\">"), "{page}");
}

/// Asks as a browser does that goes to an address.
async fn navigate(app: &TestApp, path: &str) -> reqwest::Response {
    let request = app.http.get(app.url(path));
    let request = request.header("accept", "text/html,*/*;q=0.8");
    request.send().await.unwrap()
}

fn script_of(index: &str) -> String {
    let script = index.split_once("<script").unwrap().1;
    let at = script.find("assets/").unwrap();
    let file: String = script[at..].chars().take_while(|c| *c != '"').collect();
    format!("/{file}")
}
