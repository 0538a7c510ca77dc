//! What tokens cost.

use async_graphql::{Context, ID, InputObject, MergedObject, Object, SimpleObject};
use entity::{admin, price};

use crate::{
    domain::{
        paging::PageRequest,
        prices::{self, NewPrice, Prices, Rates, provider_of},
    },
    graphql::{
        provider::account::ProviderKind,
        resolver::{context::ContextExt as _, cost::page, error::Result, guard::AtLeast},
        types::{
            paging::{Connection, Node},
            scalar::{DateTime, Usd},
        },
    },
};

/// A price.
#[derive(Clone, Debug)]
pub(crate) struct Price(pub(crate) price::Model);

impl Node for Price {
    const CONNECTION: &'static str = "PricePart";

    fn cursor(&self) -> String {
        self.0.id.to_string()
    }
}

/// What the tokens of a model cost from a moment on. It is never changed: a newer price takes its place.
#[Object]
impl Price {
    /// The price's id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Whose price it is; null for every provider's.
    async fn provider(&self) -> Option<ProviderKind> {
        provider_of(&self.0).map(Into::into)
    }

    /// A model's name in small letters, `*` standing for any run of characters.
    async fn model_pattern(&self) -> &str {
        &self.0.model_pattern
    }

    /// When it begins to hold.
    async fn effective_from(&self) -> DateTime {
        self.0.effective_from.into()
    }

    /// A million tokens that are read by the model and not from a cache.
    async fn input_per_million(&self) -> Usd {
        Usd(self.0.input_per_million)
    }

    /// A million tokens that are read from a cache.
    async fn cache_read_per_million(&self) -> Usd {
        Usd(self.0.cache_read_per_million)
    }

    /// A million tokens that are written to a cache.
    async fn cache_write_per_million(&self) -> Usd {
        Usd(self.0.cache_write_per_million)
    }

    /// A million tokens of answers, without reasoning.
    async fn output_per_million(&self) -> Usd {
        Usd(self.0.output_per_million)
    }

    /// A million tokens of reasoning.
    async fn reasoning_per_million(&self) -> Usd {
        Usd(self.0.reasoning_per_million)
    }

    /// The request itself.
    async fn per_request(&self) -> Usd {
        Usd(self.0.per_request)
    }

    /// Where it was taken from.
    async fn source(&self) -> &str {
        &self.0.source
    }

    /// When it was set.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }
}

/// Which prices are wanted. All conditions count together.
#[derive(Debug, Default, InputObject)]
struct PriceFilter {
    /// Part of a pattern, or a model's name that the pattern fits; in any case.
    model: Option<String>,
    /// Only the price of each pattern that holds now, or only those that do not: past, yet to come, or
    /// bundled where an administrator set another.
    in_force: Option<bool>,
}

impl From<PriceFilter> for prices::PriceFilter {
    fn from(filter: PriceFilter) -> Self {
        Self {
            model: filter.model,
            in_force: filter.in_force,
        }
    }
}

/// A part of the list of prices.
#[derive(MergedObject)]
struct PriceConnection(Connection<Price>, PriceCount);

/// How many prices a filter finds, should anybody ask.
#[derive(Debug)]
struct PriceCount(prices::PriceFilter);

#[Object]
impl PriceCount {
    /// How many prices there are on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> usize {
        ctx.service::<Prices>().count(&self.0)
    }
}

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

/// The prices' part of the queries.
#[derive(Debug, Default)]
pub(crate) struct PriceQuery;

#[Object]
impl PriceQuery {
    /// Prices that hold, have held and will hold, by pattern and provider, the latest first.
    #[graphql(
        guard = "AtLeast(admin::Role::Viewer)",
        complexity = "page(first, None, child_complexity)"
    )]
    #[expect(clippy::unused_async, reason = "resolvers are; prices are in memory")]
    async fn prices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which prices; all when left out.")] filter: Option<PriceFilter>,
        #[graphql(desc = "How many, at most 200; 50 when left out.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
    ) -> Result<PriceConnection> {
        let filter = filter.unwrap_or_default().into();
        let page = PageRequest {
            first,
            after,
            ..PageRequest::default()
        };
        let page = ctx.service::<Prices>().list(&filter, &page)?;
        Ok(PriceConnection(
            Connection::new(page, Price),
            PriceCount(filter),
        ))
    }
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
        let price = ctx
            .service::<Prices>()
            .create(&ctx.audit(), &input.into())
            .await?;
        Ok(CreatePricePayload {
            price: Price(price),
        })
    }
}
