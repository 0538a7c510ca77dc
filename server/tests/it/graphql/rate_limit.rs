//! Rate limits: set, shown, and left to the default again.

use entity::admin::Role;
use limits::{AttemptResult, Blocked, LimitOwner, Waiter};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Caller, ControlPlane, code};

const SET: &str = "mutation($input: SetRateLimitInput!) { setRateLimit(input: $input) {
    user { rateLimit { ...L } effectiveRateLimit { ...L } } apiKey { rateLimit { ...L } } } }
    fragment L on RateLimit { requestsPerMinute tokensPerMinute concurrentRequests concurrentSockets
        maxWaitSeconds }";

#[tokio::test]
async fn a_users_rate_limit_replaces_the_default_until_it_is_removed() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, _) = plane.key_holder("ada").await;
    let limit = json!({
        "requestsPerMinute": null, "tokensPerMinute": 1_000_000_000_000_i64,
        "concurrentRequests": 100_000, "concurrentSockets": 1, "maxWaitSeconds": 120,
    });
    let default = json!({
        "requestsPerMinute": 60, "tokensPerMinute": null,
        "concurrentRequests": 64, "concurrentSockets": 32, "maxWaitSeconds": null,
    });

    let set = set_for(&admin, "userId", ada, &limit).await;
    let user = &set["data"]["setRateLimit"]["user"];
    assert_eq!(user["rateLimit"], limit);
    assert_eq!(user["effectiveRateLimit"], limit);

    let cleared = set_for(&admin, "userId", ada, &json!({})).await;
    let user = &cleared["data"]["setRateLimit"]["user"];
    assert_eq!(user["rateLimit"], Value::Null);
    assert_eq!(user["effectiveRateLimit"], default);
    assert_eq!(cleared["data"]["setRateLimit"]["apiKey"], Value::Null);
}

#[tokio::test]
async fn a_rotated_key_keeps_its_rate_limit() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, _) = plane.key_holder("ada").await;
    let keys = plane.services.api_keys.of_users(&[ada]).await.unwrap();
    let limit = json!({
        "requestsPerMinute": 1, "tokensPerMinute": null,
        "concurrentRequests": null, "concurrentSockets": null, "maxWaitSeconds": null,
    });

    let set = set_for(&admin, "apiKeyId", keys[0].id, &limit).await;
    let rotate = "mutation($id: ID!) { rotateApiKey(id: $id) { apiKey { rateLimit { requestsPerMinute } } } }";
    let rotated = admin.ask_with(rotate, json!({ "id": keys[0].id })).await;

    let payload = &set["data"]["setRateLimit"];
    assert_eq!(payload["apiKey"]["rateLimit"], limit);
    assert_eq!(payload["user"]["rateLimit"], Value::Null);
    let replacement = &rotated["data"]["rotateApiKey"]["apiKey"];
    assert_eq!(replacement["rateLimit"]["requestsPerMinute"], 1);
}

#[tokio::test]
async fn rate_limits_of_zero_and_absurd_ones_are_rejected() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, _) = plane.key_holder("ada").await;
    let cases = [
        (
            "requestsPerMinute",
            vec![json!(0), json!(1_000_001), json!(-1)],
        ),
        (
            "tokensPerMinute",
            vec![json!(0), json!(1_000_000_000_001_i64), json!(-1)],
        ),
        (
            "concurrentRequests",
            vec![json!(0), json!(100_001), json!(1.5)],
        ),
        (
            "concurrentSockets",
            vec![json!(0), json!(100_001), json!("1")],
        ),
    ];

    for (field, values) in cases {
        for value in values {
            let answer = set_for(&admin, "userId", ada, &json!({ field: value })).await;
            assert_eq!(code(&answer), "BAD_USER_INPUT", "{field} {value}: {answer}");
        }
        let nothing = set_for(&admin, "userId", ada, &json!({ field: 0 })).await;
        let message = nothing["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains("disable the user"), "{message}");
    }
}

#[tokio::test]
async fn a_part_of_a_rate_limit_is_updated_and_the_others_stay() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, _) = plane.key_holder("ada").await;
    let update = "mutation($input: UpdateRateLimitInput!) { updateRateLimit(input: $input) {
        user { rateLimit { requestsPerMinute tokensPerMinute concurrentRequests concurrentSockets
        maxWaitSeconds } } } }";

    let mut limits = Vec::new();
    for change in [
        json!({ "requestsPerMinute": 7, "concurrentSockets": 2 }),
        json!({ "tokensPerMinute": 9_000 }),
        json!({ "requestsPerMinute": null }),
    ] {
        let mut input = change;
        input["userId"] = json!(ada);
        let changed = admin.ask_with(update, json!({ "input": input })).await;
        limits.push(changed["data"]["updateRateLimit"]["user"]["rateLimit"].clone());
    }

    let limit = |requests: Option<i32>, tokens: Option<i32>| {
        json!({
            "requestsPerMinute": requests, "tokensPerMinute": tokens,
            "concurrentRequests": null, "concurrentSockets": 2, "maxWaitSeconds": null,
        })
    };
    assert_eq!(
        limits,
        [
            limit(Some(7), None),
            limit(Some(7), Some(9_000)),
            limit(None, Some(9_000))
        ]
    );
}

async fn set_for(admin: &Caller, holder: &str, id: Uuid, limit: &Value) -> Value {
    let mut input = limit.clone();
    input[holder] = json!(id);
    admin.ask_with(SET, json!({ "input": input })).await
}

#[tokio::test]
async fn a_longer_wait_than_two_minutes_is_refused() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, _) = plane.key_holder("ada").await;

    let refused = set_for(&admin, "userId", ada, &json!({ "maxWaitSeconds": 121 })).await;

    assert_eq!(code(&refused), "BAD_USER_INPUT");
    let message = refused["errors"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("maxWaitSeconds must be between 0 and 120"),
        "{message}"
    );
}

#[tokio::test]
async fn waiting_requests_are_listed_by_user() {
    let plane = ControlPlane::start().await;
    let viewer = plane.script(Role::Viewer).await;
    let mut tickets = Vec::new();
    for (name, requests) in [("ada", 1), ("bob", 2)] {
        let (user, _) = plane.key_holder(name).await;
        let limits = plane.services.ledger.user_limits(user);
        for _ in 0..requests {
            let waiter = Waiter {
                rank: 0,
                api_key_id: Uuid::nil(),
                uses_tokens: true,
            };
            let blocked = Blocked {
                owner: LimitOwner::User,
                by_tokens: false,
                retry_after: None,
            };
            let attempt = move || AttemptResult::Blocked(blocked);
            tickets.push(limits.waiting().join(waiter, 10, Box::new(attempt)));
        }
    }
    let query = "{ waitingRequests { total users { requests user { name } } } }";

    let waiting = viewer.ask(query).await;

    let users = json!([
        { "requests": 2, "user": { "name": "bob" } },
        { "requests": 1, "user": { "name": "ada" } },
    ]);
    let expected = json!({ "total": 3, "users": users });
    assert_eq!(waiting["data"]["waitingRequests"], expected);
    drop(tickets);
    let nothing = viewer.ask(query).await;
    assert_eq!(nothing["data"]["waitingRequests"]["total"], 0);
}
