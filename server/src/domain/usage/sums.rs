//! What is summed up of requests.

use entity::request::{self, Outcome, UsageSource};
use sea_orm::{DbErr, QueryResult};

use crate::domain::tokens::{Tokens, tokens_of};

/// How many sums there are.
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
/// More than any request uses, of tokens, nano-USD or microseconds. A number that somebody made up must
/// not overflow the sums: the database would refuse the whole batch.
const MOST: i64 = 10_000_000_000_000;

/// The sums over some requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Forwarded to the engine.
    pub requests: i64,
    /// Of these, those that the engine, the provider or the server did not finish.
    pub failed: i64,
    /// Refused by the gateway; not among `requests`.
    pub rejected: i64,
    pub tokens: Tokens,
    /// Nano-USD.
    pub cost: i64,
    /// Requests that used tokens of a model without a price.
    pub unpriced: i64,
    /// Requests whose tokens nobody told.
    pub unknown: i64,
    /// Requests whose tokens are estimated.
    pub estimated: i64,
    /// Microseconds, of all requests together.
    pub duration: i64,
}

impl Sums {
    /// What one request adds.
    pub fn of(row: &request::Model) -> Self {
        if row.outcome == Outcome::Rejected {
            return Self {
                rejected: 1,
                ..Self::default()
            };
        }
        let tokens = tokens_of(row).map(within_reason);
        let uses_tokens = tokens.is_some_and(|tokens| tokens.total() > 0);
        Self {
            requests: 1,
            failed: matches!(row.outcome, Outcome::UpstreamError | Outcome::Interrupted).into(),
            rejected: 0,
            tokens: tokens.unwrap_or_default(),
            cost: row.cost.unwrap_or_default().clamp(0, MOST),
            unpriced: (uses_tokens && row.cost.is_none()).into(),
            unknown: (row.usage_source == UsageSource::Unknown).into(),
            estimated: (row.usage_source == UsageSource::Estimated).into(),
            duration: row.duration.clamp(0, MOST),
        }
    }

    /// Adds the others so many times; −1 takes them away.
    pub fn add(&mut self, others: &Self, times: i64) {
        let mut sums = self.values();
        for (sum, other) in sums.iter_mut().zip(others.values()) {
            *sum = sum.saturating_add(other.saturating_mul(times));
        }
        *self = Self::from_values(sums);
    }

    /// Whether nothing happened.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// How long a request took on average, in microseconds; `None` without requests.
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

    /// Reads what a query calls as the columns are called.
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let mut values = [0; COUNT];
        for (value, column) in values.iter_mut().zip(COLUMNS) {
            *value = row.try_get("", column)?;
        }
        Ok(Self::from_values(values))
    }
}

fn within_reason(tokens: Tokens) -> Tokens {
    let clamp = |count: i64| count.clamp(0, MOST);
    Tokens {
        input: clamp(tokens.input),
        cache_read: clamp(tokens.cache_read),
        cache_write: clamp(tokens.cache_write),
        output: clamp(tokens.output),
        reasoning: clamp(tokens.reasoning),
    }
}
