//! Parsing of the lists of `LiteLLM` and models.dev.

use entity::price::{self, ServiceTier};
use serde_json::{Value, json};

use super::*;
use crate::domain::prices::{PricedUsage, cost, new_price::Defaults};
use crate::domain::tokens::Tokens;

fn day() -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(2026, 7, 24)
}

fn rows(list: &Value) -> Vec<price::Model> {
    let table = PriceTable::read_any(&list.to_string(), day()).unwrap();
    let defaults = Defaults {
        effective_from: table.begins(),
        source: table.source.clone(),
        created_at: table.begins(),
    };
    let rows = table.prices.iter().map(|new| new.check(&defaults));
    rows.collect::<Result<_>>().unwrap()
}

fn refusal(list: &Value, date: Option<NaiveDate>) -> String {
    let refused = PriceTable::read_any(&list.to_string(), date);
    refused.unwrap_err().to_string()
}

fn litellm() -> Value {
    json!({
        "sample_spec": { "litellm_provider": "one of the providers", "mode": "one of: chat, embedding" },
        "claude-large": {
            "litellm_provider": "anthropic", "mode": "chat", "max_tokens": 64000,
            "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
            "cache_read_input_token_cost": 3e-07, "cache_creation_input_token_cost": 3.75e-06,
            "cache_creation_input_token_cost_above_1hr": 6e-06,
            "input_cost_per_token_above_200k_tokens": 6e-06, "output_cost_per_token_above_200k_tokens": 2.25e-05,
            "cache_read_input_token_cost_above_200k_tokens": 6e-07,
            "cache_creation_input_token_cost_above_200k_tokens": 7.5e-06,
            "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1.2e-05,
            "provider_specific_entry": { "fast": 6.0, "us": 1.1 }
        },
        "openai/gpt": {
            "litellm_provider": "openai", "mode": "responses",
            "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1.5e-05,
            "cache_read_input_token_cost": 2.5e-07,
            "input_cost_per_token_priority": 5e-06, "output_cost_per_token_priority": 3e-05,
            "input_cost_per_token_flex": 1.25e-06, "output_cost_per_token_batches": 7.5e-06,
            "input_cost_per_token_above_200k_tokens_priority": 7.2e-06,
            "cache_creation_input_token_cost_above_200k_tokens": 2.5e-07
        },
        "embedding": { "litellm_provider": "openai", "mode": "embedding", "input_cost_per_token": 1e-07 },
        "reseller/claude-large": {
            "litellm_provider": "openrouter", "mode": "chat", "input_cost_per_token": 9e-06, "output_cost_per_token": 9e-06
        }
    })
}

fn priced(row: &price::Model, tier: ServiceTier, tokens: Tokens) -> i64 {
    cost(row, PricedUsage { tokens, tier })
}

#[test]
fn the_list_of_litellm_is_read_with_lifetimes_long_prompts_and_tiers() {
    let rows = rows(&litellm());

    let names: Vec<_> = rows.iter().map(|row| row.model_pattern.as_str()).collect();
    assert_eq!(names, ["claude-large", "gpt"]);
    let claude = &rows[0];
    assert_eq!(claude.cache_write_1h_per_million, Some(6_000_000_000));
    let written = Tokens {
        input: 1_000,
        cache_write: 200_000,
        cache_write_1h: 200_000,
        ..Tokens::default()
    };
    // Above 200,000 tokens: $6 and $12.
    let expected = 1_000 * 6_000 + 200_000 * 12_000;
    assert_eq!(priced(claude, ServiceTier::Standard, written), expected);
    let short = Tokens {
        output: 1_000,
        ..Tokens::default()
    };
    assert_eq!(priced(claude, ServiceTier::Fast, short), 1_000 * 15_000 * 6);
    let gpt = &rows[1];
    assert_eq!(priced(gpt, ServiceTier::Priority, short), 1_000 * 30_000);
    assert_eq!(priced(gpt, ServiceTier::Flex, short), 1_000 * 15_000);
    assert_eq!(priced(gpt, ServiceTier::Batch, short), 1_000 * 7_500);
}

