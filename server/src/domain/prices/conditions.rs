//! Validation of rates that depend on the prompt or on the service tier.

use entity::price::{
    ConditionalRates, LongPromptRates, LongPromptRule, MAX_LONG_PROMPTS, ServiceTier,
    ServiceTierRates, TokenRates,
};

use super::new_price::{Rates, amount};
use crate::domain::{Error, Result, usd};

/// The greatest threshold, in tokens: no model has a larger context window.
const MAX_THRESHOLD: i64 = 100_000_000;
/// The greatest multiplier, in billionths.
const MAX_MULTIPLIER: i64 = 100 * usd::DOLLAR;

/// Rates to add that depend on the prompt or on the service tier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    pub long_prompt_rule: LongPromptRule,
    /// Of standard service.
    pub long_prompts: Vec<NewLongPromptRates>,
    pub service_tiers: Vec<NewServiceTierRates>,
}

/// The rates of prompts with more tokens than a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewLongPromptRates {
    pub above: i64,
    /// `None` for the rate below the threshold.
    pub rates: PartialRates,
}

/// The rates of a service tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewServiceTierRates {
    pub tier: ServiceTier,
    /// In billionths: multiplies the standard rates, those of long prompts included. Without other rates.
    pub multiplier: Option<i64>,
    /// `None` for the standard rate.
    pub rates: PartialRates,
    pub long_prompts: Vec<NewLongPromptRates>,
}

/// Nano-USD per million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartialRates {
    pub input: Option<i64>,
    pub cache_read: Option<i64>,
    pub cache_write: Option<i64>,
    pub cache_write_1h: Option<i64>,
    pub output: Option<i64>,
    pub reasoning: Option<i64>,
}

impl From<Rates> for PartialRates {
    fn from(rates: Rates) -> Self {
        Self {
            input: Some(rates.input),
            cache_read: rates.cache_read,
            cache_write: rates.cache_write,
            cache_write_1h: rates.cache_write_1h,
            output: Some(rates.output),
            reasoning: rates.reasoning,
        }
    }
}

impl PartialRates {
    /// These rates; where they are `None`, the others.
    fn or(self, others: Self) -> Self {
        Self {
            input: self.input.or(others.input),
            cache_read: self.cache_read.or(others.cache_read),
            cache_write: self.cache_write.or(others.cache_write),
            cache_write_1h: self.cache_write_1h.or(others.cache_write_1h),
            output: self.output.or(others.output),
            reasoning: self.reasoning.or(others.reasoning),
        }
    }

    /// Validates the rates. Cached input costs as much as other input, and reasoning as much as output, unless they have
    /// rates.
    pub(super) fn checked(self) -> Result<TokenRates> {
        let input = amount("input", self.input.unwrap_or(0))?;
        let output = amount("output", self.output.unwrap_or(0))?;
        let cache_write = amount("cacheWrite", self.cache_write.unwrap_or(input))?;
        let hour = self.cache_write_1h.unwrap_or(cache_write);
        Ok(TokenRates {
            input,
            cache_read: amount("cacheRead", self.cache_read.unwrap_or(input))?,
            cache_write,
            cache_write_1h: amount("cacheWrite1h", hour)?,
            output,
            reasoning: amount("reasoning", self.reasoning.unwrap_or(output))?,
        })
    }
}

impl Conditions {
    /// Validates the conditions of a price with these standard rates; `None` if there are none.
    pub(super) fn check(&self, standard: PartialRates) -> Result<Option<ConditionalRates>> {
        let rule = self.long_prompt_rule;
        let long_prompts = check_long_prompts(&self.long_prompts, standard, rule)?;
        let mut service_tiers: Vec<ServiceTierRates> = Vec::new();
        for new in &self.service_tiers {
            if service_tiers.iter().any(|tier| tier.tier == new.tier) {
                return Err(Error::bad_input("a service tier must be listed once"));
            }
            service_tiers.push(new.check(standard, &long_prompts, rule)?);
        }
        service_tiers.sort_by_key(|tier| tier.tier);
        let is_flat = long_prompts.is_empty() && service_tiers.is_empty();
        Ok((!is_flat).then_some(ConditionalRates {
            long_prompt_rule: rule,
            long_prompts,
            service_tiers,
        }))
    }
}

