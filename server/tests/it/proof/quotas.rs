//! Scenario 5: concurrent requests cannot exceed a quota.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Scenario, TestEnvironment, User};
use crate::support::{
    eventually,
    protocol::{CHAT, Delivery, Protocol},
};

const CONCURRENCY: usize = 20;
const SET: &str = "mutation($user: ID!, $quotas: [QuotaInput!]!) { setQuotas(input: {userId: $user, quotas: $quotas}) \
    { __typename } }";
const STANDING: &str =
    "query($user: ID!) { user(id: $user) { quotas { used reserved remaining limit } } }";

#[tokio::test(flavor = "multi_thread")]
async fn quotas_hold_for_concurrent_requests() {
    let mut proof = Scenario::begin(5);
    let environment = TestEnvironment::furnished().await;
    let (ada, bob) = (environment.user("Ada").await, environment.user("Bob").await);

    requests_are_counted_exactly(&environment, &ada).await;
    proof.holds("of 20 concurrent requests, exactly the 5 that a quota of 5 allows are answered");
    assert_eq!(environment.status(&bob.key).await, 200);
    proof.holds("a neighbour without a quota is not touched");
    assert_eq!(
        refusal(&environment, &ada).await,
        json!("insufficient_quota")
    );
    proof.holds("the refusal is in the words of the protocol, and names the quota");
    tokens_are_never_overdrawn(&environment, &bob).await;
    proof.holds("20 concurrent requests at the limit of a strict token quota never exceed it");
    other_models_are_free(&environment, &bob).await;
    proof.holds("a quota for some models leaves the others alone");
    let reset = "mutation($id: ID!) { resetUserUsage(id: $id) { __typename } }";
    environment
        .operator
        .ask(reset, json!({ "id": ada.id }))
        .await;
    assert_eq!(environment.status(&ada.key).await, 200);
    proof.holds("an administrator sets a user's usage back, and the user goes on");
    set(&environment, &ada, json!([])).await;
    assert_eq!(
        send_concurrently(&environment, &ada, "hello").await,
        CONCURRENCY
    );
    proof.holds("without quotas all 20 are answered");
}

async fn set(environment: &TestEnvironment, user: &User, quotas: Value) {
    let variables = json!({ "user": user.id, "quotas": quotas });
    environment.operator.ask(SET, variables).await;
}

async fn standing(environment: &TestEnvironment, user: &User) -> Value {
    let data = environment
        .operator
        .ask(STANDING, json!({ "user": user.id }))
        .await;
    data["user"]["quotas"][0].clone()
}

/// How many of those who ask at the same time are answered; the others are refused for their quota.
async fn send_concurrently(environment: &TestEnvironment, user: &User, script: &str) -> usize {
    let mut body = Protocol::Chat.body(Delivery::Whole, script);
    body["max_tokens"] = json!(90);
    let path = Protocol::Chat.path(Delivery::Whole);
    let asked = (0..CONCURRENCY).map(|_| environment.send(&user.key, path, &body));
    let answers = join_all(asked).await;
    let (good, refused): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status() == 200);
    for answer in refused {
        assert_eq!(answer.status(), 429);
        assert_eq!(
            answer.headers()["x-proxypal-error"],
            "proxypal_quota_exceeded"
        );
    }
    good.len()
}

async fn requests_are_counted_exactly(environment: &TestEnvironment, user: &User) {
    set(
        environment,
        user,
        json!([{ "metric": "REQUESTS", "limit": 5, "window": "LIFETIME" }]),
    )
    .await;
    assert_eq!(send_concurrently(environment, user, "hello").await, 5);
    let standing = standing(environment, user).await;
    assert_eq!(
        (&standing["used"], &standing["remaining"]),
        (&json!(5), &json!(0)),
        "{standing}"
    );
}

async fn refusal(environment: &TestEnvironment, user: &User) -> Value {
    let answer = environment
        .ask(&user.key, Protocol::Chat, Delivery::Whole, "hello")
        .await;
    let answer: Value = answer.json().await.unwrap();
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("5 requests"), "{message}");
    answer["error"]["type"].clone()
}

/// Each uses 100 tokens and might use more, so that some of the 20 are refused while others are under way.
async fn tokens_are_never_overdrawn(environment: &TestEnvironment, user: &User) {
    let quota = json!({ "metric": "TOKENS", "limit": 1000, "window": "LIFETIME", "strict": true, "modelPattern": CHAT });
    set(environment, user, json!([quota])).await;
    let script = "usage:input=10,output=90";
    let mut answered = 0;
    loop {
        let more = send_concurrently(environment, user, script).await;
        answered += more;
        // The 15 tokens of the request before the quota was set count as well, once it is in the database.
        let total = 15 + 100 * i64::try_from(answered).unwrap();
        assert!(total <= 1000, "{total}");
        settled(environment, user, total).await;
        if more == 0 {
            break;
        }
    }
    assert!(answered >= 7, "only {answered} were answered");
}

/// Waits until nothing is reserved and exactly this much is used.
async fn settled(environment: &TestEnvironment, user: &User, total: i64) {
    eventually("exactly the used tokens", async || {
        let standing = standing(environment, user).await;
        let is_settled = number(&standing["reserved"]) == 0;
        (is_settled && number(&standing["used"]) == total).then_some(())
    })
    .await;
}

async fn other_models_are_free(environment: &TestEnvironment, user: &User) {
    let answer = environment.ask(&user.key, Protocol::Messages, Delivery::Whole, "hello");
    assert_eq!(answer.await.status(), 200);
}

fn number(amount: &Value) -> i64 {
    amount.as_i64().unwrap()
}
