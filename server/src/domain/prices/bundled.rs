//! The price table that is shipped with the program.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use entity::price;

use super::{
    PriceTable,
    list::PriceList,
    new_price::{Defaults, same_models, same_place, same_rates},
};
use crate::domain::Result;

const TABLE: &str = include_str!("bundled.json");
/// The prefix of the source of bundled prices; the date of the table follows, and then the source of the price if it has one
/// of its own.
const PREFIX: &str = "bundled ";

pub(super) fn table() -> Result<PriceTable> {
    PriceTable::read(TABLE)
}

pub(super) fn is_bundled(price: &price::Model) -> bool {
    claims_to_be(&price.source)
}

/// Whether a source has the prefix that is reserved for bundled prices.
pub(super) fn claims_to_be(source: &str) -> bool {
    source.starts_with(PREFIX)
}

/// The date of the table that a bundled price is from; `None` for other prices.
pub(super) fn date_of(price: &price::Model) -> Option<DateTime<Utc>> {
    Some(day_of(&price.source)?.and_time(NaiveTime::MIN).and_utc())
}

fn day_of(source: &str) -> Option<NaiveDate> {
    let rest = source.strip_prefix(PREFIX)?;
    let date = rest.split_once(':').map_or(rest, |(date, _)| date);
    NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()
}

/// The bundled prices that are not stored yet. The first table is effective from 1970, so that every request has a
/// price; a newer one from its date, with the prices that changed. An older table adds nothing.
pub(super) fn missing(
    table: &PriceTable,
    list: &PriceList,
    now: DateTime<Utc>,
) -> Result<Vec<price::Model>> {
    let latest = list
        .rows()
        .iter()
        .filter_map(|row| day_of(&row.source))
        .max();
    if latest.is_some_and(|latest| latest >= table.date) {
        return Ok(Vec::new());
    }
    let defaults = Defaults {
        effective_from: latest.map_or(DateTime::UNIX_EPOCH, |_| table.begins()),
        source: format!("{PREFIX}{}", table.date),
        created_at: now,
    };
    let mut missing = Vec::new();
    for new in &table.prices {
        let mut row = new.check(&defaults)?;
        if let Some(source) = &new.source {
            row.source = format!("{}: {source}", defaults.source);
        }
        if !is_known(&row, list) {
            missing.push(row);
        }
    }
    Ok(missing)
}

/// Whether a price is stored already or equals the bundled one before it.
fn is_known(row: &price::Model, list: &PriceList) -> bool {
    let known = list.rows().iter();
    if known.clone().any(|other| same_place(row, other)) {
        return true;
    }
    let before = known
        .filter(|other| is_bundled(other) && same_models(row, other))
        .filter(|other| other.effective_from < row.effective_from)
        .max_by_key(|other| other.effective_from);
    before.is_some_and(|before| same_rates(row, before))
}

#[cfg(test)]
mod tests;
