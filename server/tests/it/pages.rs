//! The web app comes out of the program: the page behind every deep link, and its files for ever.

use std::{fs, path::Path};

use axum::Router;
use reqwest::StatusCode;

use crate::support::TestApp;

/// What the front end's build left, if it ran.
fn built() -> Option<String> {
    let index = Path::new(env!("CARGO_MANIFEST_DIR")).join("../frontend/dist/index.html");
    fs::read_to_string(index).ok()
}

#[tokio::test]
async fn the_app_that_was_built_is_the_app_that_is_served() {
    let app = TestApp::with_engine(Router::new()).await;

    for path in ["/", "/users", "/setup"] {
        let answer = app.http.get(app.url(path)).send().await.unwrap();
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
async fn files_of_the_app_are_kept_for_ever_by_browsers() {
    let Some(index) = built() else { return };
    let app = TestApp::with_engine(Router::new()).await;
    let at = index.find("assets/").unwrap();
    let file: String = index[at..].chars().take_while(|c| *c != '"').collect();

    let answer = app
        .http
        .get(app.url(&format!("/{file}")))
        .send()
        .await
        .unwrap();

    assert_eq!(answer.status(), StatusCode::OK);
    assert!(
        answer.headers()["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
}
