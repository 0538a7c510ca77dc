//! The table of prices that comes with the program.

use chrono::{DateTime, Utc};
use entity::price;

use super::{
    PriceTable,
    list::PriceList,
    new_price::{Unsaid, same_models, same_place, same_rates},
};
use crate::domain::Result;

const TABLE: &str = include_str!("bundled.json");
/// How the source of a bundled price begins; its table's date follows.
const PREFIX: &str = "bundled ";

/// The bundled table.
pub(super) fn table() -> Result<PriceTable> {
    PriceTable::read(TABLE)
}

/// Whether a price came with the program.
pub(super) fn is_bundled(price: &price::Model) -> bool {
    claims_to_be(&price.source)
}

/// Whether a source reads like a bundled one, which no other may.
pub(super) fn claims_to_be(source: &str) -> bool {
    source.starts_with(PREFIX)
}

/// The prices of a table that are not in the list yet. The first table is effective from the beginning, so that every
/// request has a price; a later one holds from its date and brings what has changed. An older table
/// brings nothing.
pub(super) fn news(
    table: &PriceTable,
    list: &PriceList,
    now: DateTime<Utc>,
) -> Result<Vec<price::Model>> {
    let source = format!("{PREFIX}{}", table.date);
    let sources = list.rows().iter().map(|row| &row.source);
    let latest = sources.filter(|source| claims_to_be(source)).max();
    // Dates of this form are ordered as texts are.
    if latest.is_some_and(|latest| *latest >= source) {
        return Ok(Vec::new());
    }
    let unsaid = Unsaid {
        effective_from: latest.map_or(DateTime::UNIX_EPOCH, |_| table.begins()),
        source,
        created_at: now,
    };
    let mut news = Vec::new();
    for new in &table.prices {
        let row = new.check(&unsaid)?;
        if !is_known(&row, list) {
            news.push(row);
        }
    }
    Ok(news)
}

/// Whether a price is in the list already, or would only repeat the bundled one before it.
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
