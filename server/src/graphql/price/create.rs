//! Creating prices.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::list::Price;
use crate::{
    domain::prices::{NewPrice, Prices, Rates},
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
    /// US dollars per million output tokens, without reasoning.
    output_per_million: Usd,
    /// US dollars per million reasoning tokens; the output price when omitted.
    reasoning_per_million: Option<Usd>,
    /// US dollars per request, in addition to its tokens; 0 when omitted.
    per_request: Option<Usd>,
    /// The source of the price, such as a URL.
    source: Option<String>,
}

impl From<CreatePriceInput> for NewPrice {
    fn from(input: CreatePriceInput) -> Self {
        let nanos = |amount: Option<Usd>| amount.map(|Usd(nanos)| nanos);
        Self {
            model_pattern: input.model_pattern,
            provider: input.provider.map(Into::into),
            effective_from: input.effective_from.map(Into::into),
            rates: Rates {
                input: input.input_per_million.0,
                cache_read: nanos(input.cache_read_per_million),
                cache_write: nanos(input.cache_write_per_million),
                output: input.output_per_million.0,
                reasoning: nanos(input.reasoning_per_million),
                per_request: nanos(input.per_request),
            },
            source: input.source,
        }
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
            .create(&ctx.audit(), &input.into())
            .await?;
        Ok(CreatePricePayload {
            price: Price::from(price),
        })
    }
}
