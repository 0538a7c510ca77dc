//! The `api.json` of models.dev: US dollars per million tokens, by provider and model.

use std::collections::BTreeMap;

use entity::price::{LongPromptRule, ServiceTier};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Members, add, decimal::scaled};
use crate::domain::{
    Error, Result,
    prices::{Conditions, NewLongPromptRates, NewPrice, NewServiceTierRates, PartialRates, Rates},
};

/// From dollars to nano-USD.
const POWER: i32 = 9;

/// The makers of models, whose prices are those of the list; resellers have others for the same names.
const MAKERS: [&str; 11] = [
    "anthropic",
    "openai",
    "google",
    "xai",
    "moonshotai",
    "alibaba",
    "deepseek",
    "zai",
    "minimax",
    "mistral",
    "cohere",
];

#[derive(Deserialize)]
struct Provider {
    #[serde(default)]
    models: Members,
}

#[derive(Deserialize)]
struct Model {
    cost: Option<Members>,
    #[serde(default)]
    experimental: Experimental,
}

/// The long-prompt rates of a cost.
#[derive(Deserialize)]
struct Tier {
    tier: TierSize,
}

#[derive(Deserialize)]
struct TierSize {
    size: i64,
}

#[derive(Default, Deserialize)]
struct Experimental {
    #[serde(default)]
    modes: BTreeMap<String, Mode>,
}

/// A service tier, by the members of a request that select it.
#[derive(Deserialize)]
struct Mode {
    cost: Option<Members>,
    #[serde(default)]
    provider: ModeProvider,
}

#[derive(Default, Deserialize)]
struct ModeProvider {
    #[serde(default)]
    body: Members,
}

pub(super) fn read(list: &Members) -> Result<Vec<NewPrice>> {
    let mut prices = Vec::new();
    for maker in MAKERS {
        let Some(provider) = list.get(maker) else {
            continue;
        };
        let provider: Provider = parse(provider).map_err(|error| error.about(maker))?;
        for (name, model) in &provider.models {
            let model: Model = parse(model).map_err(|error| error.about(name))?;
            let price = price(name, &model).map_err(|error| error.about(name))?;
            if let Some(price) = price {
                add(&mut prices, price);
            }
        }
    }
    Ok(prices)
}

fn parse<'a, T: Deserialize<'a>>(json: &'a RawValue) -> Result<T> {
    serde_json::from_str(json.get()).map_err(|error| Error::BadInput(error.to_string()))
}

/// `None` without a price.
fn price(name: &str, model: &Model) -> Result<Option<NewPrice>> {
    let Some(cost) = &model.cost else {
        return Ok(None);
    };
    let flat = rates(cost)?;
    let (Some(input), Some(output)) = (flat.input, flat.output) else {
        return Ok(None);
    };
    let mut service_tiers = Vec::new();
    for mode in model.experimental.modes.values() {
        service_tiers.extend(service_tier(mode)?);
    }
    Ok(Some(NewPrice {
        model_pattern: name.to_owned(),
        provider: None,
        effective_from: None,
        rates: Rates {
            input,
            cache_read: flat.cache_read,
            cache_write: flat.cache_write,
            cache_write_1h: None,
            output,
            reasoning: flat.reasoning,
            ..Rates::default()
        },
        conditions: Conditions {
            long_prompt_rule: LongPromptRule::WholeRequest,
            long_prompts: long_prompts(cost)?,
            service_tiers,
        },
        source: None,
    }))
}

fn long_prompts(cost: &Members) -> Result<Vec<NewLongPromptRates>> {
    let tiers: Vec<Box<RawValue>> = match cost.get("tiers") {
        Some(tiers) => parse(tiers)?,
        None => Vec::new(),
    };
    let tiers = tiers.iter().map(|tier| {
        let size: Tier = parse(tier)?;
        Ok(NewLongPromptRates {
            above: size.tier.size,
            rates: rates(&parse(tier)?)?,
        })
    });
    let mut long: Vec<NewLongPromptRates> = tiers.collect::<Result<_>>()?;
    if let Some(over) = cost.get("context_over_200k").filter(|_| long.is_empty()) {
        long.push(NewLongPromptRates {
            above: 200_000,
            rates: rates(&parse(over)?)?,
        });
    }
    Ok(long)
}

/// `None` for a mode that is no service tier.
fn service_tier(mode: &Mode) -> Result<Option<NewServiceTierRates>> {
    let body = &mode.provider.body;
    let name = body.get("service_tier").or(body.get("speed"));
    let name: Option<String> = name.and_then(|name| parse(name).ok());
    let tier = name.as_deref().and_then(ServiceTier::named);
    let tier = tier.filter(|tier| *tier != ServiceTier::Standard);
    let (Some(tier), Some(cost)) = (tier, &mode.cost) else {
        return Ok(None);
    };
    Ok(Some(NewServiceTierRates {
        tier,
        multiplier: None,
        rates: rates(cost)?,
        long_prompts: Vec::new(),
    }))
}

fn rates(cost: &Members) -> Result<PartialRates> {
    let rate = |key: &str| {
        let Some(value) = cost.get(key) else {
            return Ok(None);
        };
        scaled(value, POWER)
            .map(Some)
            .ok_or_else(|| Error::BadInput(format!("{key} must be a price that is not negative")))
    };
    Ok(PartialRates {
        input: rate("input")?,
        cache_read: rate("cache_read")?,
        cache_write: rate("cache_write")?,
        cache_write_1h: None,
        output: rate("output")?,
        reasoning: rate("reasoning")?,
    })
}
