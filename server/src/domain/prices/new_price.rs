//! Validation of new prices.

use chrono::{DateTime, Datelike as _, SubsecRound as _, Utc};
use entity::{price, provider_account::ProviderKind};
use sea_orm::ActiveEnum as _;
use uuid::Uuid;

use super::conditions::{Conditions, PartialRates};
use crate::domain::{Error, Result, text, usd};

/// Larger amounts are rejected as typing errors.
const MAX_DOLLARS: i64 = 999_999;
const GREATEST: i64 = MAX_DOLLARS * usd::DOLLAR + (usd::DOLLAR - 1);

/// A price to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPrice {
    /// A model name; `*` stands for any run of characters.
    pub model_pattern: String,
    /// `None` for every provider.
    pub provider: Option<ProviderKind>,
    pub effective_from: Option<DateTime<Utc>>,
    pub rates: Rates,
    /// The rates of long prompts and of other service tiers.
    pub conditions: Conditions,
    /// The origin of the price, such as an address.
    pub source: Option<String>,
}

/// Nano-USD per million tokens, and per request, image and second of video.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    pub input: i64,
    /// `None` for the input price; also for `cache_write`.
    pub cache_read: Option<i64>,
    pub cache_write: Option<i64>,
    /// Of cache writes that are kept for an hour; `None` for the price of other cache writes.
    pub cache_write_1h: Option<i64>,
    pub output: i64,
    /// `None` for the output price.
    pub reasoning: Option<i64>,
    /// `None` for no charge per request; also for the next two.
    pub per_request: Option<i64>,
    /// For each image of an answer.
    pub per_image: Option<i64>,
    /// For each second of an ordered video.
    pub per_video_second: Option<i64>,
}

/// The values of fields that a new price omits.
#[derive(Clone, Debug)]
pub(super) struct Defaults {
    pub(super) effective_from: DateTime<Utc>,
    pub(super) source: String,
    pub(super) created_at: DateTime<Utc>,
}

impl NewPrice {
    /// Validates the price and returns its row.
    pub(super) fn check(&self, defaults: &Defaults) -> Result<price::Model> {
        let source = self.source.as_deref();
        let source = text::optional("source", source, 200)?;
        let effective_from = self.effective_from.unwrap_or(defaults.effective_from);
        let rates = PartialRates::from(self.rates).checked()?;
        Ok(price::Model {
            id: Uuid::now_v7(),
            provider: self
                .provider
                .map(|kind| kind.to_value())
                .unwrap_or_default(),
            model_pattern: pattern(&self.model_pattern)?,
            effective_from: moment(effective_from)?,
            input_per_million: rates.input,
            cache_read_per_million: rates.cache_read,
            cache_write_per_million: rates.cache_write,
            cache_write_1h_per_million: self.rates.cache_write_1h,
            output_per_million: rates.output,
            reasoning_per_million: rates.reasoning,
            per_request: amount("perRequest", self.rates.per_request.unwrap_or(0))?,
            per_image: amount("perImage", self.rates.per_image.unwrap_or(0))?,
            per_video_second: amount("perVideoSecond", self.rates.per_video_second.unwrap_or(0))?,
            conditional_rates: self.conditions.check(self.rates.into())?,
            source: source.unwrap_or_else(|| defaults.source.clone()),
            created_at: defaults.created_at,
        })
    }
}

/// In lower case and without repeated wildcards, so that equal patterns are equal text.
fn pattern(text: &str) -> Result<String> {
    let mut pattern = text::required("model", text, 200)?.to_ascii_lowercase();
    while pattern.contains("**") {
        pattern = pattern.replace("**", "*");
    }
    Ok(pattern)
}

pub(super) fn amount(field: &str, nanos: i64) -> Result<i64> {
    if (0..=GREATEST).contains(&nanos) {
        return Ok(nanos);
    }
    Err(Error::BadInput(format!(
        "{field} must be between 0 and {MAX_DOLLARS} US dollars"
    )))
}

/// In microseconds, the precision of both databases, and with a year of four digits, because `SQLite` sorts times as
/// text.
fn moment(time: DateTime<Utc>) -> Result<DateTime<Utc>> {
    if (1970..=9999).contains(&time.year()) {
        return Ok(time.trunc_subsecs(6));
    }
    Err(Error::bad_input(
        "effectiveFrom must be between 1970 and 9999",
    ))
}

/// Whether two prices differ only in their dates and source.
pub(super) fn same_rates(one: &price::Model, other: &price::Model) -> bool {
    one.rates() == other.rates()
        && one.per_request == other.per_request
        && one.per_image == other.per_image
        && one.per_video_second == other.per_video_second
        && one.conditional_rates == other.conditional_rates
}

/// Whether two prices are for the same pattern and provider.
pub(super) fn same_models(one: &price::Model, other: &price::Model) -> bool {
    one.model_pattern == other.model_pattern && one.provider == other.provider
}

/// Whether two prices violate the unique index together.
pub(super) fn same_place(one: &price::Model, other: &price::Model) -> bool {
    same_models(one, other) && one.effective_from == other.effective_from
}
