//! The keys of all users: filtered, ordered, in pages, with what they used; and one found by its secret.

use chrono::TimeDelta;
use entity::admin::Role;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Caller, ControlPlane, code};

const LIST: &str = "query($filter: ApiKeyFilter, $order: ApiKeyOrder, $first: Int, $after: String, $last: Int, $before: String) {
    apiKeys(filter: $filter, orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
        nodes { name } totalCount
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
const ISSUE: &str =
    "mutation($input: IssueApiKeyInput!) { issueApiKey(input: $input) { apiKey { id } secret } }";
const REVOKE: &str = "mutation($id: ID!) { revokeApiKey(id: $id) { apiKey { id } } }";

async fn list(caller: &Caller, variables: Value) -> Value {
    let answer = caller.ask_with(LIST, variables).await;
    assert_eq!(code(&answer), "", "{answer}");
    answer["data"]["apiKeys"].clone()
}

fn names(page: &Value) -> Vec<String> {
    let nodes = page["nodes"].as_array().unwrap().iter();
    nodes
        .map(|node| node["name"].as_str().unwrap().to_owned())
        .collect()
}

/// Issues a key and returns its id.
async fn issue(admin: &Caller, user_id: Uuid, name: &str, expires_at: Value) -> Value {
    let input = json!({ "userId": user_id, "name": name, "expiresAt": expires_at });
    let issued = admin.ask_with(ISSUE, json!({ "input": input })).await;
    assert_eq!(code(&issued), "", "{issued}");
    issued["data"]["issueApiKey"]["apiKey"]["id"].clone()
}

#[tokio::test]
async fn a_key_is_listed_with_its_owner_last_address_and_recent_usage() {
    let plane = ControlPlane::start().await;
    let viewer = plane.script(Role::Viewer).await;
    let (ada, _) = plane.key_holder("ada").await;
    plane.key_holder("eve").await;
    plane.record(ada, "gpt-5").await;
    plane.advance(TimeDelta::days(40));
    let last = plane.record(ada, "gpt-5").await;
    plane.record(ada, "gpt-5").await;

    let answer = viewer
        .ask(
            "{ apiKeys { nodes { user { name } quotas { id } lastUsedAt expiresAt
                recentAddresses { address lastSeenAt }
                recentUsage { requests tokens { total } cost } } } }",
        )
        .await;

    let nodes = &answer["data"]["apiKeys"]["nodes"];
    assert_eq!(nodes[0]["user"]["name"], "ada", "{answer}");
    assert_eq!(nodes[0]["recentUsage"]["requests"], 2);
    assert_eq!(
        nodes[0]["recentUsage"]["tokens"]["total"],
        2 * 5_000_000_002_i64
    );
    let request = format!("{{ request(id: \"{last}\") {{ startedAt }} }}");
    let request = viewer.ask(&request).await;
    let started_at = &request["data"]["request"]["startedAt"];
    assert_eq!(
        nodes[0]["recentAddresses"],
        json!([{ "address": "203.0.113.9", "lastSeenAt": started_at }])
    );
    assert_eq!(nodes[1]["user"]["name"], "eve");
    assert_eq!(nodes[1]["recentUsage"]["requests"], 0);
    assert_eq!(nodes[1]["recentAddresses"], json!([]));
}

#[tokio::test]
async fn a_key_has_its_five_latest_addresses() {
    let plane = ControlPlane::start().await;
    let viewer = plane.script(Role::Viewer).await;
    let (ada, _) = plane.key_holder("ada").await;
    for number in 0..7 {
        plane.advance(TimeDelta::seconds(1));
        let id = plane.record(ada, "gpt-5").await;
        let address = format!("192.0.2.{number}");
        set_address(&plane, id, Some(&address)).await;
    }
    plane.advance(TimeDelta::seconds(1));
    let unknown = plane.record(ada, "gpt-5").await;
    set_address(&plane, unknown, None).await;

    let query = "{ apiKeys { nodes { recentAddresses { address } } } }";
    let answer = viewer.ask(query).await;
    let addresses = &answer["data"]["apiKeys"]["nodes"][0]["recentAddresses"];
    let addresses = addresses.as_array().unwrap().iter();
    let addresses: Vec<_> = addresses.map(|each| each["address"].clone()).collect();

    let expected = [6, 5, 4, 3, 2].map(|number| json!(format!("192.0.2.{number}")));
    assert_eq!(addresses, expected);
}

