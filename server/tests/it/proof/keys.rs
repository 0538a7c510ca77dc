//! Scenario 2: who may use the proxy.

use serde_json::{Value, json};

use super::{Scenario, TestEnvironment, User};
use crate::support::{
    eventually,
    protocol::{CHAT, Protocol},
};

const KEYS: &str = "query($id: ID!) { user(id: $id) { apiKeys { id } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_user_gets_a_key_and_it_opens_what_it_should() {
    let mut proof = Scenario::begin(2);
    let environment = TestEnvironment::furnished().await;
    let ada = environment.user("Ada").await;

    assert_eq!(environment.status(&ada.key).await, 200);
    proof.holds("a new user's key works immediately");
    assert_eq!(environment.status("sk-unknown").await, 401);
    let almost = format!("{}x", ada.key);
    assert_eq!(environment.status(&almost).await, 401);
    proof.holds("an unknown key and a nearly right one are refused");
    is_shown_once(&environment, &ada).await;
    proof.holds("the key was shown once and is nowhere to be read again");
    models_are_narrowed(&environment, &ada).await;
    proof.holds("a user sees and uses the models that are allowed, and no others");
    let replaced = keys_are_replaced(&environment, &ada).await;
    proof.holds("a rotated key takes over from the old one, and a revoked key is refused");
    is_switched_off_and_on(&environment, &replaced).await;
    proof.holds("a user who is switched off is refused, and let in again when switched on");
}

async fn is_shown_once(environment: &TestEnvironment, user: &User) {
    let everything =
        "query($id: ID!) { user(id: $id) { id name apiKeys { id name prefix lastFour } } }";
    let data = environment
        .operator
        .ask(everything, json!({ "id": user.id }));
    assert!(!data.await.to_string().contains(&user.key));
}

async fn models_are_narrowed(environment: &TestEnvironment, user: &User) {
    let allow = "mutation($id: ID!, $models: [String!]) { updateUser(id: $id, input: {allowedModels: $models}) \
        { __typename } }";
    let variables = |models: Value| json!({ "id": user.id, "models": models });
    environment
        .operator
        .ask(allow, variables(json!(["stub-claude"])))
        .await;
    let refused = eventually("the narrowing", async || {
        let status = environment.status(&user.key).await;
        (status != 200).then_some(status)
    });
    assert_eq!(refused.await, 403);
    let (_, models) = environment.models(&user.key).await;
    assert!(!models.contains(&CHAT.to_owned()), "{models:?}");
    assert!(models.contains(&Protocol::Messages.model().to_owned()));
    environment
        .operator
        .ask(allow, variables(Value::Null))
        .await;
    has_status(environment, &user.key, 200).await;
}

/// Answers who the user is with the newest key.
async fn keys_are_replaced(environment: &TestEnvironment, user: &User) -> User {
    let keys = environment
        .operator
        .ask(KEYS, json!({ "id": user.id }))
        .await;
    let rotate = "mutation($id: ID!) { rotateApiKey(id: $id) { apiKey { id } secret } }";
    let id = &keys["user"]["apiKeys"][0]["id"];
    let rotated = environment.operator.ask(rotate, json!({ "id": id })).await;
    let newer = rotated["rotateApiKey"]["secret"].as_str().unwrap();
    has_status(environment, &user.key, 401).await;
    assert_eq!(environment.status(newer).await, 200);

    let issue =
        "mutation($id: ID!) { issueApiKey(input: {userId: $id, name: \"laptop\"}) { secret } }";
    let issued = environment
        .operator
        .ask(issue, json!({ "id": user.id }))
        .await;
    let newest = issued["issueApiKey"]["secret"].as_str().unwrap().to_owned();
    let revoke = "mutation($id: ID!) { revokeApiKey(id: $id) { __typename } }";
    let id = &rotated["rotateApiKey"]["apiKey"]["id"];
    environment.operator.ask(revoke, json!({ "id": id })).await;
    has_status(environment, newer, 401).await;
    assert_eq!(environment.status(&newest).await, 200);
    User {
        id: user.id.clone(),
        key: newest,
    }
}

async fn is_switched_off_and_on(environment: &TestEnvironment, user: &User) {
    let switch = "mutation($ids: [ID!]!, $on: Boolean!) { setUsersEnabled(ids: $ids, enabled: $on) { __typename } }";
    for (on, status) in [(false, 401), (true, 200)] {
        let variables = json!({ "ids": [user.id], "on": on });
        environment.operator.ask(switch, variables).await;
        has_status(environment, &user.key, status).await;
    }
}

async fn has_status(environment: &TestEnvironment, key: &str, wanted: u16) {
    let what = format!("the status {wanted}");
    eventually(&what, async || {
        (environment.status(key).await == wanted).then_some(())
    })
    .await;
}
