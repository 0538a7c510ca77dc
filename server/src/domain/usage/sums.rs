//! The sums that are kept of requests.

use entity::request::{self, Outcome, UsageSource};
use sea_orm::{DbErr, QueryResult};

use crate::domain::tokens::{Tokens, tokens_of};

pub(super) const COUNT: usize = 13;
/// Their columns, in the order of [`Sums::values`].
pub const COLUMNS: [&str; COUNT] = [
    "requests",
    "failed",
    "rejected",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cost",
    "unpriced",
    "unknown",
    "estimated",
    "duration",
];
/// Larger amounts are clamped: tokens, nano-USD or microseconds of one request. Invented numbers must not overflow
/// the sums, which would fail the whole batch.
const MAX_AMOUNT: i64 = 10_000_000_000_000;

/// The sums over some requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Requests forwarded to the engine.
    pub requests: i64,
    /// Of these, those that the engine, the provider or the server did not complete.
    pub failed: i64,
    /// Rejected by the gateway; not included in `requests`.
    pub rejected: i64,
    pub tokens: Tokens,
    /// Nano-USD.
    pub cost: i64,
    /// Requests that used tokens of a model without a price.
    pub unpriced: i64,
    /// Requests without token counts.
    pub unknown: i64,
    /// Requests whose tokens are estimated.
    pub estimated: i64,
    /// In microseconds, of all requests together.
    pub duration: i64,
}

impl Sums {
    /// The sums of one request.
    pub fn of(row: &request::Model) -> Self {
        if row.outcome == Outcome::Rejected {
            return Self {
                rejected: 1,
                ..Self::default()
            };
        }
        let tokens = tokens_of(row).map(clamped);
        let uses_tokens = tokens.is_some_and(|tokens| tokens.total() > 0);
        Self {
            requests: 1,
            failed: matches!(row.outcome, Outcome::UpstreamError | Outcome::Interrupted).into(),
            rejected: 0,
            tokens: tokens.unwrap_or_default(),
            cost: row.cost.unwrap_or_default().clamp(0, MAX_AMOUNT),
            unpriced: (uses_tokens && row.cost.is_none()).into(),
            unknown: (row.usage_source == UsageSource::Unknown).into(),
            estimated: (row.usage_source == UsageSource::Estimated).into(),
            duration: row.duration.clamp(0, MAX_AMOUNT),
        }
    }

    /// Adds the others `times` times; −1 subtracts them.
    pub fn add(&mut self, others: &Self, times: i64) {
        let mut sums = self.values();
        for (sum, other) in sums.iter_mut().zip(others.values()) {
            *sum = sum.saturating_add(other.saturating_mul(times));
        }
        *self = Self::from_values(sums);
    }

    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// In microseconds; `None` without requests.
    pub fn average_duration(&self) -> Option<i64> {
        self.duration.checked_div(self.requests)
    }

    /// In the order of [`COLUMNS`].
    pub(super) fn values(&self) -> [i64; COUNT] {
        [
            self.requests,
            self.failed,
            self.rejected,
            self.tokens.input,
            self.tokens.cache_read,
            self.tokens.cache_write,
            self.tokens.output,
            self.tokens.reasoning,
            self.cost,
            self.unpriced,
            self.unknown,
            self.estimated,
            self.duration,
        ]
    }

    fn from_values(values: [i64; COUNT]) -> Self {
        let [
            requests,
            failed,
            rejected,
            input,
            cache_read,
            cache_write,
            output,
            reasoning,
            cost,
            unpriced,
            unknown,
            estimated,
            duration,
        ] = values;
        Self {
            requests,
            failed,
            rejected,
            tokens: Tokens {
                input,
                cache_read,
                cache_write,
                output,
                reasoning,
            },
            cost,
            unpriced,
            unknown,
            estimated,
            duration,
        }
    }

    /// Reads the columns of a query by their names.
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let mut values = [0; COUNT];
        for (value, column) in values.iter_mut().zip(COLUMNS) {
            *value = row.try_get("", column)?;
        }
        Ok(Self::from_values(values))
    }
}

fn clamped(tokens: Tokens) -> Tokens {
    let clamp = |count: i64| count.clamp(0, MAX_AMOUNT);
    Tokens {
        input: clamp(tokens.input),
        cache_read: clamp(tokens.cache_read),
        cache_write: clamp(tokens.cache_write),
        output: clamp(tokens.output),
        reasoning: clamp(tokens.reasoning),
    }
}
