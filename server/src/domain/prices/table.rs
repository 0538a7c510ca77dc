//! Parses price tables: the bundled one, and those that administrators import.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use entity::{
    price::{LongPromptRule, ServiceTier},
    provider_account::ProviderKind,
};
use sea_orm::{ActiveEnum as _, Iterable as _};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Conditions, NewLongPromptRates, NewPrice, NewServiceTierRates, PartialRates, Rates};
use crate::domain::{Error, Result, text, usd};

pub(super) const MAX_PRICES: usize = 5000;

/// A price table with its source and date.
#[derive(Clone, Debug)]
pub struct PriceTable {
    pub source: String,
    pub date: NaiveDate,
    pub(super) prices: Vec<NewPrice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: String,
    date: NaiveDate,
    prices: Vec<Box<RawValue>>,
}

/// Amounts stay text until they are parsed exactly: as JSON numbers they would become floats.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    model: String,
    provider: Option<String>,
    effective_from: Option<String>,
    /// The origin of this price, if it is not that of the table.
    source: Option<String>,
    input: Box<RawValue>,
    cache_read: Option<Box<RawValue>>,
    cache_write: Option<Box<RawValue>>,
    cache_write_1h: Option<Box<RawValue>>,
    output: Box<RawValue>,
    reasoning: Option<Box<RawValue>>,
    per_request: Option<Box<RawValue>>,
    per_image: Option<Box<RawValue>>,
    per_video_second: Option<Box<RawValue>>,
    #[serde(default)]
    long_prompt_rule: Rule,
    #[serde(default)]
    long_prompts: Vec<LongPromptEntry>,
    #[serde(default)]
    service_tiers: Vec<ServiceTierEntry>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Rule {
    #[default]
    WholeRequest,
    PartAbove,
}

/// The fields are repeated because `deny_unknown_fields` does not work with flattened ones.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LongPromptEntry {
    above: i64,
    input: Option<Box<RawValue>>,
    cache_read: Option<Box<RawValue>>,
    cache_write: Option<Box<RawValue>>,
    cache_write_1h: Option<Box<RawValue>>,
    output: Option<Box<RawValue>>,
    reasoning: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ServiceTierEntry {
    tier: String,
    multiplier: Option<Box<RawValue>>,
    input: Option<Box<RawValue>>,
    cache_read: Option<Box<RawValue>>,
    cache_write: Option<Box<RawValue>>,
    cache_write_1h: Option<Box<RawValue>>,
    output: Option<Box<RawValue>>,
    reasoning: Option<Box<RawValue>>,
    #[serde(default)]
    long_prompts: Vec<LongPromptEntry>,
}

impl PriceTable {
    /// Parses a table in the format of `docs/prices.md`. Errors name the entry.
    pub fn read(text: &str) -> Result<Self> {
        let file: File = serde_json::from_str(text)
            .map_err(|error| Error::BadInput(format!("this is not a price table: {error}")))?;
        if file.prices.len() > MAX_PRICES {
            return Err(Error::BadInput(format!(
                "a table can have at most {MAX_PRICES} prices"
            )));
        }
        let prices: Result<Vec<_>> = (1..)
            .zip(file.prices.iter().map(AsRef::as_ref))
            .map(read_entry)
            .collect();
        Ok(Self {
            source: text::required("source", &file.source, 200)?,
            date: file.date,
            prices: prices?,
        })
    }

    /// The effective date of entries that specify none.
    pub(super) fn begins(&self) -> DateTime<Utc> {
        self.date.and_time(NaiveTime::MIN).and_utc()
    }
}

fn read_entry((number, json): (usize, &RawValue)) -> Result<NewPrice> {
    let entry: Entry = serde_json::from_str(json.get())
        .map_err(|error| Error::BadInput(format!("price {number}: {error}")))?;
    let name = format!("price {number} ({})", entry.model);
    entry.read().map_err(|error| error.about(name))
}

