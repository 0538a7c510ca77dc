//! Lists: filters, orders, pages forwards and backwards.

use entity::admin::Role;
use serde_json::{Value, json};

use crate::support::{Caller, ControlPlane, code};

const USERS: &str = "query($order: UserOrder, $first: Int, $after: String, $last: Int, $before: String) {
    users(orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
        nodes { name } edges { cursor node { name } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount
    }
}";

#[tokio::test]
async fn pages_are_contiguous_in_every_order_and_direction() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    // The clock is stopped: all were created at the same time and differ only in their ids.
    for name in ["Bob", "ada", "carol", "Dave", "eve"] {
        plane.key_holder(name).await;
    }

    for field in ["NAME", "CREATED_AT", "LAST_USED_AT"] {
        for direction in ["ASC", "DESC"] {
            let order = json!({ "field": field, "direction": direction });
            let whole = names(&page(&admin, json!({ "order": order })).await);
            assert_eq!(whole.len(), 5);
            assert_eq!(
                walk(
                    &admin,
                    &order,
                    ("first", "after", "endCursor", "hasNextPage")
                )
                .await,
                whole
            );
            let backwards = walk(
                &admin,
                &order,
                ("last", "before", "startCursor", "hasPreviousPage"),
            )
            .await;
            assert_eq!(backwards, whole);
        }
    }
    let by_name = page(
        &admin,
        json!({ "order": { "field": "NAME", "direction": "ASC" } }),
    )
    .await;
    assert_eq!(names(&by_name), ["ada", "Bob", "carol", "Dave", "eve"]);
    assert_eq!(by_name["totalCount"], 5);
}

#[tokio::test]
async fn the_last_page_backwards_is_in_the_lists_order() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    for name in ["ada", "bob", "carol", "dave"] {
        plane.key_holder(name).await;
    }
    let order = json!({ "field": "NAME", "direction": "ASC" });

    let last = page(&admin, json!({ "order": order, "last": 2 })).await;
    let before = page(
        &admin,
        json!({ "order": order, "last": 2, "before": last["pageInfo"]["startCursor"] }),
    )
    .await;

    assert_eq!(names(&last), ["carol", "dave"]);
    assert_eq!(names(&before), ["ada", "bob"]);
    assert_eq!(before["pageInfo"]["hasPreviousPage"], false);
    assert_eq!(before["pageInfo"]["hasNextPage"], true);
}

#[tokio::test]
async fn a_page_has_bounds_and_one_direction() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;

    for wrong in [
        json!({ "first": 0 }),
        json!({ "first": 201 }),
        json!({ "first": -1 }),
        json!({ "last": 201 }),
        json!({ "first": 1, "last": 1 }),
        json!({ "after": "x" }),
        json!({ "first": 1, "before": "x" }),
    ] {
        assert_eq!(
            code(&admin.ask_with(USERS, wrong.clone()).await),
            "BAD_USER_INPUT",
            "{wrong}"
        );
    }
    let cursor = admin
        .ask("{ requests(after: \"x\") { nodes { id } } }")
        .await;
    assert_eq!(code(&cursor), "BAD_USER_INPUT");
    assert!(page(&admin, json!({ "first": 200 })).await.is_object());
}

#[tokio::test]
async fn a_search_matches_text_literally() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    for name in ["100% Ada", "1000 Eve"] {
        plane.key_holder(name).await;
    }

    let found = admin
        .ask("{ users(filter: { search: \"0% a\" }) { nodes { name } totalCount } }")
        .await;

    assert_eq!(
        found["data"]["users"],
        json!({ "nodes": [{ "name": "100% Ada" }], "totalCount": 1 })
    );
}

#[tokio::test]
async fn requests_are_listed_newest_first_and_filtered() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    let ((ada, _), (eve, _)) = (plane.key_holder("ada").await, plane.key_holder("eve").await);
    let first = plane.record(ada, "gpt-5").await;
    let second = plane.record(eve, "gpt-5").await;
    let third = plane.record(ada, "claude").await;
    let ids = |answer: &Value| {
        answer["data"]["requests"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| node["id"].clone())
            .collect::<Vec<_>>()
    };

    let page = admin
        .ask("{ requests(first: 2) { nodes { id } pageInfo { endCursor hasNextPage } } }")
        .await;
    let after = page["data"]["requests"]["pageInfo"]["endCursor"]
        .as_str()
        .unwrap();
    let rest = admin
        .ask(&format!(
            "{{ requests(after: \"{after}\") {{ nodes {{ id }} }} }}"
        ))
        .await;
    let of_ada = admin
        .ask(&format!(
            "{{ requests(filter: {{ userId: \"{ada}\", model: \"gpt-5\" }}) {{ nodes {{ id }} }} }}"
        ))
        .await;
    let of_unknown_user = admin
        .ask("{ requests(filter: { userId: \"x\" }) { nodes { id } } }")
        .await;

    assert_eq!(ids(&page), [json!(third), json!(second)]);
    assert_eq!(ids(&rest), [json!(first)]);
    assert_eq!(ids(&of_ada), [json!(first)]);
    assert_eq!(code(&of_unknown_user), "NOT_FOUND");
}

async fn page(caller: &Caller, variables: Value) -> Value {
    let answer = caller.ask_with(USERS, variables).await;
    assert_eq!(code(&answer), "", "{answer}");
    answer["data"]["users"].clone()
}

fn names(page: &Value) -> Vec<String> {
    let nodes = page["nodes"].as_array().unwrap();
    let edges = page["edges"].as_array().unwrap();
    assert_eq!(nodes.len(), edges.len());
    nodes
        .iter()
        .map(|node| node["name"].as_str().unwrap().to_owned())
        .collect()
}

/// Reads the list two at a time, page after page.
async fn walk(
    caller: &Caller,
    order: &Value,
    (length, from, cursor, more): (&str, &str, &str, &str),
) -> Vec<String> {
    let mut read = Vec::new();
    let mut place = Value::Null;
    loop {
        let page = page(caller, json!({ "order": order, length: 2, from: place })).await;
        let names = names(&page);
        if length == "last" {
            read.splice(0..0, names);
        } else {
            read.extend(names);
        }
        if page["pageInfo"][more] == false {
            return read;
        }
        place = page["pageInfo"][cursor].clone();
    }
}
