//! The limits of many users: set and copied in one transaction.

use entity::admin::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Caller, ControlPlane, code};

const APPLY: &str = "mutation($ids: [ID!]!, $input: ApplyLimitsInput!) { applyLimits(userIds: $ids, input: $input) {
    results { id outcome user { name quotas { limit used } rateLimit { requestsPerMinute } quotasVersion rateLimitVersion } } } }";
const COPY: &str = "mutation($from: ID!, $ids: [ID!]!) { copyLimits(fromUserId: $from, userIds: $ids) {
    results { id outcome user { name quotas { metric limit softPercents strict } rateLimit { requestsPerMinute concurrentRequests } } } } }";
const LIMITS: &str = "query($id: ID!) { user(id: $id) { quotas { limit } rateLimit { requestsPerMinute } quotasVersion } }";
const UNKNOWN: Uuid = Uuid::from_u128(1);

#[tokio::test]
async fn limits_are_set_for_all_users_that_exist() {
    let (plane, admin, [ada, bob, eve]) = three().await;
    plane.record(ada, "gpt-5").await;
    admin
        .ask_with(
            "mutation($id: ID!) { archiveUser(id: $id) { user { id } } }",
            json!({ "id": eve }),
        )
        .await;
    let input = json!({ "quotas": [{ "metric": "REQUESTS", "limit": 5 }], "rateLimit": { "requestsPerMinute": 9 } });

    let ids = json!([bob, UNKNOWN, "no id", ada, eve]);
    let applied = admin
        .ask_with(APPLY, json!({ "ids": ids, "input": input }))
        .await;

    let user = |name: &str, used: i32| {
        json!({
            "name": name, "quotas": [{ "limit": 5, "used": used }],
            "rateLimit": { "requestsPerMinute": 9 }, "quotasVersion": 2, "rateLimitVersion": 2,
        })
    };
    let missing = |id: Value| json!({ "id": id, "outcome": "NOT_FOUND", "user": null });
    assert_eq!(
        applied["data"]["applyLimits"]["results"],
        json!([
            { "id": bob, "outcome": "APPLIED", "user": user("bob", 0) },
            missing(json!(UNKNOWN)),
            missing(json!("no id")),
            { "id": ada, "outcome": "APPLIED", "user": user("ada", 1) },
            missing(json!(eve)),
        ]),
        "{applied}"
    );
    let events = audited(&admin, "applyLimits").await;
    assert_eq!(events.len(), 2, "{events:?}");
}

#[tokio::test]
async fn what_is_not_given_stays_as_it_is() {
    let (_plane, admin, [ada, bob, _]) = three().await;
    let ids = json!([ada, bob]);
    let quotas = json!({ "quotas": [{ "metric": "TOKENS", "limit": 7 }] });
    admin
        .ask_with(APPLY, json!({ "ids": ids, "input": quotas }))
        .await;

    let rate = json!({ "rateLimit": { "requestsPerMinute": 3 } });
    admin
        .ask_with(APPLY, json!({ "ids": [ada], "input": rate }))
        .await;
    let none = json!({ "quotas": [] });
    admin
        .ask_with(APPLY, json!({ "ids": [bob], "input": none }))
        .await;

    assert_eq!(
        limits_of(&admin, ada).await,
        json!({ "quotas": [{ "limit": 7 }], "rateLimit": { "requestsPerMinute": 3 }, "quotasVersion": 2 })
    );
    assert_eq!(
        limits_of(&admin, bob).await,
        json!({ "quotas": [], "rateLimit": null, "quotasVersion": 3 })
    );
}

