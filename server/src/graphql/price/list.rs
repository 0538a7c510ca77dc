//! Prices: the type and the query.

use async_graphql::{Context, ID, InputObject, MergedObject, Object, SimpleObject};
use entity::price;

use super::conditions::{LongPromptRates, LongPromptRule, ServiceTierRates};
use crate::{
    domain::{
        paging::PageRequest,
        prices::{self, Prices, provider_of},
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::page,
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
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

/// The cost of a model's tokens from a point in time on. Prices are immutable: a later price supersedes an
/// earlier one.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct Price {
    /// The price's id.
    id: ID,
    /// The provider that the price applies to; null for all providers.
    provider: Option<ProviderKind>,
    /// A lower-case model name, in which `*` matches any characters.
    model_pattern: String,
    /// The time from which the price applies.
    effective_from: DateTime,
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
    /// US dollars per request, in addition to its tokens.
    per_request: Usd,
    /// US dollars per image of a response, in addition to its tokens.
    per_image: Usd,
    /// US dollars per second of an ordered video, in addition to its tokens.
    per_video_second: Usd,
    /// Which tokens of a request with a long prompt have the long-prompt rates.
    long_prompt_rule: LongPromptRule,
    /// The rates of long prompts in standard service, by ascending threshold: up to 6.
    long_prompts: Vec<LongPromptRates>,
    /// The rates of other service tiers. A request in a tier without rates has the standard ones.
    service_tiers: Vec<ServiceTierRates>,
    /// The source of the price, such as a URL.
    source: String,
    /// The time at which it was set.
    created_at: DateTime,
}

impl From<price::Model> for Price {
    fn from(row: price::Model) -> Self {
        let rates = row.rates();
        let conditional = row.conditional_rates.clone().unwrap_or_default();
        Self {
            id: row.id.into(),
            provider: provider_of(&row).map(Into::into),
            model_pattern: row.model_pattern,
            effective_from: row.effective_from.into(),
            input_per_million: Usd(row.input_per_million),
            cache_read_per_million: Usd(row.cache_read_per_million),
            cache_write_per_million: Usd(row.cache_write_per_million),
            cache_write_1h_per_million: Usd(rates.cache_write_1h),
            output_per_million: Usd(row.output_per_million),
            reasoning_per_million: Usd(row.reasoning_per_million),
            per_request: Usd(row.per_request),
            per_image: Usd(row.per_image),
            per_video_second: Usd(row.per_video_second),
            long_prompt_rule: conditional.long_prompt_rule.into(),
            long_prompts: conditional
                .long_prompts
                .into_iter()
                .map(Into::into)
                .collect(),
            service_tiers: conditional
                .service_tiers
                .into_iter()
                .map(Into::into)
                .collect(),
            source: row.source,
            created_at: row.created_at.into(),
        }
    }
}

/// A filter of prices. Conditions are combined with AND.
#[derive(Debug, Default, InputObject)]
struct PriceFilter {
    /// Part of a pattern, or a model name that the pattern matches; case-insensitive.
    model: Option<String>,
    /// True for prices in force only; false for past, future and overridden bundled prices only.
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

/// A page of prices.
#[derive(MergedObject)]
struct PriceConnection(Connection<Price>, PriceCount);

/// Counts prices only when `totalCount` is selected.
#[derive(Debug)]
struct PriceCount(prices::PriceFilter);

#[Object]
impl PriceCount {
    /// The number of prices on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> usize {
        ctx.service::<Prices>().count(&self.0)
    }
}

#[derive(Debug, Default)]
pub(crate) struct PriceQuery;

#[Object(guard = "Declared")]
impl PriceQuery {
    /// Current, past and future prices, ordered by pattern and provider, newest first.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "page(first, None, child_complexity)"
    )]
    #[expect(clippy::unused_async, reason = "resolvers are; prices are in memory")]
    async fn prices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A filter; all prices when omitted.")] filter: Option<PriceFilter>,
        #[graphql(desc = "The page size: 1 to 200, 50 when omitted.")] first: Option<i32>,
        #[graphql(desc = "Return items after this cursor.")] after: Option<String>,
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
