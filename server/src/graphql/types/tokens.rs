//! What a request used, and how that is known.

use async_graphql::{Enum, Object};

use super::scalar::BigInt;
use crate::domain::tokens;

/// What one request used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tokens(pub(crate) tokens::Tokens);

/// Tokens in five buckets that never overlap, whatever the provider's own habit.
#[Object]
impl Tokens {
    /// Read by the model and not from a cache.
    async fn input(&self) -> BigInt {
        BigInt(self.0.input)
    }

    /// Read from a prompt cache.
    async fn cache_read(&self) -> BigInt {
        BigInt(self.0.cache_read)
    }

    /// Written to a prompt cache.
    async fn cache_write(&self) -> BigInt {
        BigInt(self.0.cache_write)
    }

    /// Written by the model, without reasoning.
    async fn output(&self) -> BigInt {
        BigInt(self.0.output)
    }

    /// Written by the model to itself.
    async fn reasoning(&self) -> BigInt {
        BigInt(self.0.reasoning)
    }

    /// All buckets together.
    async fn total(&self) -> BigInt {
        BigInt(self.0.total())
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