impl Entry {
    fn read(&self) -> Result<NewPrice> {
        Ok(NewPrice {
            model_pattern: text::required("model", &self.model, 200)?,
            provider: self.provider.as_deref().map(provider).transpose()?,
            effective_from: self.effective_from.as_deref().map(moment).transpose()?,
            rates: Rates {
                input: amount("input", &self.input)?,
                cache_read: optional("cacheRead", self.cache_read.as_deref())?,
                cache_write: optional("cacheWrite", self.cache_write.as_deref())?,
                cache_write_1h: optional("cacheWrite1h", self.cache_write_1h.as_deref())?,
                output: amount("output", &self.output)?,
                reasoning: optional("reasoning", self.reasoning.as_deref())?,
                per_request: optional("perRequest", self.per_request.as_deref())?,
                per_image: optional("perImage", self.per_image.as_deref())?,
                per_video_second: optional("perVideoSecond", self.per_video_second.as_deref())?,
            },
            conditions: Conditions {
                long_prompt_rule: match self.long_prompt_rule {
                    Rule::WholeRequest => LongPromptRule::WholeRequest,
                    Rule::PartAbove => LongPromptRule::PartAbove,
                },
                long_prompts: long_prompts(&self.long_prompts)?,
                service_tiers: self
                    .service_tiers
                    .iter()
                    .map(ServiceTierEntry::read)
                    .collect::<Result<_>>()?,
            },
            source: self.source.clone(),
        })
    }
}

macro_rules! partial_rates {
    ($entry:expr) => {
        PartialRates {
            input: optional("input", $entry.input.as_deref())?,
            cache_read: optional("cacheRead", $entry.cache_read.as_deref())?,
            cache_write: optional("cacheWrite", $entry.cache_write.as_deref())?,
            cache_write_1h: optional("cacheWrite1h", $entry.cache_write_1h.as_deref())?,
            output: optional("output", $entry.output.as_deref())?,
            reasoning: optional("reasoning", $entry.reasoning.as_deref())?,
        }
    };
}

impl LongPromptEntry {
    fn read(&self) -> Result<NewLongPromptRates> {
        Ok(NewLongPromptRates {
            above: self.above,
            rates: partial_rates!(self),
        })
    }
}

impl ServiceTierEntry {
    fn read(&self) -> Result<NewServiceTierRates> {
        Ok(NewServiceTierRates {
            tier: ServiceTier::named(&self.tier).ok_or_else(|| {
                Error::BadInput(format!(
                    "unknown service tier {:?}; use one of PRIORITY, FLEX, BATCH, FAST",
                    self.tier
                ))
            })?,
            multiplier: optional("multiplier", self.multiplier.as_deref())?,
            rates: partial_rates!(self),
            long_prompts: long_prompts(&self.long_prompts)?,
        })
    }
}

fn long_prompts(entries: &[LongPromptEntry]) -> Result<Vec<NewLongPromptRates>> {
    entries.iter().map(LongPromptEntry::read).collect()
}

fn optional(field: &str, json: Option<&RawValue>) -> Result<Option<i64>> {
    let json = json.filter(|json| json.get() != "null");
    json.map(|json| amount(field, json)).transpose()
}

/// An amount as a JSON string or number.
fn amount(field: &str, json: &RawValue) -> Result<i64> {
    let quoted: std::result::Result<String, _> = serde_json::from_str(json.get());
    let text = quoted.unwrap_or_else(|_| json.get().to_owned());
    let amount = usd::parse(&text)
        .map_err(|error| Error::BadInput(format!("{field} is {text}, but {error}")))?;
    if amount < 0 {
        return Err(Error::BadInput(format!("{field} must not be negative")));
    }
    Ok(amount)
}

fn provider(name: &str) -> Result<ProviderKind> {
    ProviderKind::try_from_value(&name.to_ascii_lowercase()).map_err(|_| {
        let kinds = ProviderKind::iter().map(|kind| kind.to_value().to_ascii_uppercase());
        let kinds = kinds.collect::<Vec<_>>().join(", ");
        Error::BadInput(format!("unknown provider {name:?}; use one of {kinds}"))
    })
}

fn moment(text: &str) -> Result<DateTime<Utc>> {
    let date = text.parse::<NaiveDate>();
    let time = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    date.map(|date| date.and_time(NaiveTime::MIN).and_utc())
        .or(time)
        .map_err(|_| {
            Error::bad_input("effectiveFrom must have the form 2030-12-31 or 2030-12-31T23:59:59Z")
        })
}

#[cfg(test)]
mod tests;