async fn set_address(plane: &ControlPlane, id: Uuid, address: Option<&str>) {
    use entity::request;
    use sea_orm::{ActiveModelTrait as _, ActiveValue::Set};
    let row = request::ActiveModel {
        id: Set(id),
        client_ip: Set(address.map(ToOwned::to_owned)),
        ..Default::default()
    };
    row.update(plane.db.writer()).await.unwrap();
}

#[tokio::test]
async fn keys_are_filtered_by_owner_state_and_time() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, _) = plane.key_holder("Ada").await;
    let (eve, _) = plane.key_holder("eve").await;
    issue(&admin, ada, "ended", json!("2026-06-11T12:00:00Z")).await;
    issue(&admin, ada, "ending", json!("2026-07-11T12:00:00Z")).await;
    let revoked = issue(&admin, eve, "revoked", json!("2026-07-11T12:00:00Z")).await;
    admin.ask_with(REVOKE, json!({ "id": revoked })).await;
    plane.advance(TimeDelta::days(20));
    plane.record(eve, "gpt-5").await;
    plane.advance(TimeDelta::days(10));
    // It is 1 July. The used key is the newest of Eve, which is the revoked one.
    for (filter, expected) in [
        (
            json!({}),
            vec!["default", "default", "ended", "ending", "revoked"],
        ),
        (json!({ "userId": ada }), vec!["default", "ended", "ending"]),
        (
            json!({ "search": "ADA" }),
            vec!["default", "ended", "ending"],
        ),
        (
            json!({ "search": " " }),
            vec!["default", "default", "ended", "ending", "revoked"],
        ),
        (
            json!({ "states": ["ACTIVE"] }),
            vec!["default", "default", "ending"],
        ),
        (json!({ "states": ["EXPIRED"] }), vec!["ended"]),
        (
            json!({ "states": ["REVOKED", "EXPIRED"] }),
            vec!["ended", "revoked"],
        ),
        (json!({ "states": [] }), vec![]),
        (
            json!({ "unusedDays": 30 }),
            vec!["default", "default", "ended", "ending"],
        ),
        (json!({ "unusedDays": 31 }), vec![]),
        (
            json!({ "unusedDays": 10 }),
            vec!["default", "default", "ended", "ending", "revoked"],
        ),
        (json!({ "expiresWithinDays": 9 }), vec![]),
        (json!({ "expiresWithinDays": 10 }), vec!["ending"]),
        (json!({ "expiresWithinDays": 10, "userId": eve }), vec![]),
    ] {
        let page = list(&admin, json!({ "filter": filter })).await;
        let mut found = names(&page);
        found.sort();
        assert_eq!(found, expected, "{filter}");
        assert_eq!(page["totalCount"], expected.len(), "{filter}");
    }
}

