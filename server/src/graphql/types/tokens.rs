//! What a request used, and how that is known.

use async_graphql::{Enum, SimpleObject};

use super::scalar::BigInt;
use crate::domain::tokens;

/// Tokens in five buckets that never overlap, whatever the provider's own habit.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub(crate) struct Tokens {
    /// Read by the model and not from a cache.
    input: BigInt,
    /// Read from a prompt cache.
    cache_read: BigInt,
    /// Written to a prompt cache.
    cache_write: BigInt,
    /// Written by the model, without reasoning.
    output: BigInt,
    /// Written by the model to itself.
    reasoning: BigInt,
    /// All buckets together.
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

/// Where token counts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::request::UsageSource")]
pub(crate) enum UsageSource {
    /// Read from the answer as it passed.
    Wire,
    /// Told by the engine's usage queue.
    Engine,
    /// Worked out from the length of what was asked and answered; quotas count it.
    Estimated,
    /// Not reported; only in requests of earlier versions, which estimated less.
    Unknown,
}

/// Whether the two sources of usage agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::request::Reconciliation")]
pub(crate) enum Reconciliation {
    /// The wire and the engine say the same.
    Matched,
    /// They differ.
    Mismatched,
    /// Only the wire told; the engine has not reported yet, or never will.
    WireOnly,
    /// Only the engine told.
    EngineOnly,
}
