//! Totals over requests.

use async_graphql::SimpleObject;

use crate::{
    domain::usage::Sums,
    graphql::types::{
        scalar::{BigInt, Usd, int},
        tokens::Tokens,
    },
};

/// Totals over requests.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub(crate) struct UsageTotals {
    /// Requests that were forwarded to the engine.
    requests: BigInt,
    /// Forwarded requests that the engine, the provider or the server did not complete.
    failed: BigInt,
    /// Requests that the gateway rejected; not included in `requests`.
    rejected: BigInt,
    /// The tokens, as far as known.
    tokens: Tokens,
    /// The cost, as far as prices exist or are assumed.
    cost: Usd,
    /// Requests that used tokens of a model without a price.
    unpriced: BigInt,
    /// Of these, the requests whose cost is assumed, because a quota assumes one. The others have no cost.
    assumed: BigInt,
    /// Requests whose tokens are unknown.
    unknown: BigInt,
    /// Requests whose tokens are estimated.
    estimated: BigInt,
    /// The average duration of a request, in milliseconds; null without requests.
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
            assumed: BigInt(sums.assumed),
            unknown: BigInt(sums.unknown),
            estimated: BigInt(sums.estimated),
            average_duration_ms: sums.average_duration().map(|micros| int(micros / 1000)),
        }
    }
}
