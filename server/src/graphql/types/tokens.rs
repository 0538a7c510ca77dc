//! Tokens of a request, and the source of their counts.

use async_graphql::{Enum, SimpleObject};

use super::scalar::BigInt;
use crate::domain::tokens;

/// Tokens in five disjoint buckets, however the provider reports them.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub(crate) struct Tokens {
    /// Uncached input tokens.
    input: BigInt,
    /// Input tokens read from a prompt cache.
    cache_read: BigInt,
    /// Input tokens written to a prompt cache.
    cache_write: BigInt,
    /// Output tokens, without reasoning.
    output: BigInt,
    /// Reasoning tokens.
    reasoning: BigInt,
    /// The sum of all buckets.
    total: BigInt,
}

impl From<tokens::Tokens> for Tokens {
    fn from(tokens: tokens::Tokens) -> Self {
        Self {
            input: BigInt(tokens.input),
            cache_read: BigInt(tokens.cache_read),
            cache_write: BigInt(tokens.cache_write),
            output: BigInt(tokens.output),
            reasoning: BigInt(tokens.reasoning),
            total: BigInt(tokens.total()),
        }
    }
}

/// The source of token counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::request::UsageSource")]
pub(crate) enum UsageSource {
    /// Metered from the response.
    Wire,
    /// Reported by the engine's usage queue.
    Engine,
    /// Estimated from the lengths of request and response; quotas count it.
    Estimated,
    /// Not reported. Only in records of earlier versions.
    Unknown,
}

/// Whether the two sources of usage, the metered response and the engine's report, agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::request::Reconciliation")]
pub(crate) enum Reconciliation {
    /// Both report the same usage.
    Matched,
    /// They report different usage.
    Mismatched,
    /// Only metered from the response; the engine has not reported it.
    WireOnly,
    /// Only reported by the engine.
    EngineOnly,
}
