//! The cost of a request, at the price in force when it started.

use chrono::{DateTime, Utc};
use entity::{
    price,
    provider_account::ProviderKind,
    request::{self, Outcome, Protocol},
};

use crate::domain::{
    model_name::routed_as,
    prices::{PriceList, PricedUsage, ServiceTier, cost, is_bundled},
    tokens::{Tokens, tokens_of},
};

/// Sets price and cost of a row: zero when it is certainly free, `None` without a price.
pub(super) fn set_cost(row: &mut request::Model, prices: &PriceList) {
    row.price_id = None;
    row.cost = None;
    let Some(tokens) = tokens_of(row) else {
        return;
    };
    if is_free(row, tokens) {
        row.cost = Some(0);
        return;
    }
    let usage = PricedUsage {
        tokens,
        tier: tier_of(row),
    };
    if let Some(price) = price_of(row, usage, prices) {
        row.price_id = Some(price.id);
        row.cost = Some(cost(price, usage));
    } else if tokens.total() == 0 {
        row.cost = Some(0);
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

fn is_free(row: &request::Model, tokens: Tokens) -> bool {
    let is_failure = row.http_status.is_some_and(|status| status >= 400);
    row.outcome == Outcome::Rejected
        || !row.protocol.generates()
        || (tokens.total() == 0 && is_failure)
}

/// The higher of the prices of the requested model and of the model that served it: the engine may serve another
/// model than the requested one. A price that an administrator set for the requested name applies as it is.
fn price_of<'list>(
    row: &request::Model,
    usage: PricedUsage,
    prices: &'list PriceList,
) -> Option<&'list price::Model> {
    let at: DateTime<Utc> = DateTime::from_timestamp_micros(row.started_at)?;
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
