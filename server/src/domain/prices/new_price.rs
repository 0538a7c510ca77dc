//! Checks of new prices.

use chrono::{DateTime, Datelike as _, SubsecRound as _, Utc};
use entity::{price, provider_account::ProviderKind};
use sea_orm::ActiveEnum as _;
use uuid::Uuid;

use crate::domain::{Error, Result, text, usd};

/// Beyond this an amount is a slip of the hand.
const GREATEST_DOLLARS: i64 = 999_999;
const GREATEST: i64 = GREATEST_DOLLARS * usd::DOLLAR + (usd::DOLLAR - 1);

/// A new price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPrice {
    /// A model's name, `*` standing for any run of characters.
    pub model_pattern: String,
    /// For every provider when left out.
    pub provider: Option<ProviderKind>,
    pub effective_from: Option<DateTime<Utc>>,
    pub rates: Rates,
    /// Where it was taken from.
    pub source: Option<String>,
}

/// Nano-USD for a million tokens, and for the request itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    pub input: i64,
    /// As input when left out, as is the next.
    pub cache_read: Option<i64>,
    pub cache_write: Option<i64>,
    pub output: i64,
    /// As output when left out.
    pub reasoning: Option<i64>,
    /// Nothing when left out.
    pub per_request: Option<i64>,
}

/// Defaults of a new price.
#[derive(Clone, Debug)]
pub(super) struct Unsaid {
    pub(super) effective_from: DateTime<Utc>,
    pub(super) source: String,
    pub(super) created_at: DateTime<Utc>,
}

impl NewPrice {
    /// The row that it becomes.
    pub(super) fn check(&self, unsaid: &Unsaid) -> Result<price::Model> {
        let rates = &self.rates;
        let source = self.source.as_deref();
        let source = text::optional("source", source, 200)?;
        let effective_from = self.effective_from.unwrap_or(unsaid.effective_from);
        Ok(price::Model {
            id: Uuid::now_v7(),
            provider: self
                .provider
                .map(|kind| kind.to_value())
                .unwrap_or_default(),
            model_pattern: pattern(&self.model_pattern)?,
            effective_from: moment(effective_from)?,
            input_per_million: amount("input", rates.input)?,
            cache_read_per_million: amount("cacheRead", rates.cache_read.unwrap_or(rates.input))?,
            cache_write_per_million: amount(
                "cacheWrite",
                rates.cache_write.unwrap_or(rates.input),
            )?,
            output_per_million: amount("output", rates.output)?,
            reasoning_per_million: amount("reasoning", rates.reasoning.unwrap_or(rates.output))?,
            per_request: amount("perRequest", rates.per_request.unwrap_or(0))?,
            source: source.unwrap_or_else(|| unsaid.source.clone()),
            created_at: unsaid.created_at,
        })
    }
}

/// In small letters, and no star behind a star: what means the same is written the same.
fn pattern(text: &str) -> Result<String> {
    let mut pattern = text::required("model", text, 200)?.to_ascii_lowercase();
    while pattern.contains("**") {
        pattern = pattern.replace("**", "*");
    }
    Ok(pattern)
}

fn amount(field: &str, nanos: i64) -> Result<i64> {
    if (0..=GREATEST).contains(&nanos) {
        return Ok(nanos);
    }
    Err(Error::BadInput(format!(
        "{field} is between 0 and {GREATEST_DOLLARS} US dollars"
    )))
}

/// As precise as both databases are, and in years of four digits, which `SQLite` sorts as text.
fn moment(time: DateTime<Utc>) -> Result<DateTime<Utc>> {
    if (1970..=9999).contains(&time.year()) {
        return Ok(time.trunc_subsecs(6));
    }
    Err(Error::bad_input("effectiveFrom is between 1970 and 9999"))
}

/// Whether two prices are the same but for when and by whom they were set.
pub(super) fn same_rates(one: &price::Model, other: &price::Model) -> bool {
    let rates = |row: &price::Model| {
        [
            row.input_per_million,
            row.cache_read_per_million,
            row.cache_write_per_million,
            row.output_per_million,
            row.reasoning_per_million,
            row.per_request,
        ]
    };
    rates(one) == rates(other)
}

/// Whether two prices are for the same models of the same provider.
pub(super) fn same_models(one: &price::Model, other: &price::Model) -> bool {
    one.model_pattern == other.model_pattern && one.provider == other.provider
}

/// Whether there can be only one of the two.
pub(super) fn same_place(one: &price::Model, other: &price::Model) -> bool {
    same_models(one, other) && one.effective_from == other.effective_from
}
