//! Prices: set, listed, and shown on requests.

use chrono::TimeDelta;
use entity::{admin::Role, request};
use proxypal_server::domain::prices::PriceFilter;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use crate::support::{Caller, ControlPlane, code};

const CREATE: &str = "mutation($input: CreatePriceInput!) { createPrice(input: $input) { price {
    id provider modelPattern effectiveFrom inputPerMillion cacheReadPerMillion cacheWritePerMillion
    outputPerMillion reasoningPerMillion perRequest source createdAt } } }";
const LIST: &str = "query($filter: PriceFilter, $first: Int, $after: String) {
    prices(filter: $filter, first: $first, after: $after) {
        nodes { id modelPattern effectiveFrom inputPerMillion source }
        pageInfo { hasNextPage endCursor } totalCount } }";

#[tokio::test]
async fn a_price_is_exact_to_the_last_decimal() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;

    let price = created(
        &admin,
        json!({
            "modelPattern": " Acme-** ", "provider": "OPENAI_COMPATIBLE",
            "effectiveFrom": "2027-03-04T00:00:00+01:00",
            "inputPerMillion": "0.01875", "cacheReadPerMillion": "0",
            "cacheWritePerMillion": "0.5", "outputPerMillion": "999999.999999999",
            "reasoningPerMillion": "3.50", "perRequest": "0.000000001", "source": "a contract",
        }),
    )
    .await;

    let now = price["createdAt"].clone();
    assert_eq!(
        price,
        json!({
            "id": price["id"], "provider": "OPENAI_COMPATIBLE", "modelPattern": "acme-*",
            "effectiveFrom": "2027-03-03T23:00:00Z", "inputPerMillion": "0.01875",
            "cacheReadPerMillion": "0", "cacheWritePerMillion": "0.5",
            "outputPerMillion": "999999.999999999", "reasoningPerMillion": "3.5",
            "perRequest": "0.000000001", "source": "a contract", "createdAt": now,
        })
    );
}

#[tokio::test]
async fn omitted_rates_default_to_input_and_output_from_now_on() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;

    let price = created(&admin, acme("2")).await;

    for (field, amount) in [
        ("cacheReadPerMillion", "2"),
        ("cacheWritePerMillion", "2"),
        ("reasoningPerMillion", "8"),
        ("perRequest", "0"),
    ] {
        assert_eq!(price[field], amount, "{field}");
    }
    assert_eq!(price["provider"], Value::Null);
    assert_eq!(price["effectiveFrom"], price["createdAt"]);
}

#[tokio::test]
async fn a_price_is_superseded_and_never_edited() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    created(&admin, acme("1")).await;

    let twice = admin.ask_with(CREATE, json!({ "input": acme("2") })).await;
    plane.advance(TimeDelta::seconds(1));
    created(&admin, acme("2")).await;

    assert_eq!(code(&twice), "CONFLICT", "{twice}");
    let listed = |in_force: Value| {
        let filter = json!({ "model": "acme", "inForce": in_force });
        list(&admin, json!({ "filter": filter }))
    };
    assert_eq!(amounts(&listed(Value::Null).await), ["2", "1"]);
    assert_eq!(amounts(&listed(json!(true)).await), ["2"]);
    assert_eq!(amounts(&listed(json!(false)).await), ["1"]);
}

#[tokio::test]
async fn invalid_prices_are_rejected() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;

    for (field, value) in [
        ("modelPattern", json!(" ")),
        ("modelPattern", json!("x".repeat(201))),
        ("inputPerMillion", json!("-1")),
        ("cacheReadPerMillion", json!("-0.000000001")),
        ("outputPerMillion", json!("1000000")),
        ("perRequest", json!("99999999999999999999")),
        ("reasoningPerMillion", json!("0.0000000001")),
        ("inputPerMillion", json!("NaN")),
        ("inputPerMillion", json!(1.5)),
        ("provider", json!("ACME")),
        ("effectiveFrom", json!("1969-12-31T23:59:59Z")),
        ("source", json!("bundled 2999-01-01")),
        ("source", json!("x".repeat(201))),
    ] {
        let mut input = acme("1");
        input[field] = value;
        let answer = admin.ask_with(CREATE, json!({ "input": input })).await;
        assert_eq!(code(&answer), "BAD_USER_INPUT", "{input}: {answer}");
    }
    assert_eq!(
        list(&admin, json!({ "filter": { "model": "acme" } })).await["totalCount"],
        0
    );
}

