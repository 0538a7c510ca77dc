//! The cost of token counts: the only place that multiplies tokens by rates.

use entity::price::{self, LongPromptRates, LongPromptRule, ServiceTier, TokenRates};

use crate::domain::tokens::Tokens;

const MILLION: i128 = 1_000_000;

/// The usage that determines a cost, together with the price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PricedUsage {
    pub tokens: Tokens,
    pub tier: ServiceTier,
}

/// The kinds of tokens that have rates of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    CacheRead,
    /// Without those that are kept for an hour.
    CacheWrite,
    CacheWrite1h,
    Input,
    Output,
    Reasoning,
}

/// Tokens of a request that have the same rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostPart {
    pub kind: TokenKind,
    /// At least 0.
    pub tokens: i64,
    /// Nano-USD per million tokens; at least 0.
    pub rate: i64,
    /// The threshold of the long-prompt rates that apply; `None` for the rates of short prompts.
    pub above: Option<i64>,
}

impl CostPart {
    /// The cost, in millionths of a nano-USD.
    fn millionths(self) -> i128 {
        i128::from(self.rate) * i128::from(self.tokens)
    }

    /// The cost of these tokens alone, in nano-USD, rounded half up. The cost of the request is rounded once, so that the
    /// parts may differ from it by a few nano-USD.
    pub fn cost(self) -> i64 {
        rounded(self.millionths())
    }
}

/// The rates of a service tier.
#[derive(Clone, Copy, Debug)]
pub struct Schedule<'a> {
    /// The standard tier if the price has no rates for the requested one.
    pub tier: ServiceTier,
    rates: TokenRates,
    rule: LongPromptRule,
    long_prompts: &'a [LongPromptRates],
}

/// Tokens of a prompt that have the same rates.
#[derive(Clone, Copy, Debug)]
struct Segment {
    /// Tokens of the prompt before it.
    from: i128,
    /// Tokens of the prompt up to its end.
    until: i128,
    /// The threshold of its rates.
    above: Option<i64>,
    rates: TokenRates,
}

/// The cost of a request, including the prices per request, image and second of video, in nano-USD. Rounded once, half up; clamped to 0 and the
/// maximum of the type.
pub fn cost(price: &price::Model, usage: PricedUsage) -> i64 {
    let schedule = Schedule::of(price, usage.tier);
    let millionths = schedule.parts(usage.tokens).map(CostPart::millionths);
    with_units(
        price,
        usage.tokens,
        millionths.fold(0, i128::saturating_add),
    )
}

/// The maximum cost of a request with a prompt of `tokens.input`, an answer of `tokens.output` tokens and these media, that may
/// be served in any of these tiers: the prompt may be read from or written to a cache for any time, output may be reasoning.
pub fn max_cost(price: &price::Model, tokens: Tokens, tiers: &[ServiceTier]) -> i64 {
    let (size, output) = (tokens.input.max(0), tokens.output.max(0));
    let of_tier = |tier: &ServiceTier| {
        let schedule = Schedule::of(price, *tier);
        let prompt = schedule.segments(size).map(|segment| {
            let rate = TokenKind::PROMPT.map(|kind| kind.rate(&segment.rates));
            i128::from(rate.into_iter().max().unwrap_or(0))
                * i128::from(segment.overlap(0, size.into()))
        });
        let (_, answer) = schedule.answer_rates(size);
        let answer = TokenKind::ANSWER.map(|kind| kind.rate(&answer));
        let answer = i128::from(answer.into_iter().max().unwrap_or(0)) * i128::from(output);
        prompt.fold(answer, i128::saturating_add)
    };
    let tiers = tiers.iter().map(of_tier);
    with_units(price, tokens, tiers.max().unwrap_or(0))
}

impl<'a> Schedule<'a> {
    /// The rates of a tier; those of standard service if the price has none for it.
    pub fn of(price: &'a price::Model, tier: ServiceTier) -> Self {
        let standard = Self {
            tier: ServiceTier::Standard,
            rates: price.rates(),
            rule: LongPromptRule::WholeRequest,
            long_prompts: &[],
        };
        let Some(conditional) = &price.conditional_rates else {
            return standard;
        };
        let rule = conditional.long_prompt_rule;
        let listed = |tier| {
            let mut tiers = conditional.service_tiers.iter();
            tiers.find(|listed| listed.tier == tier)
        };
        // The engine asks for priority where a provider has no fast mode.
        let priority = || listed(ServiceTier::Priority).filter(|_| tier == ServiceTier::Fast);
        match listed(tier).or_else(priority) {
            Some(listed) => Self {
                tier: listed.tier,
                rates: listed.rates,
                rule,
                long_prompts: &listed.long_prompts,
            },
            None => Self {
                rule,
                long_prompts: &conditional.long_prompts,
                ..standard
            },
        }
    }