#[test]
fn the_list_of_models_dev_is_read_with_long_prompts_and_tiers() {
    let rows = rows(&json!({
        "openai": { "id": "openai", "models": {
            "gpt": {
                "cost": {
                    "input": 2.5, "output": 15, "cache_read": 0.25,
                    "tiers": [{ "input": 5, "output": 22.5, "cache_read": 0.5, "tier": { "type": "context", "size": 272_000 } }],
                    "context_over_200k": { "input": 5, "output": 22.5 }
                },
                "experimental": { "modes": { "fast": {
                    "cost": { "input": 5, "output": 30, "cache_read": 0.5 },
                    "provider": { "body": { "service_tier": "priority" } }
                } } }
            },
            "free": { "name": "Free" }
        } },
        "google": { "models": { "gemini": { "cost": {
            "input": 1.25, "output": 10, "context_over_200k": { "input": 2.5, "output": 15 }
        } } } },
        "reseller": { "models": { "gpt": { "cost": { "input": 9, "output": 9 } } } }
    }));

    let names: Vec<_> = rows.iter().map(|row| row.model_pattern.as_str()).collect();
    assert_eq!(names, ["gpt", "gemini"]);
    let input = |tokens| Tokens {
        input: tokens,
        ..Tokens::default()
    };
    let standard = ServiceTier::Standard;
    assert_eq!(priced(&rows[0], standard, input(272_000)), 272_000 * 2_500);
    assert_eq!(priced(&rows[0], standard, input(272_001)), 272_001 * 5_000);
    assert_eq!(
        priced(&rows[0], ServiceTier::Priority, input(1_000)),
        1_000 * 5_000
    );
    assert_eq!(priced(&rows[1], standard, input(200_001)), 200_001 * 2_500);
}

#[test]
fn a_list_without_a_date_needs_one() {
    let message = refusal(&litellm(), None);

    assert!(message.contains("this list has no date"), "{message}");
}

#[test]
fn an_invalid_price_is_named() {
    for (key, value) in [
        ("input_cost_per_token", json!(-1e-06)),
        ("output_cost_per_token_flex", json!("free")),
        ("cache_read_input_token_cost", json!(1e30)),
    ] {
        let mut list = litellm();
        list["claude-large"][key] = value;
        let message = refusal(&list, day());
        assert!(message.starts_with("claude-large: "), "{message}");
        assert!(message.contains(key), "{message}");
    }
}

#[test]
fn other_documents_are_refused_as_price_tables() {
    for list in [
        json!([]),
        json!({}),
        json!({ "a": { "models": 1 }, "b": 2 }),
        json!({ "x": { "models": {} } }),
    ] {
        let message = refusal(&list, day());
        assert!(!message.is_empty(), "{list}");
    }
}

#[test]
fn images_and_videos_have_the_price_of_their_dearest_size() {
    let maker = |mode: &str, mut entry: Value| {
        entry["litellm_provider"] = json!("xai");
        entry["mode"] = json!(mode);
        entry
    };
    let image = |entry| maker("image_generation", entry);
    let video = |entry| maker("video_generation", entry);
    let list = json!({
        "xai/picture": image(json!({"input_cost_per_image": 0.06})),
        "low/1024-x-1024/picture": image(json!({"input_cost_per_image": 0.04})),
        "of-tokens": image(json!({"input_cost_per_token": 5e-06, "output_cost_per_image_token": 4e-05})),
        "high/1024-x-1024/of-tokens": image(json!({"input_cost_per_image": 0.25})),
        "xai/film": video(json!({"input_cost_per_image": 0.01, "output_cost_per_second": 0.08,
            "output_cost_per_second_480p": 0.08, "output_cost_per_second_1080p": 0.25})),
        "other-film": video(json!({"output_cost_per_video_per_second": 0.3})),
    });

    let rows = rows(&list);

    let rates: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                &*row.model_pattern,
                row.per_image,
                row.per_video_second,
                row.input_per_million,
            )
        })
        .collect();
    let expected = [
        ("film", 0, 250_000_000, 0),
        ("other-film", 0, 300_000_000, 0),
        ("picture", 60_000_000, 0, 0),
    ];
    assert_eq!(rates, expected);
    let mut wrong = list;
    wrong["xai/film"]["output_cost_per_second"] = json!("free");
    let message = refusal(&wrong, day());
    assert!(
        message.starts_with("xai/film: output_cost_per_second"),
        "{message}"
    );
}
