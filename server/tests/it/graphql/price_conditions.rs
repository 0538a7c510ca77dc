//! Prices that depend on the lifetime of cache writes, the size of the prompt and the service tier.

use entity::admin::Role;
use proxypal_server::domain::{engine_usage::EngineUsage, requests::RequestRecord, tokens::Tokens};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Caller, ControlPlane, code, completed, eventually};

const RATES: &str = "inputPerMillion cacheReadPerMillion cacheWritePerMillion cacheWrite1hPerMillion \
    outputPerMillion reasoningPerMillion";
const CALCULATION: &str =
    "cost cacheWrite1hTokens requestedServiceTier serviceTier costCalculation {
    tier promptTokens perRequest parts { kind tokens ratePerMillion above cost } }";

/// Creates a price; the answer.
async fn create(admin: &Caller, input: Value) -> Value {
    let query = format!(
        "mutation($input: CreatePriceInput!) {{ createPrice(input: $input) {{ price {{
            {RATES} longPromptRule longPrompts {{ above {RATES} }}
            serviceTiers {{ tier {RATES} longPrompts {{ above {RATES} }} }} }} }} }}"
    );
    admin.ask_with(&query, json!({ "input": input })).await
}

fn acme() -> Value {
    json!({
        "modelPattern": "acme", "inputPerMillion": "3", "outputPerMillion": "15", "cacheReadPerMillion": "0.3",
        "cacheWritePerMillion": "3.75", "cacheWrite1hPerMillion": "6", "perRequest": "0.5",
        "longPrompts": [{ "above": 200_000, "inputPerMillion": "6", "outputPerMillion": "22.5" }],
        "serviceTiers": [
            { "tier": "BATCH", "multiplier": "0.5" },
            { "tier": "PRIORITY", "inputPerMillion": "9",
                "longPrompts": [{ "above": 100_000, "inputPerMillion": "18" }] },
        ],
    })
}

#[tokio::test]
async fn a_price_with_long_prompts_and_service_tiers_is_read_back() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;

    let answer = create(&admin, acme()).await;

    let rates = |input: &str, cached: [&str; 3], output: &str| {
        json!({
            "inputPerMillion": input, "cacheReadPerMillion": cached[0], "cacheWritePerMillion": cached[1],
            "cacheWrite1hPerMillion": cached[2], "outputPerMillion": output, "reasoningPerMillion": output,
        })
    };
    let with = |mut rates: Value, field: &str, value: Value| {
        rates[field] = value;
        rates
    };
    let cached = ["0.3", "3.75", "6"];
    let mut expected = rates("3", cached, "15");
    expected["longPromptRule"] = json!("WHOLE_REQUEST");
    expected["longPrompts"] = json!([with(rates("6", cached, "22.5"), "above", json!(200_000))]);
    let mut priority = with(rates("9", cached, "15"), "tier", json!("PRIORITY"));
    priority["longPrompts"] = json!([with(rates("18", cached, "15"), "above", json!(100_000))]);
    let half = ["0.15", "1.875", "3"];
    let mut batch = with(rates("1.5", half, "7.5"), "tier", json!("BATCH"));
    batch["longPrompts"] = json!([with(rates("3", half, "11.25"), "above", json!(200_000))]);
    expected["serviceTiers"] = json!([priority, batch]);
    assert_eq!(answer["data"]["createPrice"]["price"], expected, "{answer}");
}

#[tokio::test]
async fn contradictory_conditions_are_rejected() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;

    for (field, value) in [
        (
            "longPrompts",
            json!([{ "above": 0, "inputPerMillion": "6" }]),
        ),
        (
            "longPrompts",
            json!([{ "above": 9, "inputPerMillion": "1" }]),
        ),
        (
            "longPrompts",
            json!([{ "above": 9, "inputPerMillion": "-6" }]),
        ),
        ("longPrompts", json!([{ "above": 9 }, { "above": 9 }])),
        ("serviceTiers", json!([{ "tier": "STANDARD" }])),
        (
            "serviceTiers",
            json!([{ "tier": "FLEX" }, { "tier": "FLEX" }]),
        ),
        (
            "serviceTiers",
            json!([{ "tier": "FLEX", "multiplier": "half" }]),
        ),
        (
            "serviceTiers",
            json!([{ "tier": "FLEX", "multiplier": "0.5", "inputPerMillion": "1" }]),
        ),
        ("longPromptRule", json!("PART_ABOVE")),
        ("cacheWrite1hPerMillion", json!("-1")),
    ] {
        let mut input = acme();
        input[field] = value;
        let answer = create(&admin, input.clone()).await;
        assert_eq!(code(&answer), "BAD_USER_INPUT", "{input}: {answer}");
    }
}

