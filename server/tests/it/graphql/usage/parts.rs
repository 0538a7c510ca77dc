//! Usage by two dimensions.

use std::collections::BTreeMap;

use proxypal_server::domain::tokens::Tokens;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Book, record};
use crate::support::code;

const RANGE: &str = "range: { from: \"2026-05-01T00:00:00Z\", to: \"2026-05-04T00:00:00Z\" }";
const SUMS: &str = "key totals { requests tokens { total } }";

/// Three users with a key each, who use models `m0` to `m4` in different amounts over days and odd hours.
async fn three_users() -> (Book, BTreeMap<(String, String), i64>) {
    let mut book = Book::open().await;
    let mut users = vec![(book.user_id, book.api_key_id)];
    for name in ["eve", "bob"] {
        let (id, _) = book.plane.key_holder(name).await;
        let keys = book.plane.services.api_keys.of_users(&[id]).await.unwrap();
        users.push((id, keys[0].id));
    }
    let mut expected = BTreeMap::new();
    for (number, (user_id, api_key_id)) in (1_i64..).zip(users) {
        for model in 0..5 {
            let at = format!("2026-05-0{}T0{model}:{}7:00Z", 1 + model % 3, number);
            let mut record = record(user_id, api_key_id, at.parse().unwrap());
            let name = format!("m{model}");
            let input = number * 100 + model * 7;
            record.model = Some(name.clone());
            record.tokens = Some(Tokens {
                input,
                ..Tokens::default()
            });
            expected.insert((user_id.to_string(), name), input);
            book.write(record).await;
        }
    }
    // Outside of the range.
    book.at("2026-05-04T00:00:00Z").await;
    (book, expected)
}

async fn breakdown(book: &Book, arguments: &str, breakdown: &str) -> Vec<Value> {
    let query = format!("{{ usage({arguments}) {{ breakdown({breakdown} }} }}");
    let answer = book.admin.ask(&query).await;
    let rows = answer["data"]["usage"]["breakdown"].as_array();
    rows.unwrap_or_else(|| panic!("{answer}")).clone()
}

fn tokens(value: &Value) -> i64 {
    value["tokens"]["total"].as_i64().unwrap()
}

#[tokio::test]
async fn parts_and_the_other_parts_add_up_to_their_group() {
    let (book, expected) = three_users().await;
    let parts = format!(
        "parts(by: MODEL, first: 2, orderBy: TOKENS) {{ slices {{ {SUMS} label previous {{ requests }} }} \
         other {{ requests tokens {{ total }} }} otherCount }}"
    );

    let rows = breakdown(
        &book,
        RANGE,
        &format!("by: USER, orderBy: TOKENS) {{ {SUMS} {parts} }}"),
    )
    .await;

    assert_eq!(rows.len(), 3);
    for row in &rows {
        let user = row["key"].as_str().unwrap().to_owned();
        let of = |model: &str| expected[&(user.clone(), model.to_owned())];
        let part = |model: &str| {
            json!({
                "key": model, "label": model, "previous": null,
                "totals": { "requests": 1, "tokens": { "total": of(model) } }
            })
        };
        assert_eq!(
            row["parts"]["slices"],
            json!([part("m4"), part("m3")]),
            "{row}"
        );
        let other = of("m0") + of("m1") + of("m2");
        assert_eq!(
            row["parts"]["other"],
            json!({ "requests": 3, "tokens": { "total": other } })
        );
        assert_eq!(row["parts"]["otherCount"], 3);
        assert_eq!(tokens(&row["totals"]), of("m4") + of("m3") + other);
    }
}

