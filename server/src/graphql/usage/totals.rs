//! The sums over some requests.

use async_graphql::SimpleObject;

use crate::{
    domain::usage::Sums,
    graphql::types::{
        scalar::{BigInt, Usd, int},
        tokens::Tokens,
    },
};

/// The sums over some requests.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub(crate) struct UsageTotals {
    /// Forwarded to the engine.
    requests: BigInt,
    /// Of these, those that the engine, the provider or the server did not finish.
    failed: BigInt,
    /// Refused by the gateway; not among `requests`.
    rejected: BigInt,
    /// What was used, as far as it is known.
    tokens: Tokens,
    /// What that cost, as far as there are prices.
    cost: Usd,
    /// Requests that used tokens of a model without a price.
    unpriced: BigInt,
    /// Requests whose tokens nobody told.
    unknown: BigInt,
    /// Requests whose tokens are estimated.
    estimated: BigInt,
    /// How long a request took on average, in milliseconds; null without requests.
    average_duration_ms: Option<i32>,
}

impl From<Sums> for UsageTotals {
    fn from(sums: Sums) -> Self {
        Self {
            requests: BigInt(sums.requests),
            failed: BigInt(sums.failed),
            rejected: BigInt(sums.rejected),
            tokens: sums.tokens.into(),
            cost: Usd(sums.cost),
            unpriced: BigInt(sums.unpriced),
            unknown: BigInt(sums.unknown),
            estimated: BigInt(sums.estimated),
            average_duration_ms: sums.average_duration().map(|micros| int(micros / 1000)),
        }
    }
}
