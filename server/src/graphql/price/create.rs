//! Creating prices.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::{
    conditions::{self, LongPromptRatesInput, LongPromptRule, ServiceTierRatesInput, nanos},
    list::Price,
};
use crate::{
    domain::{
        self,
        prices::{NewPrice, Prices, Rates},
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        types::{
            provider::ProviderKind,
            scalar::{DateTime, Usd},
        },
    },
};

/// A new price.
#[derive(InputObject)]
struct CreatePriceInput {
    /// A case-insensitive model name, in which `*` matches any characters.
    model_pattern: String,
    /// The provider that the price applies to; all providers when omitted.
    provider: Option<ProviderKind>,
    /// The time from which the price applies; now when omitted. Settled requests keep their cost.
    effective_from: Option<DateTime>,
    /// US dollars per million uncached input tokens.
    input_per_million: Usd,
    /// US dollars per million cache-read tokens; the input price when omitted.
    cache_read_per_million: Option<Usd>,
    /// US dollars per million cache-write tokens; the input price when omitted.
    cache_write_per_million: Option<Usd>,
    /// US dollars per million tokens that are written to a cache for an hour; the price of other cache writes when omitted.
    #[graphql(name = "cacheWrite1hPerMillion")]
    cache_write_1h_per_million: Option<Usd>,
    /// US dollars per million output tokens, without reasoning.
    output_per_million: Usd,
    /// US dollars per million reasoning tokens; the output price when omitted.
    reasoning_per_million: Option<Usd>,
    /// US dollars per request, in addition to its tokens; 0 when omitted.
    per_request: Option<Usd>,
    /// US dollars per image of a response, in addition to its tokens; 0 when omitted. Images in chats are priced by their tokens.
    per_image: Option<Usd>,
    /// US dollars per second of an ordered video, in addition to its tokens; 0 when omitted.
    per_video_second: Option<Usd>,
    /// Which tokens of a request with a long prompt have the long-prompt rates; `WHOLE_REQUEST` when omitted.
    long_prompt_rule: Option<LongPromptRule>,
    /// The rates of long prompts: up to 6; none when omitted.
    long_prompts: Option<Vec<LongPromptRatesInput>>,
    /// The rates of other service tiers; none when omitted. A request in a tier without rates has the standard ones.
    service_tiers: Option<Vec<ServiceTierRatesInput>>,
    /// The source of the price, such as a URL.
    source: Option<String>,
}

impl TryFrom<CreatePriceInput> for NewPrice {
    type Error = domain::Error;

    fn try_from(input: CreatePriceInput) -> domain::Result<Self> {
        Ok(Self {
            model_pattern: input.model_pattern,
            provider: input.provider.map(Into::into),
            effective_from: input.effective_from.map(Into::into),
            rates: Rates {
                input: input.input_per_million.0,
                cache_read: nanos(input.cache_read_per_million),
                cache_write: nanos(input.cache_write_per_million),
                cache_write_1h: nanos(input.cache_write_1h_per_million),
                output: input.output_per_million.0,
                reasoning: nanos(input.reasoning_per_million),
                per_request: nanos(input.per_request),
                per_image: nanos(input.per_image),
                per_video_second: nanos(input.per_video_second),
            },
            conditions: conditions::read(
                input.long_prompt_rule,
                input.long_prompts,
                input.service_tiers,
            )?,
            source: input.source,
        })
    }
}

/// The result of `createPrice`.
#[derive(SimpleObject)]
struct CreatePricePayload {
    /// The price.
    price: Price,
}

#[derive(Debug, Default)]
pub(crate) struct PriceMutation;

#[Object(guard = "Declared")]
impl PriceMutation {
    /// Create a price. Prices are not edited: a price that applies from a later time supersedes this one.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn create_price(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The values to create it with.")] input: CreatePriceInput,
    ) -> Result<CreatePricePayload> {
        let price = ctx
            .service::<Prices>()
            .create(&ctx.audit(), &input.try_into()?)
            .await?;
        Ok(CreatePricePayload {
            price: Price::from(price),
        })
    }
}
