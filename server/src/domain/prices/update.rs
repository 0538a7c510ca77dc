//! The difference between a published price list and the stored prices, for approval.
//!
//! A list supersedes bundled prices and its own earlier ones. Prices of administrators and of other lists stay.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::price;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    Imported, PriceList, PriceTable, Prices, audited, bundled, check_source,
    new_price::{Defaults, same_models, same_place, same_rates},
};
use crate::domain::{
    Error, Result,
    audit::{AuditChange, AuditContext, AuditSubject},
};

/// Clocks differ, and lists are dated in their own time zone.
const MAX_AHEAD: TimeDelta = TimeDelta::days(2);

/// A price that a list adds or changes.
#[derive(Clone, Debug)]
pub struct PriceChange {
    /// The price in force; `None` if there is none for the same models.
    pub before: Option<price::Model>,
    pub after: price::Model,
}

/// The changes that a price list would make.
#[derive(Clone, Debug)]
pub struct PriceUpdate {
    pub source: String,
    pub date: NaiveDate,
    /// By pattern and provider.
    pub changes: Vec<PriceChange>,
    /// Prices of an earlier version of the list that it no longer has. They stay in force.
    pub removed: Vec<price::Model>,
    /// Prices of administrators or of other lists that differ. They stay in force.
    pub kept: Vec<price::Model>,
    /// Prices that are the same.
    pub unchanged: usize,
    /// Identifies the list and all of its changes; hexadecimal.
    pub digest: String,
}

/// A pattern and a provider as they are stored.
type Models = (String, String);

impl Prices {
    /// Returns the changes that a list would make. Stores nothing.
    pub fn compare(&self, table: &PriceTable) -> Result<PriceUpdate> {
        PriceUpdate::of(table, &self.current(), self.clock.now())
    }

    /// Stores the changes that were approved, all or none, effective from now unless the list has a later date. Fails
    /// with `CONFLICT` if the list or the prices have changed since.
    pub async fn update(
        &self,
        context: &AuditContext,
        table: &PriceTable,
        digest: &str,
    ) -> Result<Imported> {
        // Two approvals of one difference must not both be stored.
        let _turn = self.updating.lock().await;
        let update = self.compare(table)?;
        if update.digest != digest {
            return Err(Error::Conflict(
                "the price list or the prices have changed since the difference was shown; check again".to_owned(),
            ));
        }
        if update.changes.is_empty() {
            return Err(Error::bad_input("the price list changes nothing"));
        }
        let subject = AuditSubject::new("price", &table.date);
        let change = AuditChange::created(subject, update.audited());
        let rows: Vec<_> = update
            .changes
            .into_iter()
            .map(|change| change.after)
            .collect();
        let added = rows.len();
        self.add(rows, context, change).await?;
        Ok(Imported {
            added,
            known: update.unchanged,
        })
    }
}

impl PriceUpdate {
    fn of(table: &PriceTable, list: &PriceList, now: DateTime<Utc>) -> Result<Self> {
        check_source(&table.source)?;
        check_date(table, list, now)?;
        let entries = read(table, now)?;
        let mut update = Self {
            source: table.source.clone(),
            date: table.date,
            changes: Vec::new(),
            removed: Vec::new(),
            kept: Vec::new(),
            unchanged: 0,
            digest: String::new(),
        };
        let in_force: HashMap<Models, &price::Model> = list
            .in_force(now)
            .map(|price| (models_of(price), price))
            .collect();
        for (models, rows) in &entries {
            let before = in_force.get(models).copied();
            for row in rows {
                update.add(row, before, list, now);
            }
        }
        let listed_before = in_force.values().filter(|price| is_of(price, table));
        let gone = listed_before.filter(|price| !entries.contains_key(&models_of(price)));
        update.removed = gone.map(|price| (*price).clone()).collect();
        update.removed.sort_by_key(models_of);
        update.digest = update.computed_digest();
        Ok(update)
    }

