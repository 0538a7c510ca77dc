//! The pages beside GraphQL: health, headers, the front end.

use entity::admin::Role;
use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{Caller, ControlPlane, PASSWORD, server::METRICS_TOKEN};

#[tokio::test]
async fn health_is_that_of_the_database() {
    let plane = ControlPlane::start().await;
    let anonymous = plane.anonymous();

    let well = anonymous.get("/healthz").await;
    let ready = anonymous.get("/readyz").await;
    plane.db.clone().close().await.unwrap();
    let unwell = anonymous.get("/healthz").await;

    assert_eq!(
        (well.status(), ready.status()),
        (StatusCode::OK, StatusCode::OK)
    );
    let health: Value = well.json().await.unwrap();
    assert_eq!(health["ok"], true);
    assert_eq!(unwell.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(unwell.json::<Value>().await.unwrap()["ok"], false);
    assert_eq!(
        anonymous.get("/readyz").await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(anonymous.get("/livez").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn only_operators_get_details_of_the_health_report() {
    let plane = ControlPlane::start().await;
    let (_, key_holder) = plane.key_holder("ada").await;
    let viewer = plane.script(Role::Viewer).await;
    let scrape = plane.anonymous().with_bearer(METRICS_TOKEN);
    let names = async |caller: &Caller| {
        let health: Value = caller.get("/healthz").await.json().await.unwrap();
        let fields = health.as_object().unwrap();
        let mut names: Vec<_> = fields.keys().cloned().collect();
        names.sort();
        names
    };

    for anonymous in [
        plane.anonymous(),
        plane.anonymous().with_bearer("wrong-token-of-the-metrics"),
        plane.anonymous().with("cookie", "session=wrong"),
        key_holder,
    ] {
        assert_eq!(names(&anonymous).await, ["instance", "ok", "status"]);
    }
    for operator in [plane.admin().await, viewer, scrape] {
        let reported = names(&operator).await;
        for detail in ["proxy_pid", "engine_state", "version", "uptime_seconds"] {
            assert!(reported.iter().any(|name| name == detail), "{reported:?}");
        }
    }
}

#[tokio::test]
async fn every_page_has_the_security_headers() {
    let plane = ControlPlane::launch("https://ai.example.org", Some(PASSWORD)).await;
    let anonymous = plane.anonymous();

    for path in [
        "/",
        "/users/7",
        "/healthz",
        "/graphql",
        "/assets/missing.js",
    ] {
        let answer = anonymous.get(path).await;
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
async fn the_front_page_is_never_cached() {
    let plane = ControlPlane::start().await;
    let anonymous = plane.anonymous();

    for path in ["/", "/index.html"] {
        let page = anonymous.get(path).await;
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
        assert_eq!(page.headers()["cache-control"], "no-cache");
    }
    assert_eq!(
        anonymous.get("/assets/missing.js").await.status(),
        StatusCode::NOT_FOUND
    );
}
