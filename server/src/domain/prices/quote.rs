//! The prices that may apply to a request, and those that are assumed for models without one.

use chrono::{DateTime, Utc};
use entity::{
    price::{self, TokenRates},
    provider_account::ProviderKind,
};
use smallvec::SmallVec;

use super::list::{PriceList, provider_of};
use crate::providers;

/// The prices that may apply to a request before its provider is known.
#[derive(Clone, Debug)]
pub struct Quote<'list> {
    prices: SmallVec<[&'list price::Model; 2]>,
    /// Whether a provider without a price for the model may serve it.
    pub is_unpriced: bool,
}

impl Quote<'_> {
    /// Whether it costs nothing at any provider.
    pub fn is_free(&self) -> bool {
        !self.is_unpriced && self.prices.iter().all(|price| is_free(price))
    }

    /// The highest cost; `None` without a price.
    pub fn max(&self, cost: impl Fn(&price::Model) -> i64) -> Option<i64> {
        self.prices.iter().map(|price| cost(price)).max()
    }
}

impl PriceList {
    /// The prices that may apply to a request for a model, which one of these providers will serve; an empty list
    /// stands for any provider.
    pub fn quote(&self, model: &str, providers: &[ProviderKind], at: DateTime<Utc>) -> Quote<'_> {
        let of_any = self.find(model, None, at);
        let may_serve = |kind: &&ProviderKind| providers.is_empty() || providers.contains(kind);
        let own: SmallVec<[_; 2]> = self
            .providers
            .iter()
            .filter(may_serve)
            .filter_map(|kind| self.find(model, Some(*kind), at))
            .collect();
        let are_all_known = !own.is_empty() && own.len() >= providers.len();
        Quote {
            is_unpriced: of_any.is_none() && !are_all_known,
            prices: of_any.into_iter().chain(own).collect(),
        }
    }

    /// The price with the highest cost among those in force for the models of these providers. All prices in force
    /// count if the list is empty, or if none of its providers has a price. `None` if no price is in force.
    pub fn dearest(
        &self,
        providers: &[ProviderKind],
        at: DateTime<Utc>,
        cost: impl Fn(&price::Model) -> i64,
    ) -> Option<&price::Model> {
        let in_force = || self.in_force(at);
        let of_providers = in_force().filter(|price| {
            let mut kinds = providers.iter();
            kinds.any(|kind| is_of(price, *kind))
        });
        let dearest = of_providers.max_by_key(|price| cost(price));
        dearest.or_else(|| in_force().max_by_key(|price| cost(price)))
    }
}

/// Whether a price is zero, for prompts of any length and in any service tier.
pub fn is_free(price: &price::Model) -> bool {
    let conditional = price.conditional_rates.iter();
    let mut others = conditional.flat_map(|conditional| {
        let tiers = conditional.service_tiers.iter();
        let of_tiers = tiers.flat_map(|tier| {
            let long = tier.long_prompts.iter().map(|long| &long.rates);
            long.chain([&tier.rates])
        });
        let long = conditional.long_prompts.iter().map(|long| &long.rates);
        long.chain(of_tiers)
    });
    let units = [price.per_request, price.per_image, price.per_video_second];
    units.into_iter().all(|rate| rate <= 0) && is_zero(&price.rates()) && others.all(is_zero)
}

fn is_zero(rates: &TokenRates) -> bool {
    let rates = [
        rates.input,
        rates.cache_read,
        rates.cache_write,
        rates.cache_write_1h,
        rates.output,
        rates.reasoning,
    ];
    rates.into_iter().all(|rate| rate <= 0)
}

/// Whether a price is for a model of this provider: for its requests only, or for a name that its models have.
fn is_of(price: &price::Model, kind: ProviderKind) -> bool {
    if let Some(own) = provider_of(price) {
        return own == kind;
    }
    let mut prefixes = providers::spec(kind).model_prefixes.iter();
    prefixes.any(|prefix| price.model_pattern.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use sea_orm::ActiveEnum as _;

    use super::*;
    use crate::domain::prices::sample::price;

    const AT: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn costing(pattern: &str, provider: Option<ProviderKind>, input: i64) -> price::Model {
        price::Model {
            provider: provider.map(|kind| kind.to_value()).unwrap_or_default(),
            input_per_million: input,
            effective_from: AT,
            ..price(pattern)
        }
    }

    fn list() -> PriceList {
        PriceList::new(vec![
            costing("claude-opus", None, 15),
            costing("claude-haiku", None, 1),
            costing("gpt-5", None, 10),
            costing("o1-pro", None, 150),
            costing("router-model", Some(ProviderKind::Openrouter), 7),
            costing("own-*", Some(ProviderKind::Claude), 20),
        ])
    }

    fn dearest(providers: &[ProviderKind]) -> Option<String> {
        let list = list();
        let found = list.dearest(providers, AT, |price| price.input_per_million);
        found.map(|price| price.model_pattern.clone())
    }

    #[test]
    fn the_dearest_price_is_of_the_providers_models() {
        assert_eq!(dearest(&[ProviderKind::Claude]).as_deref(), Some("own-*"));
        assert_eq!(dearest(&[ProviderKind::Chatgpt]).as_deref(), Some("o1-pro"));
        let router = dearest(&[ProviderKind::Openrouter]);
        assert_eq!(router.as_deref(), Some("router-model"));
        let both = [ProviderKind::Openrouter, ProviderKind::Claude];
        assert_eq!(dearest(&both).as_deref(), Some("own-*"));
    }

    #[test]
    fn the_dearest_of_all_prices_stands_for_a_provider_without_any() {
        assert_eq!(dearest(&[]).as_deref(), Some("o1-pro"));
        assert_eq!(dearest(&[ProviderKind::Copilot]).as_deref(), Some("o1-pro"));
        let empty = PriceList::default();
        assert!(empty.dearest(&[], AT, |_| 1).is_none());
    }

    #[test]
    fn a_model_is_priced_only_if_each_provider_that_may_serve_it_has_a_price() {
        let list = list();
        let is_unpriced = |model, kinds: &[_]| list.quote(model, kinds, AT).is_unpriced;
        let router = ProviderKind::Openrouter;

        assert!(!is_unpriced("gpt-5", &[]));
        assert!(is_unpriced("gpt-6", &[]));
        assert!(!is_unpriced("router-model", &[]));
        assert!(!is_unpriced("router-model", &[router]));
        assert!(is_unpriced("router-model", &[ProviderKind::Claude]));
        assert!(is_unpriced("router-model", &[router, ProviderKind::Claude]));
    }

    #[test]
    fn a_model_is_free_only_if_it_costs_nothing_at_any_provider() {
        let prices = vec![
            costing("local", None, 0),
            costing("local-too", None, 0),
            costing("local-too", Some(ProviderKind::Openrouter), 1),
        ];
        let list = PriceList::new(prices);
        let is_free = |model, kinds: &[_]| list.quote(model, kinds, AT).is_free();

        assert!(is_free("local", &[]));
        assert!(!is_free("local-too", &[]));
        assert!(!is_free("local-too", &[ProviderKind::Openrouter]));
        assert!(is_free("local-too", &[ProviderKind::Claude]));
        assert!(!is_free("unknown", &[]));
    }
}
