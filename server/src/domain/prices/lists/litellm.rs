//! `LiteLLM`'s `model_prices_and_context_window.json`: US dollars per token, in a member for each combination of kind of token,
//! prompt size and service tier, such as `input_cost_per_token_above_200k_tokens_priority`.

mod media;

use std::collections::BTreeMap;

use entity::price::{LongPromptRule, ServiceTier};

use super::{Members, add, decimal::scaled};
use crate::domain::{
    Error, Result,
    prices::{Conditions, NewLongPromptRates, NewPrice, NewServiceTierRates, PartialRates, Rates},
};

/// From dollars per token to nano-USD per million tokens.
const POWER: i32 = 15;

/// The makers of models, as the list names them.
const MAKERS: [&str; 12] = [
    "anthropic",
    "openai",
    "gemini",
    "vertex_ai-language-models",
    "xai",
    "moonshot",
    "dashscope",
    "deepseek",
    "zai",
    "minimax",
    "mistral",
    "cohere_chat",
];

/// The modes whose usage is counted in tokens of text.
const MODES: [&str; 3] = ["chat", "responses", "completion"];

const MEDIA_MODES: [&str; 2] = ["image_generation", "video_generation"];

/// The rates of one service tier, by threshold; 0 for those of short prompts.
type ByThreshold = BTreeMap<i64, PartialRates>;

pub(super) fn read(list: &Members) -> Result<Vec<NewPrice>> {
    let mut prices = Vec::new();
    let mut media = Vec::new();
    for (name, entry) in list {
        let Ok(entry) = serde_json::from_str::<Members>(entry.get()) else {
            return Err(Error::BadInput(format!("{name} is not a JSON object")));
        };
        let text = |key: &str| {
            let value = entry.get(key)?;
            serde_json::from_str::<String>(value.get()).ok()
        };
        let is_maker = text("litellm_provider").is_some_and(|maker| is_one_of(&maker, &MAKERS));
        let is_text = text("mode").is_some_and(|mode| is_one_of(&mode, &MODES));
        if is_maker && is_text {
            let price = price(name, &entry).map_err(|error| error.about(name))?;
            if let Some(price) = price {
                add(&mut prices, price);
            }
        }
        if is_maker && text("mode").is_some_and(|mode| is_one_of(&mode, &MEDIA_MODES)) {
            media.push((name, entry));
        }
    }
    for price in media::read(&media)? {
        add(&mut prices, price);
    }
    Ok(prices)
}

/// Some makers, and sizes of images, are named in front of the model.
fn model(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn is_one_of(text: &str, known: &[&str]) -> bool {
    known.contains(&text)
}

/// `None` without a price of tokens.
fn price(name: &str, entry: &Members) -> Result<Option<NewPrice>> {
    let mut tiers: BTreeMap<ServiceTier, ByThreshold> = BTreeMap::new();
    for (key, value) in entry {
        let Some((tier, above, field)) = field(key) else {
            continue;
        };
        if value.get() == "null" {
            continue;
        }
        let rate = scaled(value, POWER).ok_or_else(|| {
            Error::BadInput(format!("{key} must be a price that is not negative"))
        })?;
        let rates = tiers.entry(tier).or_default().entry(above).or_default();
        *field(rates) = Some(rate);
    }
    let standard = tiers.remove(&ServiceTier::Standard).unwrap_or_default();
    let (flat, long_prompts) = split(standard);
    let (Some(input), Some(output)) = (flat.input, flat.output) else {
        return Ok(None);
    };
    let mut service_tiers: Vec<NewServiceTierRates> = tiers
        .into_iter()
        .map(|(tier, rates)| {
            let (rates, long_prompts) = split(rates);
            NewServiceTierRates {
                tier,
                multiplier: None,
                rates,
                long_prompts,
            }
        })
        .collect();
    service_tiers.extend(fast_mode(entry));
    Ok(Some(NewPrice {
        model_pattern: model(name).to_owned(),
        provider: None,
        effective_from: None,
        rates: Rates {
            input,
            cache_read: flat.cache_read,
            cache_write: flat.cache_write,
            cache_write_1h: flat.cache_write_1h,
            output,
            reasoning: flat.reasoning,
            ..Rates::default()
        },
        conditions: Conditions {
            long_prompt_rule: LongPromptRule::WholeRequest,
            long_prompts,
            service_tiers,
        },
        source: None,
    }))
}

/// The rates of short prompts and those of long ones. A price of cache writes that long prompts alone have is one of storage.
fn split(mut rates: ByThreshold) -> (PartialRates, Vec<NewLongPromptRates>) {
    let flat = rates.remove(&0).unwrap_or_default();
    let long = rates.into_iter().map(|(above, rates)| NewLongPromptRates {
        above,
        rates: PartialRates {
            cache_write: rates.cache_write.filter(|_| flat.cache_write.is_some()),
            ..rates
        },
    });
    (flat, long.collect())
}

type Field = fn(&mut PartialRates) -> &mut Option<i64>;

/// The tier, the threshold and the rate of a member.
fn field(key: &str) -> Option<(ServiceTier, i64, Field)> {
    const TIERS: [(&str, ServiceTier); 3] = [
        ("_priority", ServiceTier::Priority),
        ("_flex", ServiceTier::Flex),
        ("_batches", ServiceTier::Batch),
    ];
    let mut tiers = TIERS.into_iter();
    let tier = tiers.find_map(|(suffix, tier)| Some((key.strip_suffix(suffix)?, tier)));
    let (key, tier) = tier.unwrap_or((key, ServiceTier::Standard));
    let long = key.strip_suffix("k_tokens");
    let long = long.and_then(|key| key.rsplit_once("_above_"));
    let (key, above) = match long {
        Some((key, thousands)) => (key, thousands.parse::<i64>().ok()?.checked_mul(1000)?),
        None => (key, 0),
    };
    let field: Field = match key {
        "input_cost_per_token" => |rates| &mut rates.input,
        "output_cost_per_token" => |rates| &mut rates.output,
        "output_cost_per_reasoning_token" => |rates| &mut rates.reasoning,
        "cache_read_input_token_cost" => |rates| &mut rates.cache_read,
        "cache_creation_input_token_cost" => |rates| &mut rates.cache_write,
        "cache_creation_input_token_cost_above_1hr" => |rates| &mut rates.cache_write_1h,
        _ => return None,
    };
    Some((tier, above, field))
}

/// The multiplier of Anthropic's fast mode.
fn fast_mode(entry: &Members) -> Option<NewServiceTierRates> {
    let specific = entry.get("provider_specific_entry")?;
    let specific: Members = serde_json::from_str(specific.get()).ok()?;
    Some(NewServiceTierRates {
        tier: ServiceTier::Fast,
        multiplier: Some(scaled(specific.get("fast")?, 9)?),
        rates: PartialRates::default(),
        long_prompts: Vec::new(),
    })
}
