//! The rates of a price that depend on the prompt or on the service tier.

use async_graphql::{Enum, InputObject, SimpleObject};
use entity::price;

use crate::{
    domain::{
        Error, Result,
        prices::{Conditions, NewLongPromptRates, NewServiceTierRates, PartialRates},
        usd,
    },
    graphql::types::scalar::Usd,
};

/// A service tier: how fast the provider serves a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::price::ServiceTier")]
pub(crate) enum ServiceTier {
    /// Requests that select no tier.
    Standard,
    /// Served before others, at a higher price.
    Priority,
    /// Served when there is capacity, at a lower price.
    Flex,
    /// Served within a day, at a lower price.
    Batch,
    /// Anthropic's fast mode.
    Fast,
}

/// Which tokens of a request with a long prompt have the long-prompt rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::price::LongPromptRule")]
pub(crate) enum LongPromptRule {
    /// All tokens of the request, those of the response included.
    WholeRequest,
    /// Only the tokens of the prompt above the threshold.
    PartAbove,
}

/// The rates of prompts with more tokens than a threshold.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub(crate) struct LongPromptRates {
    /// The threshold: prompts with more tokens than this, cached ones included, have these rates.
    above: i64,
    /// US dollars per million uncached input tokens.
    input_per_million: Usd,
    /// US dollars per million cache-read tokens.
    cache_read_per_million: Usd,
    /// US dollars per million cache-write tokens.
    cache_write_per_million: Usd,
    /// US dollars per million tokens that are written to a cache for an hour.
    #[graphql(name = "cacheWrite1hPerMillion")]
    cache_write_1h_per_million: Usd,
    /// US dollars per million output tokens, without reasoning.
    output_per_million: Usd,
    /// US dollars per million reasoning tokens.
    reasoning_per_million: Usd,
}

impl From<price::LongPromptRates> for LongPromptRates {
    fn from(long: price::LongPromptRates) -> Self {
        let rates = long.rates;
        Self {
            above: long.above,
            input_per_million: Usd(rates.input),
            cache_read_per_million: Usd(rates.cache_read),
            cache_write_per_million: Usd(rates.cache_write),
            cache_write_1h_per_million: Usd(rates.cache_write_1h),
            output_per_million: Usd(rates.output),
            reasoning_per_million: Usd(rates.reasoning),
        }
    }
}

/// The rates of a service tier.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ServiceTierRates {
    /// The tier; never `STANDARD`.
    tier: ServiceTier,
    /// US dollars per million uncached input tokens.
    input_per_million: Usd,
    /// US dollars per million cache-read tokens.
    cache_read_per_million: Usd,
    /// US dollars per million cache-write tokens.
    cache_write_per_million: Usd,
    /// US dollars per million tokens that are written to a cache for an hour.
    #[graphql(name = "cacheWrite1hPerMillion")]
    cache_write_1h_per_million: Usd,
    /// US dollars per million output tokens, without reasoning.
    output_per_million: Usd,
    /// US dollars per million reasoning tokens.
    reasoning_per_million: Usd,
    /// The rates of long prompts in this tier, by ascending threshold: up to 6.
    long_prompts: Vec<LongPromptRates>,
}

impl From<price::ServiceTierRates> for ServiceTierRates {
    fn from(tier: price::ServiceTierRates) -> Self {
        let rates = tier.rates;
        Self {
            tier: tier.tier.into(),
            input_per_million: Usd(rates.input),
            cache_read_per_million: Usd(rates.cache_read),
            cache_write_per_million: Usd(rates.cache_write),
            cache_write_1h_per_million: Usd(rates.cache_write_1h),
            output_per_million: Usd(rates.output),
            reasoning_per_million: Usd(rates.reasoning),
            long_prompts: tier.long_prompts.into_iter().map(Into::into).collect(),
        }
    }
}