#[tokio::test]
async fn every_pair_of_dimensions_adds_up() {
    let (book, expected) = three_users().await;
    let all: i64 = expected.values().sum();
    let dimensions = ["USER", "API_KEY", "PROVIDER", "ACCOUNT", "MODEL"];

    for by in dimensions {
        let pairs = dimensions.iter().filter(|then| **then != by);
        let parts = pairs.map(|then| {
            format!(
                "{then}: parts(by: {then}, first: 2) {{ slices {{ {SUMS} }} other {{ tokens {{ total }} }} }}"
            )
        });
        let parts = parts.collect::<Vec<_>>().join(" ");
        let rows = breakdown(&book, RANGE, &format!("by: {by}) {{ {SUMS} {parts} }}")).await;
        let sum: i64 = rows.iter().map(|row| tokens(&row["totals"])).sum();
        assert_eq!(sum, all, "{by}");
        for row in &rows {
            for then in dimensions.iter().filter(|then| **then != by) {
                let parts = &row[*then];
                let slices = parts["slices"].as_array().unwrap().iter();
                let slices: i64 = slices.map(|slice| tokens(&slice["totals"])).sum();
                let whole = slices + tokens(&parts["other"]);
                assert_eq!(whole, tokens(&row["totals"]), "{by} {then}: {row}");
            }
        }
    }
}

#[tokio::test]
async fn a_filter_and_keys_restrict_the_groups_and_their_parts() {
    let (book, expected) = three_users().await;
    let (user, key) = (book.user_id, book.api_key_id);
    let of_ada = |model: &str| expected[&(user.to_string(), model.to_owned())];
    let parts = format!("{SUMS} parts(by: MODEL) {{ slices {{ {SUMS} }} otherCount }}");

    let one = breakdown(
        &book,
        RANGE,
        &format!("by: USER, keys: [\"{user}\"]) {{ {parts} }}"),
    )
    .await;
    let filtered = format!("{RANGE}, filter: {{ apiKeyId: \"{key}\", model: \"m2\" }}");
    let filtered = breakdown(&book, &filtered, &format!("by: API_KEY) {{ {parts} }}")).await;
    let unknown = format!("by: ACCOUNT, keys: [\"\"]) {{ {parts} }}");
    let unknown = breakdown(&book, RANGE, &unknown).await;
    let none = breakdown(&book, RANGE, "by: USER, keys: []) { key }").await;

    assert_eq!(one.len(), 1);
    assert_eq!(one[0]["parts"]["slices"].as_array().unwrap().len(), 5);
    assert_eq!(filtered.len(), 1);
    let slices = filtered[0]["parts"]["slices"].as_array().unwrap();
    assert_eq!(slices.len(), 1);
    assert_eq!(tokens(&slices[0]["totals"]), of_ada("m2"));
    assert_eq!(unknown.len(), 1);
    assert_eq!(unknown[0]["key"], "");
    assert_eq!(unknown[0]["parts"]["slices"].as_array().unwrap().len(), 5);
    assert!(none.is_empty());
}

#[tokio::test]
async fn invalid_parts_are_rejected_and_accounts_are_hidden_from_end_users() {
    let book = Book::open().await;
    book.plane.record(book.user_id, "gpt-5").await;
    let (eve, holder) = book.plane.key_holder("eve").await;
    book.plane.record(eve, "gpt-5").await;

    for parts in [
        "parts(by: USER) { otherCount }",
        "parts(by: MODEL, first: 0) { otherCount }",
        "parts(by: MODEL, first: 51) { otherCount }",
    ] {
        let query = format!("{{ usage {{ breakdown(by: USER) {{ {parts} }} }} }}");
        assert_eq!(
            code(&book.admin.ask(&query).await),
            "BAD_USER_INPUT",
            "{parts}"
        );
    }
    let keys = vec![format!("\"{}\"", Uuid::nil()); 201].join(", ");
    let query = format!("{{ usage {{ breakdown(by: USER, keys: [{keys}]) {{ key }} }} }}");
    assert_eq!(code(&book.admin.ask(&query).await), "BAD_USER_INPUT");
    let own = |by: &str| {
        format!(
            "{{ viewer {{ ... on KeyHolder {{ user {{ usage {{ breakdown(by: USER) {{ \
             parts(by: {by}) {{ slices {{ totals {{ requests }} }} }} }} }} }} }} }} }}"
        )
    };
    let answer = holder.ask(&own("MODEL")).await;
    let parts = &answer["data"]["viewer"]["user"]["usage"]["breakdown"][0]["parts"];
    assert_eq!(
        parts["slices"],
        json!([{ "totals": { "requests": 1 } }]),
        "{answer}"
    );
    assert_eq!(code(&holder.ask(&own("ACCOUNT")).await), "FORBIDDEN");
}
