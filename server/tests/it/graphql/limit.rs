//! Limits of one operation, and internal errors.

use entity::admin::Role;
use serde_json::{Value, json};

use crate::support::{ControlPlane, code};

#[tokio::test]
async fn deep_and_broad_operations_are_rejected() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    let deep = format!(
        "{{ users {{ nodes {{ {} id {} }} }} }}",
        "apiKeys { user { ".repeat(10),
        "} }".repeat(10)
    );
    let broad = "{ users(first: 200) { nodes { requests(first: 200) { nodes { id } } } } }";
    let deepest = format!("{} a {}", "{ a ".repeat(5_000), "}".repeat(5_000));
    let lists = format!(
        "{{ user(id: {}1{}) {{ id }} }}",
        "[".repeat(20_000),
        "]".repeat(20_000)
    );
    let directives = format!(
        "{{ viewer {} {{ __typename }} }}",
        "@skip(if: false) ".repeat(9)
    );

    for query in [deep.as_str(), broad, &deepest, &lists, &directives] {
        let answer = admin.ask(query).await;
        assert_eq!(
            code(&answer),
            "BAD_USER_INPUT",
            "{:.200}",
            answer.to_string()
        );
    }
    assert_eq!(
        code(&plane.admin().await.ask(&deepest).await),
        "BAD_USER_INPUT"
    );
}

#[tokio::test]
async fn a_full_page_of_requests_is_within_the_limits() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    let page = "{ requests(first: 200) { nodes { id startedAt finishedAt durationMs timeToFirstByteMs
        user { id name } apiKey { id name prefix lastFour } provider account { id label } model servedModel
        endpoint protocol streamed httpStatus outcome errorCode usageSource reconciliation clientIp userAgent
        tokens { input cacheRead cacheWrite output reasoning total } } pageInfo { endCursor hasNextPage } } }";

    assert_eq!(code(&admin.ask(page).await), "");
}

#[tokio::test]
async fn tools_can_read_the_schema() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    // The query that graphql-js and its relatives send.
    let of_type = format!("{}{}", "ofType { kind name ".repeat(9), "}".repeat(9));
    let query = format!(
        "{{ __schema {{ queryType {{ name }} types {{ kind name fields(includeDeprecated: true) {{ name args {{ name type {{ kind name {of_type} }} defaultValue }} }} }} directives {{ name args {{ name }} }} }} }}"
    );

    let answer = admin.ask(&query).await;

    assert_eq!(
        answer["data"]["__schema"]["queryType"]["name"],
        "Query",
        "{:.300}",
        answer.to_string()
    );
}

#[tokio::test]
async fn internal_errors_are_logged_and_not_disclosed() {
    let plane = ControlPlane::start().await;
    let admin = plane.admin().await;
    plane.db.clone().close().await.unwrap();
    let anonymous = plane.anonymous();

    let answer = anonymous
        .post(
            "mutation { login(password: \"x\") { session { id } } }",
            json!({}),
        )
        .await;

    let request_id = answer.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(code(&answer), "INTERNAL");
    assert_eq!(answer["errors"][0]["extensions"]["requestId"], request_id);
    assert_eq!(answer["errors"][0]["message"], "internal server error");
    assert_eq!(code(&admin.ask("{ session { id } }").await), "INTERNAL");
}
