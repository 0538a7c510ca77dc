//! What tokens cost.

use async_graphql::{Context, ID, InputObject, MergedObject, Object, SimpleObject};
use entity::{admin, price};

use crate::{
    domain::{
        paging::PageRequest,
        prices::{self, Prices, provider_of},
    },
    graphql::{
        resolver::{context::ContextExt as _, cost::page, error::Result, guard::AtLeast},
        types::{
            paging::{Connection, Node},
            provider::ProviderKind,
            scalar::{DateTime, Usd},
        },
    },
};

impl Node for Price {
    const CONNECTION: &'static str = "PricePart";

    fn cursor(&self) -> String {
        self.id.to_string()
    }
}

/// What the tokens of a model cost from a moment on. It is never changed: a newer price takes its place.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct Price {
    /// The price's id.
    id: ID,
    /// Whose price it is; null for every provider's.
    provider: Option<ProviderKind>,
    /// A model's name in small letters, `*` standing for any run of characters.
    model_pattern: String,
    /// When it begins to hold.
    effective_from: DateTime,
    /// A million tokens that are read by the model and not from a cache.
    input_per_million: Usd,
    /// A million tokens that are read from a cache.
    cache_read_per_million: Usd,
    /// A million tokens that are written to a cache.
    cache_write_per_million: Usd,
    /// A million tokens of answers, without reasoning.
    output_per_million: Usd,
    /// A million tokens of reasoning.
    reasoning_per_million: Usd,
    /// The request itself.
    per_request: Usd,
    /// Where it was taken from.
    source: String,
    /// When it was set.
    created_at: DateTime,
}

impl From<price::Model> for Price {
    fn from(row: price::Model) -> Self {
        Self {
            id: row.id.into(),
            provider: provider_of(&row).map(Into::into),
            model_pattern: row.model_pattern,
            effective_from: row.effective_from.into(),
            input_per_million: Usd(row.input_per_million),
            cache_read_per_million: Usd(row.cache_read_per_million),
            cache_write_per_million: Usd(row.cache_write_per_million),
            output_per_million: Usd(row.output_per_million),
            reasoning_per_million: Usd(row.reasoning_per_million),
            per_request: Usd(row.per_request),
            source: row.source,
            created_at: row.created_at.into(),
        }
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
            Connection::new(page, Price::from),
            PriceCount(filter),
        ))
    }
}
