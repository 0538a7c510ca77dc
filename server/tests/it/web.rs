//! The pages beside GraphQL: health, headers, the front end.

use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{ControlPlane, PASSWORD};

#[tokio::test]
async fn health_is_that_of_the_database() {
    let plane = ControlPlane::start().await;
    let stranger = plane.stranger();

    let well = stranger.get("/healthz").await;
    let ready = stranger.get("/readyz").await;
    plane.db.clone().close().await.unwrap();
    let unwell = stranger.get("/healthz").await;

    assert_eq!(
        (well.status(), ready.status()),
        (StatusCode::OK, StatusCode::OK)
    );
    let health: Value = well.json().await.unwrap();
    assert_eq!(health["ok"], true);
    assert_eq!(health["proxy_running"], false);
    assert_eq!(unwell.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        unwell.json::<Value>().await.unwrap()["database_connected"],
        false
    );
    assert_eq!(
        stranger.get("/readyz").await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(stranger.get("/livez").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn every_page_has_the_security_headers() {
    let plane = ControlPlane::launch("https://ai.example.org", Some(PASSWORD)).await;
    let stranger = plane.stranger();

    for path in [
        "/",
        "/users/7",
        "/healthz",
        "/graphql",
        "/assets/missing.js",
    ] {
        let answer = stranger.get(path).await;
        let headers = answer.headers();
        for name in [
            "content-security-policy",
            "strict-transport-security",
            "permissions-policy",
        ] {
            assert!(headers.contains_key(name), "{path} lacks {name}");
        }
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
    }
}

#[tokio::test]
async fn the_front_page_is_never_kept_by_a_browser() {
    let plane = ControlPlane::start().await;
    let stranger = plane.stranger();

    for path in ["/", "/index.html"] {
        let page = stranger.get(path).await;
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
        assert_eq!(page.headers()["cache-control"], "no-cache");
    }
    assert_eq!(
        stranger.get("/assets/missing.js").await.status(),
        StatusCode::NOT_FOUND
    );
}