/// The rates of prompts with more tokens than a threshold. A rate that is omitted is the one below the threshold.
#[derive(Debug, InputObject)]
pub(crate) struct LongPromptRatesInput {
    /// Prompts with more tokens than this, cached ones included, have these rates: 1 to 100,000,000.
    above: i64,
    /// US dollars per million uncached input tokens. This rate and the others must not be lower than below the threshold.
    input_per_million: Option<Usd>,
    /// US dollars per million cache-read tokens.
    cache_read_per_million: Option<Usd>,
    /// US dollars per million cache-write tokens.
    cache_write_per_million: Option<Usd>,
    /// US dollars per million tokens that are written to a cache for an hour.
    #[graphql(name = "cacheWrite1hPerMillion")]
    cache_write_1h_per_million: Option<Usd>,
    /// US dollars per million output tokens, without reasoning. Not with the rule `PART_ABOVE`.
    output_per_million: Option<Usd>,
    /// US dollars per million reasoning tokens. Not with the rule `PART_ABOVE`.
    reasoning_per_million: Option<Usd>,
}

/// The rates of a service tier: either a multiplier, or rates. A rate that is omitted is the standard one.
#[derive(Debug, InputObject)]
pub(crate) struct ServiceTierRatesInput {
    /// The tier; not `STANDARD`.
    tier: ServiceTier,
    /// A decimal such as `0.5` by which all standard rates are multiplied, those of long prompts included: 0 to 100, with
    /// up to 9 decimals.
    multiplier: Option<String>,
    /// US dollars per million uncached input tokens.
    input_per_million: Option<Usd>,
    /// US dollars per million cache-read tokens.
    cache_read_per_million: Option<Usd>,
    /// US dollars per million cache-write tokens.
    cache_write_per_million: Option<Usd>,
    /// US dollars per million tokens that are written to a cache for an hour.
    #[graphql(name = "cacheWrite1hPerMillion")]
    cache_write_1h_per_million: Option<Usd>,
    /// US dollars per million output tokens, without reasoning.
    output_per_million: Option<Usd>,
    /// US dollars per million reasoning tokens.
    reasoning_per_million: Option<Usd>,
    /// The rates of long prompts in this tier: up to 6; none when omitted.
    long_prompts: Option<Vec<LongPromptRatesInput>>,
}

macro_rules! partial_rates {
    ($input:expr) => {
        PartialRates {
            input: nanos($input.input_per_million),
            cache_read: nanos($input.cache_read_per_million),
            cache_write: nanos($input.cache_write_per_million),
            cache_write_1h: nanos($input.cache_write_1h_per_million),
            output: nanos($input.output_per_million),
            reasoning: nanos($input.reasoning_per_million),
        }
    };
}

impl From<LongPromptRatesInput> for NewLongPromptRates {
    fn from(input: LongPromptRatesInput) -> Self {
        Self {
            above: input.above,
            rates: partial_rates!(input),
        }
    }
}

impl TryFrom<ServiceTierRatesInput> for NewServiceTierRates {
    type Error = Error;

    fn try_from(input: ServiceTierRatesInput) -> Result<Self> {
        let multiplier = input.multiplier.as_deref().map(usd::parse).transpose();
        Ok(Self {
            tier: input.tier.into(),
            multiplier: multiplier.map_err(|_| {
                Error::bad_input(
                    "multiplier must be a decimal such as \"0.5\" with up to 9 decimals",
                )
            })?,
            rates: partial_rates!(input),
            long_prompts: long_prompts(input.long_prompts),
        })
    }
}

/// Reads the conditions of a new price.
pub(super) fn read(
    rule: Option<LongPromptRule>,
    long: Option<Vec<LongPromptRatesInput>>,
    tiers: Option<Vec<ServiceTierRatesInput>>,
) -> Result<Conditions> {
    let tiers = tiers.into_iter().flatten().map(TryInto::try_into);
    Ok(Conditions {
        long_prompt_rule: rule.map(Into::into).unwrap_or_default(),
        long_prompts: long_prompts(long),
        service_tiers: tiers.collect::<Result<_>>()?,
    })
}

fn long_prompts(input: Option<Vec<LongPromptRatesInput>>) -> Vec<NewLongPromptRates> {
    input.into_iter().flatten().map(Into::into).collect()
}

pub(super) fn nanos(amount: Option<Usd>) -> Option<i64> {
    amount.map(|Usd(nanos)| nanos)
}
