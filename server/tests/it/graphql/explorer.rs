//! The GraphQL explorer.

use reqwest::StatusCode;

use crate::support::ControlPlane;

#[tokio::test]
async fn the_explorer_is_for_administrators_and_loads_nothing_from_other_hosts() {
    let plane = ControlPlane::start().await;
    let admin = plane.admin().await.with("accept", "text/html");

    let page = admin.get("/graphql").await;
    let script = admin.get("/graphql/explorer.js").await;

    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"));
    assert!(
        script.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/javascript")
    );
    let page = page.text().await.unwrap();
    assert!(
        page.contains("GraphQL explorer") && !page.contains("://"),
        "{page}"
    );
    let anonymous = plane
        .anonymous()
        .with("accept", "text/html")
        .get("/graphql")
        .await;
    assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED);
}
