//! The cost of a request, at the price in force when it started.

use chrono::{DateTime, Utc};
use entity::{
    price,
    provider_account::ProviderKind,
    request::{self, Outcome, Protocol},
};
use uuid::Uuid;

use crate::domain::{
    ledger::Ledger,
    model_name::routed_as,
    prices::{PriceList, PricedUsage, ServiceTier, cost, is_bundled, is_free},
    tokens::{Tokens, tokens_of},
};

/// The origin of a request's cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostBasis {
    /// The price of its model.
    Priced,
    /// The price of another model, because its model has none and a quota assumes one.
    Assumed,
    /// Its model has no price, and nothing is assumed.
    Unpriced,
    /// The price of its model is zero.
    Free,
}

impl CostBasis {
    /// `None` while the tokens are unknown, and if the request used nothing that has a price.
    pub fn of(
        (cost, price_id): (Option<i64>, Option<Uuid>),
        is_unpriced: bool,
        prices: &PriceList,
    ) -> Option<Self> {
        match cost {
            Some(_) if is_unpriced => Some(Self::Assumed),
            None => is_unpriced.then_some(Self::Unpriced),
            Some(cost) => {
                let price = prices.by_id(price_id?);
                let is_free = cost == 0 && price.is_some_and(is_free);
                Some(if is_free { Self::Free } else { Self::Priced })
            }
        }
    }
}

/// Prices requests, with assumptions where quotas need them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pricing<'a> {
    pub(super) prices: &'a PriceList,
    pub(super) ledger: &'a Ledger,
}

impl<'a> Pricing<'a> {
    /// Sets price and cost of a row: zero when it is certainly free, `None` without a price. A price that came into force
    /// since the request started, until `now`, applies only if there was none.
    pub(super) fn set_cost(self, row: &mut request::Model, now: DateTime<Utc>) {
        row.price_id = None;
        row.cost = None;
        row.cost_assumed = false;
        let Some(tokens) = tokens_of(row) else {
            return;
        };
        if uses_nothing(row, tokens) {
            row.cost = Some(0);
            return;
        }
        let Some(started_at) = DateTime::from_timestamp_micros(row.started_at) else {
            return;
        };
        let usage = PricedUsage {
            tokens,
            tier: tier_of(row),
        };
        let price = price_of(row, usage, self.prices, started_at)
            .or_else(|| price_of(row, usage, self.prices, now));
        if let Some(price) = price {
            row.price_id = Some(price.id);
            row.cost = Some(cost(price, usage));
        } else if tokens.is_nothing() {
            row.cost = Some(0);
        } else if let Some(price) = self.assumed_for(row, usage, started_at) {
            row.price_id = Some(price.id);
            row.cost = Some(cost(price, usage));
            row.cost_assumed = true;
        }
    }

    /// The dearest price of the models of the provider, or of those that have served the model while it is unknown.
    fn assumed_for(
        self,
        row: &request::Model,
        usage: PricedUsage,
        at: DateTime<Utc>,
    ) -> Option<&'a price::Model> {
        if !self.ledger.assumes_cost(row, self.prices.aliases()) {
            return None;
        }
        let providers = match row.provider {
            Some(provider) => vec![provider],
            None => self.served_by(row),
        };
        let cost = |price: &price::Model| cost(price, usage);
        self.prices.dearest(&providers, at, cost)
    }

    fn served_by(self, row: &request::Model) -> Vec<ProviderKind> {
        let model = row.model.as_ref();
        let model = model.map(|model| routed_as(row.protocol.into(), model));
        model.map_or_else(Vec::new, |model| self.ledger.served_by(&model))
    }
}

/// The service tier of a row: the one that the provider reports, otherwise the requested one. Unknown tiers have the
/// standard price.
pub fn tier_of(row: &request::Model) -> ServiceTier {
    let name = row.service_tier.as_deref();
    let name = name.or(row.requested_service_tier.as_deref());
    let tier = name.and_then(ServiceTier::named).unwrap_or_default();
    let is_translated = row.protocol != Protocol::AnthropicMessages;
    // The engine asks Claude for its fast mode where another protocol asks for priority.
    if tier == ServiceTier::Priority && is_translated && row.provider == Some(ProviderKind::Claude)
    {
        return ServiceTier::Fast;
    }
    tier
}

fn uses_nothing(row: &request::Model, tokens: Tokens) -> bool {
    let is_failure = row.http_status.is_some_and(|status| status >= 400);
    row.outcome == Outcome::Rejected
        || !row.protocol.generates()
        || (tokens.is_nothing() && is_failure)
}

/// The higher of the prices of the requested model and of the model that served it: the engine may serve another
/// model than the requested one. A price that an administrator set for the requested name applies as it is.
fn price_of<'list>(
    row: &request::Model,
    usage: PricedUsage,
    prices: &'list PriceList,
    at: DateTime<Utc>,
) -> Option<&'list price::Model> {
    let asked = row.model.as_ref();
    let asked = asked.map(|model| routed_as(row.protocol.into(), model));
    let find = |model: &str| prices.find(model, row.provider, at);
    let asked = asked.as_deref().and_then(find);
    if asked.is_some_and(|price| !is_bundled(price)) {
        return asked;
    }
    let served = row.served_model.as_deref().and_then(find);
    // The last of equal ones, which is the price of the requested model.
    [served, asked]
        .into_iter()
        .flatten()
        .max_by_key(|price| cost(price, usage))
}
