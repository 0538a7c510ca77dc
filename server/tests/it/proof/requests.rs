//! Scenario 3: what the product is for.

use serde_json::{Value, json};

use super::{
    Scenario, TestEnvironment, User,
    environment::{kind, request_id},
};
use crate::support::{
    Caller, eventually,
    protocol::{Delivery, Protocol},
};

const TOTALS: &str = "query($user: ID!) { usage(filter: {userId: $user}) { totals { requests failed unknown \
    tokens { input cacheRead cacheWrite output reasoning } } } }";
const BUCKETS: [&str; 5] = ["input", "cacheRead", "cacheWrite", "output", "reasoning"];

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_proxied_and_every_token_is_counted() {
    let mut proof = Scenario::begin(3);
    let environment = TestEnvironment::furnished().await;
    let (ada, bob) = (environment.user("Ada").await, environment.user("Bob").await);

    let mut sum = [0; BUCKETS.len()];
    for protocol in Protocol::ALL {
        for delivery in [Delivery::Streamed, Delivery::Whole] {
            let tokens = exchange(&environment, &ada, protocol, delivery).await;
            for (total, count) in sum.iter_mut().zip(tokens) {
                *total += count;
            }
            proof.holds(&format!(
                "{protocol:?}, {delivery:?}: the answer arrives, its row has the provider's exact tokens"
            ));
        }
    }
    is_passed_on(&environment, &bob).await;
    proof.holds("a provider's error is passed on as it is, and recorded as its own");
    has_used(&environment, &ada, 8, &sum).await;
    has_used(&environment, &bob, 1, &[0; BUCKETS.len()]).await;
    proof.holds("the usage of each user is the sum of the user's own rows");
    sees_only_own(&environment, &ada, &bob).await;
    proof.holds("users see only their own requests with their key");
}

/// One request and its row; answers the tokens.
async fn exchange(
    environment: &TestEnvironment,
    user: &User,
    protocol: Protocol,
    delivery: Delivery,
) -> [i64; BUCKETS.len()] {
    let tag = format!("{protocol:?}-{delivery:?}");
    let script = format!("usage:input=11,cached=4,cache_write=3,output=7,reasoning=2,tag={tag}");
    let answer = environment
        .ask(&user.key, protocol, delivery, &script)
        .await;
    let (status, id) = (answer.status(), request_id(&answer));
    let text = answer.text().await.unwrap();
    assert_eq!(status, 200, "{tag}: {text}");
    assert_eq!(
        text.contains("data: "),
        delivery == Delivery::Streamed,
        "{text}"
    );

    let row = environment.row(&id).await;
    assert_eq!(row["outcome"], "COMPLETED", "{tag}: {row}");
    assert_eq!(row["usageSource"], "WIRE", "{tag}: {row}");
    assert_eq!(row["model"], protocol.model(), "{tag}: {row}");
    assert_eq!(row["streamed"], delivery == Delivery::Streamed, "{tag}");
    assert_eq!(row["user"]["id"], user.id, "{tag}");
    let produced = &environment.provider.produced(&tag).await["tokens"];
    eventually("the engine's word for who served it", async || {
        (environment.row(&id).await["provider"] == kind(protocol)).then_some(())
    })
    .await;
    BUCKETS.map(|bucket| {
        assert_eq!(
            row["tokens"][bucket], produced[bucket],
            "{tag} {bucket}: {row}"
        );
        produced[bucket].as_i64().unwrap()
    })
}

async fn is_passed_on(environment: &TestEnvironment, user: &User) {
    let script = "usage:error=429";
    let answer = environment.ask(&user.key, Protocol::Messages, Delivery::Streamed, script);
    let answer = answer.await;
    assert_eq!(answer.status(), 429);
    assert!(!answer.headers().contains_key("x-proxypal-error"));
    let row = environment.row(&request_id(&answer)).await;
    assert_eq!(row["outcome"], "UPSTREAM_ERROR");
    assert_eq!(row["httpStatus"], 429);
}

async fn has_used(environment: &TestEnvironment, user: &User, requests: i64, tokens: &[i64]) {
    let totals = eventually("the sums", async || {
        let data = environment
            .operator
            .ask(TOTALS, json!({ "user": user.id }))
            .await;
        let totals = &data["usage"]["totals"];
        (totals["requests"].as_i64()? >= requests).then(|| totals.clone())
    })
    .await;
    assert_eq!(totals["requests"], requests, "{totals}");
    assert_eq!(totals["unknown"], 0, "{totals}");
    for (bucket, count) in BUCKETS.into_iter().zip(tokens) {
        assert_eq!(totals["tokens"][bucket], *count, "{bucket}: {totals}");
    }
}

async fn sees_only_own(environment: &TestEnvironment, ada: &User, bob: &User) {
    let own = "{ viewer { ... on KeyHolder { user { id } requests { nodes { user { id } } } } } }";
    for user in [ada, bob] {
        let tool = Caller::new(environment.server.address()).with_bearer(&user.key);
        let seen: Value = tool.ask(own).await;
        let viewer = &seen["data"]["viewer"];
        assert_eq!(viewer["user"]["id"], user.id, "{seen}");
        let rows = viewer["requests"]["nodes"].as_array().unwrap();
        assert!(!rows.is_empty() && rows.iter().all(|row| row["user"]["id"] == user.id));
        let all = tool.ask("{ requests { nodes { id } } }").await;
        assert!(!all["errors"].is_null(), "{all}");
    }
}