#[tokio::test]
async fn the_bundled_prices_are_listed_from_the_start_in_pages() {
    let plane = ControlPlane::start().await;
    let viewer = plane.script(Role::Viewer).await;
    let (mut read, mut after) = (Vec::new(), Value::Null);

    let total = loop {
        let page = list(&viewer, json!({ "first": 60, "after": after })).await;
        read.extend(page["nodes"].as_array().unwrap().clone());
        if page["pageInfo"]["hasNextPage"] == false {
            break page["totalCount"].clone();
        }
        after = page["pageInfo"]["endCursor"].clone();
    };

    assert_eq!(total, read.len());
    assert!(read.len() > 100);
    assert!(read.is_sorted_by_key(|price| price["modelPattern"].as_str().unwrap().to_owned()));
    let fitting = json!({ "model": "Claude-Sonnet-4-5-20250929", "inForce": true });
    let sonnet = list(&viewer, json!({ "filter": fitting })).await;
    assert_eq!(amounts(&sonnet), ["3"]);
    assert_eq!(sonnet["nodes"][0]["effectiveFrom"], "1970-01-01T00:00:00Z");
    let source = sonnet["nodes"][0]["source"].as_str().unwrap();
    assert!(source.starts_with("bundled 2"), "{source}");
    let wrong = viewer.ask_with(LIST, json!({ "after": "x" })).await;
    assert_eq!(code(&wrong), "BAD_USER_INPUT");
}

#[tokio::test]
async fn a_request_shows_its_cost_and_price() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, _) = plane.key_holder("ada").await;
    let id = plane.record(ada, "acme-1").await;
    let price = created(&admin, acme("1")).await;
    let ask = format!("{{ request(id: \"{id}\") {{ cost unpriced price {{ id }} }} }}");

    settle(&plane, id, None, None).await;
    let unpriced = admin.ask(&ask).await;
    settle(&plane, id, price["id"].as_str(), Some(18_750_001)).await;
    let priced = admin.ask(&ask).await;

    assert_eq!(
        unpriced["data"]["request"],
        json!({ "cost": null, "unpriced": true, "price": null })
    );
    assert_eq!(
        priced["data"]["request"],
        json!({ "cost": "0.018750001", "unpriced": false, "price": { "id": price["id"] } })
    );
}

#[tokio::test]
async fn a_new_price_is_listed_immediately() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let prices = &plane.services.prices;
    let before = prices.count(&PriceFilter::default());

    let price = created(&admin, acme("1")).await;

    let now = price["createdAt"].as_str().unwrap().parse().unwrap();
    let current = prices.current();
    let found = current.find("ACME-1", None, now).unwrap();
    assert_eq!(json!(found.id), price["id"]);
    assert_eq!(prices.count(&PriceFilter::default()), before + 1);
}

fn acme(input: &str) -> Value {
    json!({ "modelPattern": "acme-*", "inputPerMillion": input, "outputPerMillion": "8" })
}

async fn created(admin: &Caller, input: Value) -> Value {
    let answer = admin.ask_with(CREATE, json!({ "input": input })).await;
    assert_eq!(code(&answer), "", "{answer}");
    answer["data"]["createPrice"]["price"].clone()
}

async fn list(caller: &Caller, variables: Value) -> Value {
    let answer = caller.ask_with(LIST, variables).await;
    assert_eq!(code(&answer), "", "{answer}");
    answer["data"]["prices"].clone()
}

fn amounts(page: &Value) -> Vec<&str> {
    let nodes = page["nodes"].as_array().unwrap().iter();
    nodes
        .map(|price| price["inputPerMillion"].as_str().unwrap())
        .collect()
}

/// Writes what settling a request writes.
async fn settle(plane: &ControlPlane, id: uuid::Uuid, price: Option<&str>, cost: Option<i64>) {
    let settled = request::ActiveModel {
        price_id: Set(price.map(|id| id.parse().unwrap())),
        cost: Set(cost),
        ..Default::default()
    };
    request::Entity::update_many()
        .set(settled)
        .filter(request::Column::Id.eq(id))
        .exec(plane.db.writer())
        .await
        .unwrap();
}
