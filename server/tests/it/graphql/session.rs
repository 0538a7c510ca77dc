//! Sessions: listing, ending, expiring.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::{ControlPlane, Socket, code};

#[tokio::test]
async fn sessions_are_listed_with_one_of_them_current() {
    let plane = ControlPlane::start().await;
    let (here, _elsewhere) = (plane.admin().await, plane.admin().await);

    let answer = here
        .ask("{ sessions { current csrfToken clientIp } }")
        .await;

    let sessions = answer["data"]["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let current: Vec<_> = sessions
        .iter()
        .filter(|session| session["current"] == true)
        .collect();
    assert_eq!(current.len(), 1);
    assert_eq!(current[0]["csrfToken"], here.csrf_token());
    assert_eq!(current[0]["clientIp"], "127.0.0.1");
    let other = sessions
        .iter()
        .find(|session| session["current"] == false)
        .unwrap();
    assert_eq!(other["csrfToken"], json!(null));
}

#[tokio::test]
async fn a_session_ends_when_idle_and_after_its_maximum_age() {
    let plane = ControlPlane::start().await;
    let (idle, busy) = (plane.admin().await, plane.admin().await);
    let session = "{ session { id } }";

    plane.advance(TimeDelta::hours(23));
    busy.ask(session).await;
    plane.advance(TimeDelta::hours(2));
    assert_eq!(idle.ask(session).await["data"]["session"], json!(null));
    for _ in 0..6 {
        assert_ne!(busy.ask(session).await["data"]["session"], json!(null));
        plane.advance(TimeDelta::hours(23));
    }
    plane.advance(TimeDelta::hours(10));
    assert_eq!(busy.ask(session).await["data"]["session"], json!(null));
    assert_eq!(
        code(&busy.ask("{ users { totalCount } }").await),
        "UNAUTHENTICATED"
    );
}

#[tokio::test]
async fn revoking_a_session_closes_its_socket() {
    let plane = ControlPlane::start().await;
    let (here, elsewhere) = (plane.admin().await, plane.admin().await);
    let mut socket =
        Socket::greet(&elsewhere, json!({ "csrfToken": elsewhere.csrf_token() })).await;
    let id = elsewhere.ask("{ session { id } }").await["data"]["session"]["id"].clone();

    let revoke = "mutation($id: ID!) { revokeSession(id: $id) { session { id current } } }";
    let answer = here.ask_with(revoke, json!({ "id": id })).await;

    assert_eq!(answer["data"]["revokeSession"]["session"]["id"], id);
    assert_eq!(socket.next().await, Err(4401));
}

#[tokio::test]
async fn expiry_of_a_session_closes_its_socket() {
    let plane = ControlPlane::start().await;
    let browser = plane.admin().await;
    let mut socket = Socket::greet(&browser, json!({ "csrfToken": browser.csrf_token() })).await;

    plane.advance(TimeDelta::days(8));

    assert_eq!(socket.next().await, Err(4401));
}

#[tokio::test]
async fn an_unknown_session_is_not_found() {
    let plane = ControlPlane::start().await;
    let browser = plane.admin().await;

    for id in ["x", "0197a3c0-0000-7000-8000-000000000000"] {
        let revoke = "mutation($id: ID!) { revokeSession(id: $id) { session { id } } }";
        assert_eq!(
            code(&browser.ask_with(revoke, json!({ "id": id })).await),
            "NOT_FOUND"
        );
    }
}