#[tokio::test]
async fn limits_are_copied_from_another_user() {
    let (_plane, admin, [ada, bob, eve]) = three().await;
    let quota = json!({ "metric": "COST", "limit": "12.5", "softPercents": [50], "strict": true });
    let input = json!({ "quotas": [quota], "rateLimit": { "requestsPerMinute": 4, "concurrentRequests": 2 } });
    admin
        .ask_with(APPLY, json!({ "ids": [ada], "input": input }))
        .await;
    let other = json!({ "quotas": [{ "metric": "TOKENS", "limit": 1 }] });
    admin
        .ask_with(APPLY, json!({ "ids": [bob], "input": other }))
        .await;

    let copied = admin
        .ask_with(COPY, json!({ "from": ada, "ids": [bob, eve, UNKNOWN] }))
        .await;

    let results = copied["data"]["copyLimits"]["results"]
        .as_array()
        .unwrap()
        .clone();
    for (result, name) in results.iter().zip(["bob", "eve"]) {
        assert_eq!(
            result["user"],
            json!({
                "name": name,
                "quotas": [{ "metric": "COST", "limit": "12.5", "softPercents": [50], "strict": true }],
                "rateLimit": { "requestsPerMinute": 4, "concurrentRequests": 2 },
            }),
            "{copied}"
        );
    }
    assert_eq!(results[2]["outcome"], "NOT_FOUND");
    let missing_source = admin
        .ask_with(COPY, json!({ "from": UNKNOWN, "ids": [bob] }))
        .await;
    assert_eq!(code(&missing_source), "NOT_FOUND", "{missing_source}");
}

#[tokio::test]
async fn invalid_limits_change_no_user() {
    let (_plane, admin, [ada, bob, _]) = three().await;
    let ids = json!([ada, bob]);

    for input in [
        json!({}),
        json!({ "quotas": [{ "metric": "TOKENS", "limit": 0 }] }),
        json!({ "quotas": [{ "metric": "TOKENS", "limit": 5 }], "rateLimit": { "requestsPerMinute": 0 } }),
    ] {
        let refused = admin
            .ask_with(APPLY, json!({ "ids": ids, "input": input }))
            .await;
        assert_eq!(code(&refused), "BAD_USER_INPUT", "{refused}");
    }
    let many: Vec<Uuid> = (0..201).map(Uuid::from_u128).collect();
    let input = json!({ "quotas": [] });
    let refused = admin
        .ask_with(APPLY, json!({ "ids": many, "input": input }))
        .await;
    assert!(refused["errors"].is_array(), "{refused}");
    assert_eq!(limits_of(&admin, ada).await["quotasVersion"], 1);
}

#[tokio::test]
async fn concurrent_copies_to_the_same_users_all_complete() {
    let (_plane, admin, [ada, bob, eve]) = three().await;

    let copies = [[bob, eve], [eve, bob], [bob, eve], [eve, bob]];
    let copies = copies.map(|ids| admin.ask_with(COPY, json!({ "from": ada, "ids": ids })));
    let [one, two, three, four] = copies;
    let done = tokio::join!(one, two, three, four);

    for answer in [done.0, done.1, done.2, done.3] {
        assert_eq!(
            answer["data"]["copyLimits"]["results"][1]["outcome"], "APPLIED",
            "{answer}"
        );
    }
    assert_eq!(limits_of(&admin, bob).await["quotasVersion"], 5);
}

async fn three() -> (ControlPlane, Caller, [Uuid; 3]) {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, _) = plane.key_holder("ada").await;
    let (bob, _) = plane.key_holder("bob").await;
    let (eve, _) = plane.key_holder("eve").await;
    (plane, admin, [ada, bob, eve])
}

async fn limits_of(admin: &Caller, id: Uuid) -> Value {
    let answer = admin.ask_with(LIMITS, json!({ "id": id })).await;
    answer["data"]["user"].clone()
}

async fn audited(admin: &Caller, action: &str) -> Vec<Value> {
    let query = "query($action: String!) { auditEvents(filter: { actions: [$action] }) { nodes { subject { id } } } }";
    let answer = admin.ask_with(query, json!({ "action": action })).await;
    answer["data"]["auditEvents"]["nodes"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}