    fn add(
        &mut self,
        row: &price::Model,
        before: Option<&price::Model>,
        list: &PriceList,
        now: DateTime<Utc>,
    ) {
        let is_scheduled = row.effective_from > now;
        let mut stored = list.rows().iter();
        let is_stored = stored.any(|known| same_place(known, row) && same_rates(known, row));
        if is_stored || (!is_scheduled && before.is_some_and(|before| same_rates(before, row))) {
            self.unchanged += 1;
            return;
        }
        let own_source = format!("{}, ", self.source);
        let may_supersede = |price: &price::Model| {
            bundled::is_bundled(price) || price.source.starts_with(&own_source)
        };
        match before {
            Some(before) if !may_supersede(before) => {
                if !self.kept.iter().any(|kept| same_models(kept, before)) {
                    self.kept.push(before.clone());
                }
            }
            before => self.changes.push(PriceChange {
                before: before.cloned(),
                after: row.clone(),
            }),
        }
    }

    /// The changes without what differs each time that they are computed.
    fn audited(&self) -> Value {
        let changes = self.changes.iter().map(|change| {
            json!({ "before": change.before.as_ref().map(audited), "after": audited(&change.after) })
        });
        json!({
            "source": self.source,
            "date": self.date,
            "changes": changes.collect::<Vec<_>>(),
            "removed": self.removed.iter().map(audited).collect::<Vec<_>>(),
        })
    }

    fn computed_digest(&self) -> String {
        let mut value = self.audited();
        let changes = value["changes"].as_array_mut().into_iter().flatten();
        for (json, change) in changes.zip(&self.changes) {
            // A price that begins now begins later when it is approved.
            if change.after.effective_from <= change.after.created_at {
                json["after"]["effectiveFrom"] = Value::Null;
            }
        }
        hex::encode(Sha256::digest(value.to_string()))
    }
}

/// The rows of a list by their models: the price in force now and those that come into force later.
fn read(table: &PriceTable, now: DateTime<Utc>) -> Result<BTreeMap<Models, Vec<price::Model>>> {
    let defaults = Defaults {
        effective_from: table.begins(),
        source: format!("{}, {}", table.source, table.date),
        created_at: now,
    };
    let mut entries: BTreeMap<Models, Vec<price::Model>> = BTreeMap::new();
    for (number, new) in (1..).zip(&table.prices) {
        let name = || format!("price {number} ({})", new.model_pattern);
        let mut row = new.check(&defaults).map_err(|error| error.about(name()))?;
        // By this source the next version of the list finds it.
        row.source.clone_from(&defaults.source);
        let rows = entries.entry(models_of(&row)).or_default();
        match rows.iter().find(|other| same_place(other, &row)) {
            None => rows.push(row),
            Some(other) if same_rates(other, &row) => {}
            Some(_) => {
                let message = "contradicts another price of the list for the same models and date";
                return Err(Error::bad_input(message).about(name()));
            }
        }
    }
    for rows in entries.values_mut() {
        rows.sort_by_key(|row| row.effective_from);
        // Of those that have begun, the latest is in force.
        let begun = rows.partition_point(|row| row.effective_from <= now);
        rows.drain(..begun.saturating_sub(1));
        for row in rows.iter_mut().filter(|row| row.effective_from <= now) {
            row.effective_from = now;
        }
    }
    Ok(entries)
}

/// Refuses a list that is older than one whose prices are stored, or from the future.
fn check_date(table: &PriceTable, list: &PriceList, now: DateTime<Utc>) -> Result<()> {
    let date = table.date;
    let prefix = format!("{}, ", table.source);
    let stored = list.rows().iter().filter_map(|price| {
        let earlier = price.source.strip_prefix(&prefix);
        let earlier = earlier.and_then(|date| date.parse::<NaiveDate>().ok());
        earlier.or_else(|| Some(bundled::date_of(price)?.date_naive()))
    });
    if let Some(latest) = stored.max().filter(|latest| date < *latest) {
        return Err(Error::BadInput(format!(
            "the list is of {date}, older than stored prices, which are of {latest}"
        )));
    }
    if table.begins() > now + MAX_AHEAD {
        return Err(Error::BadInput(format!(
            "the date of the list, {date}, is in the future"
        )));
    }
    Ok(())
}

/// Whether a price is from an earlier version of this list.
fn is_of(price: &price::Model, table: &PriceTable) -> bool {
    price.source.starts_with(&format!("{}, ", table.source))
}

fn models_of(price: &price::Model) -> Models {
    (price.model_pattern.clone(), price.provider.clone())
}

#[cfg(test)]
mod tests;
