//! Setting prices.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use entity::admin;

use super::list::Price;
use crate::{
    domain::prices::{NewPrice, Prices, Rates},
    graphql::{
        resolver::{context::ContextExt as _, error::Result, guard::AtLeast},
        types::{
            provider::ProviderKind,
            scalar::{DateTime, Usd},
        },
    },
};

/// What a new price is like.
#[derive(InputObject)]
struct CreatePriceInput {
    /// A model's name in any case, `*` standing for any run of characters.
    model_pattern: String,
    /// Whose price it is; every provider's when left out.
    provider: Option<ProviderKind>,
    /// When it begins to hold; now when left out. What was settled before keeps its cost.
    effective_from: Option<DateTime>,
    /// A million tokens that are read by the model and not from a cache.
    input_per_million: Usd,
    /// A million tokens that are read from a cache; as input when left out.
    cache_read_per_million: Option<Usd>,
    /// A million tokens that are written to a cache; as input when left out.
    cache_write_per_million: Option<Usd>,
    /// A million tokens of answers, without reasoning.
    output_per_million: Usd,
    /// A million tokens of reasoning; as output when left out.
    reasoning_per_million: Option<Usd>,
    /// The request itself; nothing when left out.
    per_request: Option<Usd>,
    /// Where it was taken from.
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

/// A price was set.
#[derive(SimpleObject)]
struct CreatePricePayload {
    /// The price.
    price: Price,
}

/// The prices' part of the changes.
#[derive(Debug, Default)]
pub(crate) struct PriceMutation;

#[Object]
impl PriceMutation {
    /// Set a price. To change one, set another that begins later.
    #[graphql(guard = "AtLeast(admin::Role::Admin)")]
    async fn create_price(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is like.")] input: CreatePriceInput,
    ) -> Result<CreatePricePayload> {
        let price = ctx.service::<Prices>().create(&input.into()).await?;
        Ok(CreatePricePayload {
            price: Price::from(price),
        })
    }
}