    /// The parts of a request that have tokens.
    pub fn parts(self, tokens: Tokens) -> impl Iterator<Item = CostPart> {
        let size = tokens.prompt();
        let mut begins = 0_i128;
        let prompt = TokenKind::PROMPT.into_iter().flat_map(move |kind| {
            let ends = begins + i128::from(kind.tokens(tokens));
            let range = (begins, ends);
            begins = ends;
            self.prompt_parts(kind, range, size)
        });
        let (above, rates) = self.answer_rates(size);
        let answer = TokenKind::ANSWER.map(|kind| CostPart {
            kind,
            tokens: kind.tokens(tokens),
            rate: kind.rate(&rates),
            above,
        });
        prompt.chain(answer).filter(|part| part.tokens > 0)
    }

    /// The parts of the tokens of one kind, which are at this range of a prompt of this size.
    fn prompt_parts(
        self,
        kind: TokenKind,
        (begins, ends): (i128, i128),
        size: i64,
    ) -> impl Iterator<Item = CostPart> + use<'a> {
        self.segments(size).map(move |segment| CostPart {
            kind,
            tokens: segment.overlap(begins, ends),
            rate: kind.rate(&segment.rates),
            above: segment.above,
        })
    }

    /// The segments of a prompt of this size, from its beginning.
    fn segments(self, size: i64) -> impl Iterator<Item = Segment> + use<'a> {
        let (lowest, steps) = match self.rule {
            LongPromptRule::WholeRequest => (self.whole_rates(size), &[][..]),
            LongPromptRule::PartAbove => ((None, self.rates), self.long_prompts),
        };
        (0..=steps.len()).map(move |index| {
            let step = index.checked_sub(1).and_then(|below| steps.get(below));
            let (above, rates) = step.map_or(lowest, |step| (Some(step.above), step.rates));
            Segment {
                from: step.map_or(0, |step| step.above.into()),
                until: steps.get(index).map_or(i128::MAX, |next| next.above.into()),
                above,
                rates,
            }
        })
    }

    /// The rates of a request with a prompt of this size, if it has the same for all of its tokens.
    fn whole_rates(self, size: i64) -> (Option<i64>, TokenRates) {
        let mut highest = self.long_prompts.iter().rev();
        let reached = highest.find(|step| step.above < size);
        reached.map_or((None, self.rates), |step| (Some(step.above), step.rates))
    }

    /// The rates of the answer to a prompt of this size.
    fn answer_rates(self, size: i64) -> (Option<i64>, TokenRates) {
        match self.rule {
            LongPromptRule::WholeRequest => self.whole_rates(size),
            LongPromptRule::PartAbove => (None, self.rates),
        }
    }
}

impl Segment {
    /// The tokens of a range of the prompt that are in it.
    fn overlap(&self, begins: i128, ends: i128) -> i64 {
        let tokens = ends.min(self.until) - begins.max(self.from);
        i64::try_from(tokens.max(0)).unwrap_or(i64::MAX)
    }
}

impl TokenKind {
    /// In the order in which they are in a prompt: a cached prefix is its beginning.
    const PROMPT: [Self; 4] = [
        Self::CacheRead,
        Self::CacheWrite1h,
        Self::CacheWrite,
        Self::Input,
    ];
    const ANSWER: [Self; 2] = [Self::Output, Self::Reasoning];

    /// At least 0.
    fn tokens(self, tokens: Tokens) -> i64 {
        let written = tokens.cache_write.max(0);
        let hour = tokens.cache_write_1h.clamp(0, written);
        let count = match self {
            Self::CacheRead => tokens.cache_read,
            Self::CacheWrite => written - hour,
            Self::CacheWrite1h => hour,
            Self::Input => tokens.input,
            Self::Output => tokens.output,
            Self::Reasoning => tokens.reasoning,
        };
        count.max(0)
    }

    fn rate(self, rates: &TokenRates) -> i64 {
        let rate = match self {
            Self::CacheRead => rates.cache_read,
            Self::CacheWrite => rates.cache_write,
            Self::CacheWrite1h => rates.cache_write_1h,
            Self::Input => rates.input,
            Self::Output => rates.output,
            Self::Reasoning => rates.reasoning,
        };
        rate.max(0)
    }
}

/// Adds what is not priced by the million.
fn with_units(price: &price::Model, tokens: Tokens, millionths: i128) -> i64 {
    let units = [
        (price.per_request, 1),
        (price.per_image, tokens.media.images),
        (price.per_video_second, tokens.media.video_seconds),
    ];
    let costs = units
        .into_iter()
        .map(|(rate, count)| rate.max(0).saturating_mul(count.max(0)));
    costs.fold(rounded(millionths), i64::saturating_add)
}

/// Nano-USD, rounded half up.
fn rounded(millionths: i128) -> i64 {
    let nanos = millionths.saturating_add(MILLION / 2) / MILLION;
    i64::try_from(nanos).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;