impl NewServiceTierRates {
    fn check(
        &self,
        standard: PartialRates,
        long_prompts: &[LongPromptRates],
        rule: LongPromptRule,
    ) -> Result<ServiceTierRates> {
        if self.tier == ServiceTier::Standard {
            return Err(Error::bad_input(
                "the rates of the standard service tier are those of the price itself",
            ));
        }
        let Some(multiplier) = self.multiplier else {
            let rates = self.rates.or(standard);
            return Ok(ServiceTierRates {
                tier: self.tier,
                rates: rates.checked()?,
                long_prompts: check_long_prompts(&self.long_prompts, rates, rule)?,
            });
        };
        if self.rates != PartialRates::default() || !self.long_prompts.is_empty() {
            return Err(Error::bad_input(
                "a service tier must have either a multiplier or rates",
            ));
        }
        if !(0..=MAX_MULTIPLIER).contains(&multiplier) {
            return Err(Error::bad_input("multiplier must be between 0 and 100"));
        }
        let long_prompts = long_prompts.iter().map(|long| {
            Ok(LongPromptRates {
                above: long.above,
                rates: multiply(long.rates, multiplier)?,
            })
        });
        Ok(ServiceTierRates {
            tier: self.tier,
            rates: multiply(standard.checked()?, multiplier)?,
            long_prompts: long_prompts.collect::<Result<_>>()?,
        })
    }
}

/// By threshold, ascending. A rate that is omitted is that of the size below.
fn check_long_prompts(
    new: &[NewLongPromptRates],
    standard: PartialRates,
    rule: LongPromptRule,
) -> Result<Vec<LongPromptRates>> {
    if new.len() > MAX_LONG_PROMPTS {
        return Err(Error::BadInput(format!(
            "a service tier can have at most {MAX_LONG_PROMPTS} long-prompt rates"
        )));
    }
    let mut sorted: Vec<&NewLongPromptRates> = new.iter().collect();
    sorted.sort_by_key(|long| long.above);
    let mut below = standard;
    let mut checked: Vec<LongPromptRates> = Vec::new();
    for long in sorted {
        let is_answer = long.rates.output.is_some() || long.rates.reasoning.is_some();
        if rule == LongPromptRule::PartAbove && is_answer {
            return Err(Error::bad_input(
                "with the rule PART_ABOVE, long prompts cannot have an output or reasoning price, because an answer is not part of a prompt",
            ));
        }
        let least = below.checked()?;
        below = long.rates.or(below);
        let rates = below.checked()?;
        check_threshold(long.above, checked.last())?;
        check_increase(least, rates, long.above)?;
        let above = long.above;
        checked.push(LongPromptRates { above, rates });
    }
    Ok(checked)
}

fn check_threshold(above: i64, last: Option<&LongPromptRates>) -> Result<()> {
    if !(1..=MAX_THRESHOLD).contains(&above) {
        return Err(Error::BadInput(format!(
            "above must be between 1 and {MAX_THRESHOLD} tokens"
        )));
    }
    if last.is_some_and(|last| last.above == above) {
        return Err(Error::BadInput(format!(
            "long-prompt rates above {above} tokens must be listed once"
        )));
    }
    Ok(())
}

/// A longer prompt that costs less would make the maximum of a reservation wrong.
fn check_increase(below: TokenRates, rates: TokenRates, above: i64) -> Result<()> {
    let pairs = [
        ("input", below.input, rates.input),
        ("cacheRead", below.cache_read, rates.cache_read),
        ("cacheWrite", below.cache_write, rates.cache_write),
        ("cacheWrite1h", below.cache_write_1h, rates.cache_write_1h),
        ("output", below.output, rates.output),
        ("reasoning", below.reasoning, rates.reasoning),
    ];
    let lower = pairs.into_iter().find(|(_, below, rate)| rate < below);
    lower.map_or(Ok(()), |(field, ..)| {
        Err(Error::BadInput(format!(
            "{field} above {above} tokens must not be lower than below"
        )))
    })
}

fn multiply(rates: TokenRates, multiplier: i64) -> Result<TokenRates> {
    let one = i128::from(usd::DOLLAR);
    let times = |field, rate: i64| {
        let product = (i128::from(rate) * i128::from(multiplier) + one / 2) / one;
        amount(field, i64::try_from(product).unwrap_or(i64::MAX))
    };
    Ok(TokenRates {
        input: times("input", rates.input)?,
        cache_read: times("cacheRead", rates.cache_read)?,
        cache_write: times("cacheWrite", rates.cache_write)?,
        cache_write_1h: times("cacheWrite1h", rates.cache_write_1h)?,
        output: times("output", rates.output)?,
        reasoning: times("reasoning", rates.reasoning)?,
    })
}

#[cfg(test)]
mod tests;
