//! The forecast of the month and its budget.

use chrono::TimeDelta;
use entity::admin::Role;
use proxypal_server::domain::tokens::Tokens;
use serde_json::{Value, json};

use super::{Book, record};
use crate::support::{code, test_context};

const FORECAST: &str =
    "forecast { from to spent days meanPerDay expected budget unlimitedUsers budgetReachedOn }";

/// Sets the quotas of a user in the notation of GraphQL.
async fn set_quotas(book: &Book, user_id: uuid::Uuid, quotas: &str) {
    let script = book.plane.script(Role::Admin).await;
    let set = format!(
        "mutation {{ setQuotas(input: {{ userId: \"{user_id}\", quotas: [{quotas}] }}) {{ user {{ id }} }} }}"
    );
    let answer = script.ask(&set).await;
    assert_eq!(code(&answer), "", "{answer}");
}

async fn forecast(book: &Book, arguments: &str) -> Value {
    let query = format!("{{ usage{arguments} {{ {FORECAST} }} }}");
    let answer = book.admin.ask(&query).await;
    let forecast = answer["data"]["usage"]["forecast"].clone();
    assert!(forecast.is_object(), "{answer}");
    forecast
}

/// A million tokens each at noon of this many days before today, at $1.25.
async fn spend(book: &mut Book, days: impl IntoIterator<Item = i64>) {
    let now = book.plane.services.clock.now();
    for day in days {
        let mut record = record(book.user_id, book.api_key_id, now - TimeDelta::days(day));
        record.tokens = Some(Tokens {
            input: 1_000_000,
            ..Tokens::default()
        });
        book.write(record).await;
    }
}

#[tokio::test]
async fn a_forecast_needs_three_days_and_reaches_the_budget_of_those_who_have_one() {
    // The clock shows noon of the first of June.
    let mut book = Book::open().await;
    spend(&mut book, [0, 1, 2]).await;
    let little = forecast(&book, "").await;
    spend(&mut book, [3, 4]).await;
    let (eve, _) = book.plane.key_holder("eve").await;
    let (gone, _) = book.plane.key_holder("gone").await;
    let ada = book.user_id;
    let monthly = "{ metric: COST, limit: \"20\", window: MONTH, timezone: \"UTC\" }";
    let others = "{ metric: COST, limit: \"1\", window: DAY, timezone: \"UTC\" },
        { metric: COST, limit: \"1\", window: MONTH, timezone: \"UTC\", modelPattern: \"x*\" },
        { metric: COST, limit: \"30\", window: MONTH, timezone: \"Asia/Tokyo\" }";
    set_quotas(&book, ada, &format!("{monthly}, {others}")).await;
    set_quotas(&book, gone, monthly).await;
    let users = &book.plane.services.users;
    users.archive(test_context(), gone).await.unwrap();

    let all = forecast(&book, "").await;
    let of_ada = forecast(&book, &format!("(filter: {{ userId: \"{ada}\" }})")).await;
    let of_eve = forecast(&book, &format!("(filter: {{ userId: \"{eve}\" }})")).await;
    let of_model = forecast(&book, "(filter: { model: \"gpt-5\" })").await;
    let key = book.api_key_id;
    let of_key = forecast(&book, &format!("(filter: {{ apiKeyId: \"{key}\" }})")).await;

    assert_eq!(little["days"], 2);
    assert_eq!(little["spent"], "1.25");
    assert_eq!(little["expected"], Value::Null);
    assert_eq!(little["meanPerDay"], Value::Null);
    // $1.25 on each of four whole days and today; 29.5 days are left.
    assert_eq!(
        all,
        json!({
            "from": "2026-06-01T00:00:00Z", "to": "2026-07-01T00:00:00Z", "spent": "1.25", "days": 4,
            "meanPerDay": "1.25", "expected": "38.125", "budget": "20", "unlimitedUsers": 1,
            "budgetReachedOn": "2026-06-16T00:00:00Z"
        })
    );
    assert_eq!(of_ada["budget"], "20");
    assert_eq!(of_ada["unlimitedUsers"], 0);
    assert_eq!(of_key["budget"], "20");
    assert_eq!(of_eve["budget"], Value::Null);
    assert_eq!(of_eve["expected"], Value::Null);
    assert_eq!(of_model["budget"], Value::Null);
    assert_eq!(of_model["expected"], "38.125");
}

#[tokio::test]
async fn the_month_of_a_forecast_follows_the_time_zone_and_not_the_range() {
    let mut book = Book::open().await;
    spend(&mut book, [1]).await;

    let range = "(range: { preset: LAST_7_DAYS }, timezone: \"Pacific/Kiritimati\")";
    let there = forecast(&book, range).await;

    // It is two in the morning of the second of June there.
    assert_eq!(there["from"], "2026-05-31T10:00:00Z");
    assert_eq!(there["to"], "2026-06-30T10:00:00Z");
    // Noon of the last of May in UTC is two in the morning of the first of June there.
    assert_eq!(there["spent"], "1.25");
}
