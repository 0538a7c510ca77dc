//! How the cost of a request was calculated.

use async_graphql::{Enum, SimpleObject};
use entity::price;

use crate::{
    domain::prices::{self, PricedUsage, Schedule},
    graphql::{
        price::conditions::ServiceTier,
        types::scalar::{BigInt, Usd},
    },
};

/// A kind of tokens with a rate of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::prices::TokenKind")]
enum TokenKind {
    /// Read from a prompt cache.
    CacheRead,
    /// Written to a prompt cache, without those that are kept for an hour.
    CacheWrite,
    /// Written to a prompt cache for an hour.
    #[graphql(name = "CACHE_WRITE_1H")]
    CacheWrite1h,
    /// Uncached input.
    Input,
    /// Output without reasoning.
    Output,
    /// Reasoning.
    Reasoning,
}

/// Tokens of a request that have the same rate.
#[derive(Clone, Copy, Debug, SimpleObject)]
struct CostPart {
    /// The kind of tokens.
    kind: TokenKind,
    /// Their number.
    tokens: BigInt,
    /// US dollars per million of them.
    rate_per_million: Usd,
    /// The threshold of the long-prompt rates that apply, in tokens; null for the rates of short prompts.
    above: Option<i64>,
    /// Their cost, rounded by itself: the sum of the parts may differ from the cost of the request by a few nano-USD.
    cost: Usd,
}

/// How the cost of a request was calculated from its price.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct CostCalculation {
    /// The service tier whose rates apply: `STANDARD` if the price has none for the tier that served the request.
    tier: ServiceTier,
    /// The tokens of the prompt, cached or not, by which long-prompt rates apply.
    prompt_tokens: BigInt,
    /// The tokens by kind and rate.
    parts: Vec<CostPart>,
    /// The price per request.
    per_request: Usd,
    /// The images in the response.
    images: BigInt,
    /// The price per image.
    per_image: Usd,
    /// The seconds of the video that the request ordered.
    video_seconds: BigInt,
    /// The price per second of video.
    per_video_second: Usd,
}

impl CostCalculation {
    pub(super) fn new(price: &price::Model, usage: PricedUsage) -> Self {
        let schedule = Schedule::of(price, usage.tier);
        Self {
            tier: schedule.tier.into(),
            prompt_tokens: BigInt(usage.tokens.prompt()),
            parts: schedule.parts(usage.tokens).map(CostPart::from).collect(),
            per_request: Usd(price.per_request),
            images: BigInt(usage.tokens.media.images),
            per_image: Usd(price.per_image),
            video_seconds: BigInt(usage.tokens.media.video_seconds),
            per_video_second: Usd(price.per_video_second),
        }
    }
}

impl From<prices::CostPart> for CostPart {
    fn from(part: prices::CostPart) -> Self {
        Self {
            kind: part.kind.into(),
            tokens: BigInt(part.tokens),
            rate_per_million: Usd(part.rate),
            above: part.above,
            cost: Usd(part.cost()),
        }
    }
}