/// A request with these tokens and tiers, once it is stored.
async fn request(
    plane: &ControlPlane,
    tokens: Tokens,
    requested: Option<&str>,
    served: Option<&str>,
) -> Uuid {
    let (user_id, _) = plane.key_holder("ada").await;
    let keys = plane.services.api_keys.of_users(&[user_id]).await.unwrap();
    let record = RequestRecord {
        model: Some("acme".to_owned()),
        tokens: Some(tokens),
        requested_service_tier: requested.map(str::to_owned),
        service_tier: served.map(str::to_owned),
        ..completed(user_id, keys[0].id, plane.services.clock.now())
    };
    let id = record.id;
    let permit = plane.handles.recorder.permit().await.unwrap();
    permit.record(record);
    eventually("the row", async || {
        plane.services.requests.find(id).await.unwrap()
    })
    .await;
    id
}

async fn calculation(caller: &Caller, id: Uuid) -> Value {
    let answer = caller
        .ask(&format!("{{ request(id: \"{id}\") {{ {CALCULATION} }} }}"))
        .await;
    answer["data"]["request"].clone()
}

#[tokio::test]
async fn the_calculation_of_a_cost_names_the_tier_and_each_part_with_its_rate() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    create(&admin, acme()).await;
    let tokens = Tokens {
        input: 1_000,
        cache_read: 190_000,
        cache_write: 10_000,
        cache_write_1h: 4_000,
        output: 100,
        reasoning: 0,
        ..Tokens::default()
    };

    let id = request(&plane, tokens, Some("auto"), Some("scale")).await;

    let part = |kind: &str, tokens: u32, rate: &str, cost: &str| json!({ "kind": kind, "tokens": tokens, "ratePerMillion": rate, "above": 200_000, "cost": cost });
    assert_eq!(
        calculation(&admin, id).await,
        json!({
            "cost": "0.61175", "cacheWrite1hTokens": 4_000, "requestedServiceTier": "auto", "serviceTier": "scale",
            "costCalculation": {
                "tier": "STANDARD", "promptTokens": 201_000, "perRequest": "0.5",
                "parts": [
                    part("CACHE_READ", 190_000, "0.3", "0.057"),
                    part("CACHE_WRITE_1H", 4_000, "6", "0.024"),
                    part("CACHE_WRITE", 6_000, "3.75", "0.0225"),
                    part("INPUT", 1_000, "6", "0.006"),
                    part("OUTPUT", 100, "22.5", "0.00225"),
                ],
            },
        })
    );
}

#[tokio::test]
async fn the_tier_that_the_engine_reports_changes_the_cost() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    create(&admin, acme()).await;
    let tokens = Tokens {
        input: 1_000,
        ..Tokens::default()
    };
    let id = request(&plane, tokens, Some("priority"), None).await;
    // Without a report, the requested tier counts.
    assert_eq!(calculation(&admin, id).await["cost"], "0.509");

    let report = EngineUsage {
        request_id: id,
        provider: None,
        account_id: None,
        failed: false,
        status: None,
        message: None,
        tokens: Some(tokens),
        service_tier: Some("default".to_owned()),
    };
    plane.handles.reports.send(report).await.unwrap();

    eventually("the report", async || {
        let row = calculation(&admin, id).await;
        (row["serviceTier"] == "default").then_some(())
    })
    .await;
    let row = calculation(&admin, id).await;
    assert_eq!(row["cost"], "0.503");
    assert_eq!(row["costCalculation"]["tier"], "STANDARD");
}
