//! The highest cost that a request is expected to have.

use chrono::{DateTime, Utc};
use entity::provider_account::ProviderKind;

use crate::domain::{
    ledger::{Cost, Ledger},
    prices::{PriceList, Quote, ServiceTier, max_cost},
    tokens::Tokens,
    users::api_keys::Caller,
};

/// The prices of one request.
#[derive(Debug)]
pub(super) struct Costs<'a> {
    prices: &'a PriceList,
    /// `None` without a model.
    quote: Option<Quote<'a>>,
    /// Those that have served the model.
    providers: Vec<ProviderKind>,
    /// Whether a quota may need an assumed cost.
    may_assume: bool,
    /// Those that may serve it.
    tiers: &'a [ServiceTier],
    at: DateTime<Utc>,
}

impl<'a> Costs<'a> {
    /// `model` is as the engine routes it.
    pub(super) fn new(
        (prices, ledger): (&'a PriceList, &Ledger),
        (caller, model): (&Caller, Option<&str>),
        tiers: &'a [ServiceTier],
        at: DateTime<Utc>,
    ) -> Self {
        let providers = model.map_or_else(Vec::new, |model| ledger.served_by(model));
        Self {
            prices,
            quote: model.map(|model| prices.quote(model, &providers, at)),
            providers,
            may_assume: caller.account().may_assume_costs(),
            tiers,
            at,
        }
    }

    /// The highest cost of these tokens.
    pub(super) fn of(&self, tokens: Tokens) -> Cost {
        let cost = |price: &_| max_cost(price, tokens, self.tiers);
        let known = self.quote.as_ref().and_then(|quote| quote.max(cost));
        let is_free = self.quote.as_ref().is_some_and(Quote::is_free);
        let is_priced = self.quote.as_ref().is_some_and(|quote| !quote.is_unpriced);
        match known {
            Some(_) if is_free => Cost::Free,
            Some(known) if is_priced => Cost::Priced(known),
            known => Cost::Unpriced {
                assumed: self.assumed(tokens).max(known).unwrap_or(0),
            },
        }
    }

    fn assumed(&self, tokens: Tokens) -> Option<i64> {
        let cost = |price: &_| max_cost(price, tokens, self.tiers);
        let dearest = || self.prices.dearest(&self.providers, self.at, cost);
        self.may_assume.then(dearest).flatten().map(cost)
    }
}
