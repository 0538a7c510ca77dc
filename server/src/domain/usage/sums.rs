//! The sums that are kept of requests.

use entity::{
    agent_session,
    request::{self, Outcome, UsageSource},
    usage_rollup::{self, Period},
    usage_slice::{self, Dimension},
};
use sea_orm::{DbErr, QueryResult};
use uuid::Uuid;

use crate::domain::tokens::{Tokens, tokens_of};

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
    /// Of these, those that count at an assumed price.
    pub assumed: i64,
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
            unpriced: (row.cost_assumed || (uses_tokens && row.cost.is_none())).into(),
            assumed: row.cost_assumed.into(),
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
        self.set_values(sums);
    }

    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// In microseconds; `None` without requests.
    pub fn average_duration(&self) -> Option<i64> {
        self.duration.checked_div(self.requests)
    }

    /// The tokens that were read from caches, in percent of all input; `None` without input.
    pub fn cache_hit_percent(&self) -> Option<f64> {
        let tokens = self.tokens;
        let input = [tokens.input, tokens.cache_read, tokens.cache_write];
        let input = input.into_iter().fold(0, i64::saturating_add);
        // In tenths of a percent, which 32 bits hold.
        let permille = i128::from(tokens.cache_read) * 1000;
        let permille = permille.checked_div(input.into())?;
        Some(f64::from(i32::try_from(permille).unwrap_or(1000)) / 10.0)
    }

    /// The sum that this column stores; `None` for other columns.
    pub(in crate::domain) fn value_of(&self, column: &str) -> Option<i64> {
        let at = COLUMNS.iter().position(|name| *name == column)?;
        self.values().get(at).copied()
    }

    /// Reads the columns of a query by their names.
    pub(in crate::domain) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let mut values = [0; COLUMNS.len()];
        for (value, column) in values.iter_mut().zip(COLUMNS) {
            *value = row.try_get("", column)?;
        }
        let mut sums = Self::default();
        sums.set_values(values);
        Ok(sums)
    }
}

fn clamped(tokens: Tokens) -> Tokens {
    let clamp = |count: i64| count.clamp(0, MAX_AMOUNT);
    Tokens {
        input: clamp(tokens.input),
        cache_read: clamp(tokens.cache_read),
        cache_write: clamp(tokens.cache_write),
        cache_write_1h: 0,
        output: clamp(tokens.output),
        reasoning: clamp(tokens.reasoning),
        ..Tokens::default()
    }
}

/// The key columns of `usage_rollup`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RollupKey<'a> {
    pub(super) user_id: Uuid,
    pub(super) period: Period,
    pub(super) starts_at: i64,
    pub(super) api_key_id: Uuid,
    pub(super) provider: String,
    pub(super) account_id: Uuid,
    pub(super) model: &'a str,
}

/// The key columns of `usage_slice`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SliceKey {
    pub(super) dimension: Dimension,
    pub(super) period: Period,
    pub(super) starts_at: i64,
    pub(super) subject: String,
}

/// Lists the columns of the sums, in all tables, with the fields of [`Sums`] they store. Everything that
/// handles all columns is generated from this list.
macro_rules! sum_columns {
    ($($column:ident: $($field:ident).+,)*) => {
        /// The columns of the sums.
        pub const COLUMNS: [&str; [$(stringify!($column)),*].len()] = [$(stringify!($column)),*];

        impl Sums {
            fn values(&self) -> [i64; COLUMNS.len()] {
                [$(self.$($field).+),*]
            }

            fn set_values(&mut self, values: [i64; COLUMNS.len()]) {
                [$(self.$($field).+),*] = values;
            }

            pub(super) fn into_rollup(self, key: RollupKey<'_>) -> usage_rollup::Model {
                usage_rollup::Model {
                    user_id: key.user_id,
                    period: key.period,
                    starts_at: key.starts_at,
                    api_key_id: key.api_key_id,
                    provider: key.provider,
                    account_id: key.account_id,
                    model: key.model.to_owned(),
                    $($column: self.$($field).+,)*
                }
            }

            /// Adds to the sums of a session.
            pub(in crate::domain) fn add_to(self, session: &mut agent_session::Model) {
                $(session.$column = session.$column.saturating_add(self.$($field).+);)*
            }

            pub(super) fn into_slice(self, key: SliceKey) -> usage_slice::Model {
                usage_slice::Model {
                    dimension: key.dimension,
                    period: key.period,
                    starts_at: key.starts_at,
                    subject: key.subject,
                    $($column: self.$($field).+,)*
                }
            }
        }

        impl From<&agent_session::Model> for Sums {
            fn from(row: &agent_session::Model) -> Self {
                let mut sums = Self::default();
                sums.set_values([$(row.$column),*]);
                sums
            }
        }

        #[cfg(test)]
        impl From<&usage_slice::Model> for Sums {
            fn from(row: &usage_slice::Model) -> Self {
                let mut sums = Self::default();
                sums.set_values([$(row.$column),*]);
                sums
            }
        }
    };
}

sum_columns! {
    requests: requests,
    failed: failed,
    rejected: rejected,
    input_tokens: tokens.input,
    cache_read_tokens: tokens.cache_read,
    cache_write_tokens: tokens.cache_write,
    output_tokens: tokens.output,
    reasoning_tokens: tokens.reasoning,
    cost: cost,
    unpriced: unpriced,
    assumed: assumed,
    unknown: unknown,
    estimated: estimated,
    duration: duration,
}