#[tokio::test]
async fn filters_of_keys_have_bounds() {
    let plane = ControlPlane::start().await;
    let viewer = plane.script(Role::Viewer).await;

    for wrong in [
        json!({ "filter": { "unusedDays": 0 } }),
        json!({ "filter": { "unusedDays": 3651 } }),
        json!({ "filter": { "expiresWithinDays": -1 } }),
        json!({ "filter": { "expiresWithinDays": 2_147_483_647 } }),
        json!({ "first": 201 }),
        json!({ "after": "x" }),
        json!({ "after": "x", "order": { "field": "COST", "direction": "ASC" } }),
    ] {
        let answer = viewer.ask_with(LIST, wrong.clone()).await;
        assert_eq!(code(&answer), "BAD_USER_INPUT", "{wrong}: {answer}");
    }
    let unknown = json!({ "filter": { "userId": "x" } });
    assert_eq!(code(&viewer.ask_with(LIST, unknown).await), "NOT_FOUND");
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one scenario, step by step")]
async fn keys_are_ordered_by_time_and_by_recent_usage() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let price =
        "mutation($input: CreatePriceInput!) { createPrice(input: $input) { price { id } } }";
    let rates =
        json!({ "modelPattern": "dear", "inputPerMillion": "100", "outputPerMillion": "0" });
    assert_eq!(
        code(&admin.ask_with(price, json!({ "input": rates })).await),
        ""
    );
    let mut users = Vec::new();
    for (name, expires_at) in [
        ("many", Value::Null),
        ("costly", json!("2026-09-01T00:00:00Z")),
        ("idle", json!("2026-08-01T00:00:00Z")),
        ("once", Value::Null),
    ] {
        plane.advance(TimeDelta::minutes(1));
        let (user, _) = plane.key_holder(name).await;
        let [first] = &plane.services.api_keys.of_users(&[user]).await.unwrap()[..] else {
            panic!("one key")
        };
        let update = "mutation($id: ID!, $input: UpdateApiKeyInput!) { updateApiKey(id: $id, input: $input) { apiKey { id } } }";
        let input = json!({ "name": name, "expiresAt": expires_at });
        let done = admin
            .ask_with(update, json!({ "id": first.id, "input": input }))
            .await;
        assert_eq!(code(&done), "", "{done}");
        users.push(user);
    }
    // Usage before the last 30 days does not count.
    for _ in 0..9 {
        plane.record(users[2], "free").await;
    }
    plane.advance(TimeDelta::days(31));
    for (user, model, times) in [
        (users[3], "free", 1),
        (users[1], "dear", 2),
        (users[0], "free", 3),
    ] {
        plane.advance(TimeDelta::minutes(1));
        for _ in 0..times {
            plane.record(user, model).await;
        }
    }

    for (field, ascending) in [
        ("LAST_USED_AT", ["idle", "once", "costly", "many"]),
        ("CREATED_AT", ["many", "costly", "idle", "once"]),
        ("EXPIRES_AT", ["idle", "costly", "many", "once"]),
        ("TOKENS", ["idle", "once", "costly", "many"]),
        ("COST", ["many", "idle", "once", "costly"]),
    ] {
        for direction in ["ASC", "DESC"] {
            let mut expected = ascending.map(ToOwned::to_owned).to_vec();
            if direction == "DESC" {
                expected.reverse();
            }
            let order = json!({ "field": field, "direction": direction });
            let whole = list(&admin, json!({ "order": order })).await;
            assert_eq!(names(&whole), expected, "{order}");
            assert_eq!(walk(&admin, &order, false).await, expected, "{order}");
            assert_eq!(walk(&admin, &order, true).await, expected, "{order}");
        }
    }
}

/// Reads the list one at a time, from the start or from the end.
async fn walk(caller: &Caller, order: &Value, backwards: bool) -> Vec<String> {
    let (length, from, cursor, more) = if backwards {
        ("last", "before", "startCursor", "hasPreviousPage")
    } else {
        ("first", "after", "endCursor", "hasNextPage")
    };
    let (mut read, mut place) = (Vec::new(), Value::Null);
    loop {
        let page = list(caller, json!({ "order": order, length: 1, from: place })).await;
        read.extend(names(&page));
        place = page["pageInfo"][cursor].clone();
        if page["pageInfo"][more] == false {
            break;
        }
    }
    if backwards {
        read.reverse();
    }
    read
}

#[tokio::test]
async fn text_that_is_no_whole_key_is_refused_without_a_query() {
    let plane = ControlPlane::start().await;
    let viewer = plane.script(Role::Viewer).await;
    let (_, holder) = plane.key_holder("ada").await;
    let secret = holder.headers["authorization"].to_str().unwrap();
    let secret = secret.trim_start_matches("Bearer ");
    let mistyped = secret.replace("sk-ada-", "sk-eve-");
    let long = format!("sk-{}", "x".repeat(50_000));
    let query = "query($secret: String!) { apiKeyBySecret(secret: $secret) { id } }";
    let away = "ALTER TABLE api_key RENAME TO api_key_away";
    plane.db.writer().execute_unprepared(away).await.unwrap();

    for wrong in [
        "",
        "sk-",
        &secret[..20],
        &mistyped,
        &long,
        "canary of a password",
    ] {
        let answer = viewer.ask_with(query, json!({ "secret": wrong })).await;
        assert_eq!(code(&answer), "BAD_USER_INPUT", "{wrong}: {answer}");
        assert!(wrong.len() < 4 || !answer.to_string().contains(wrong));
    }
    let asked = viewer.ask_with(query, json!({ "secret": secret })).await;

    assert_eq!(code(&asked), "INTERNAL", "the table is away: {asked}");
    assert!(!asked.to_string().contains(secret));
}
