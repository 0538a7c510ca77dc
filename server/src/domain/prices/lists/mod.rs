//! Reads price lists that others publish: LiteLLM's and that of models.dev.

mod decimal;
mod litellm;
mod models_dev;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::value::RawValue;

use super::{NewPrice, PriceTable, table::MAX_PRICES};
use crate::domain::{Error, Result};

/// The members of a JSON object, with their values as they are written.
type Members = BTreeMap<String, Box<RawValue>>;

impl PriceTable {
    /// Parses a table in the format of `docs/prices.md`, or a list of LiteLLM or models.dev. Those have no date of their own, and
    /// only prices of the makers of models are read from them.
    pub fn read_any(text: &str, date: Option<NaiveDate>) -> Result<Self> {
        let Ok(members) = serde_json::from_str::<Members>(text) else {
            return Self::read(text);
        };
        let mut values = members.values().map(|value| value.get());
        let (source, prices) = if members.contains_key("prices") {
            return Self::read(text);
        } else if values.any(|value| value.contains("\"litellm_provider\"")) {
            ("LiteLLM", litellm::read(&members)?)
        } else if members
            .values()
            .all(|value| value.get().contains("\"models\""))
        {
            ("models.dev", models_dev::read(&members)?)
        } else {
            return Self::read(text);
        };
        if prices.is_empty() || prices.len() > MAX_PRICES {
            return Err(Error::BadInput(format!(
                "this list must have 1 to {MAX_PRICES} prices of models of known makers, but has {}",
                prices.len()
            )));
        }
        let Some(date) = date else {
            return Err(Error::bad_input(
                "this list has no date; name the day from which its prices apply",
            ));
        };
        Ok(Self {
            source: source.to_owned(),
            date,
            prices,
        })
    }
}

/// Adds the price of a model, unless an earlier entry has one.
fn add(prices: &mut Vec<NewPrice>, price: NewPrice) {
    let is_known = |known: &NewPrice| known.model_pattern == price.model_pattern;
    if !prices.iter().any(is_known) {
        prices.push(price);
    }
}

#[cfg(test)]
mod tests;
