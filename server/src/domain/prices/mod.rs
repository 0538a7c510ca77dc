//! Prices of tokens: immutable prices with an effective date, and the bundled price table.

mod bundled;
mod conditions;
mod cost;
mod list;
mod lists;
mod new_price;
mod quote;
#[cfg(test)]
mod sample;
mod table;
mod update;

use std::sync::Arc;

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use entity::price::{self, Entity as Price};
use sea_orm::{DbErr, EntityTrait as _, IntoActiveModel as _, sea_query::OnConflict};
use serde_json::{Value, json};
use tokio::sync::{Mutex, watch};

use self::new_price::{Defaults, same_place, same_rates};
pub use entity::price::ServiceTier;

pub use self::{
    conditions::{Conditions, NewLongPromptRates, NewServiceTierRates, PartialRates},
    cost::{CostPart, PricedUsage, Schedule, TokenKind, cost, max_cost},
    list::{PriceFilter, PriceList, provider_of},
    new_price::{NewPrice, Rates},
    quote::{Quote, is_free},
    table::PriceTable,
    update::{PriceChange, PriceUpdate},
};
use super::{
    Error, Result,
    audit::{self, AuditChange, AuditContext, AuditSubject},
    models::AliasTable,
    paging::{Page, PageRequest},
};
use crate::{clock::SharedClock, db::Database};

/// The default source of a price that an administrator creates.
const BY_ADMINISTRATOR: &str = "an administrator";
/// Rows per statement; databases limit the number of parameters.
const BATCH: usize = 500;

/// The result of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
    pub added: usize,
    /// Prices that were stored already.
    pub known: usize,
}

/// The service for prices.
#[derive(Clone, Debug)]
pub struct Prices {
    db: Database,
    clock: SharedClock,
    current: Arc<ArcSwap<PriceList>>,
    /// Sent after each change of the prices or of the aliases that look-ups resolve.
    changed: watch::Sender<()>,
    /// Held while a difference is compared with the approved one and stored.
    updating: Arc<Mutex<()>>,
}

/// Reads the stored prices without writing. The bundled prices of a newer program are stored at its next start.
pub async fn read(db: &Database) -> Result<PriceList> {
    let rows = Price::find().all(db.reader()).await?;
    Ok(PriceList::new(rows))
}

impl Prices {
    /// Loads all prices; stores the bundled ones if they are newer.
    pub async fn load(db: Database, clock: SharedClock) -> Result<Self> {
        let current = Arc::new(ArcSwap::from_pointee(read(&db).await?));
        let changed = watch::Sender::new(());
        let prices = Self {
            db,
            clock,
            current,
            changed,
            updating: Arc::default(),
        };
        prices.add_bundled().await?;
        Ok(prices)
    }

    /// Stores the bundled prices that are missing, unless another server stores them at the same time.
    async fn add_bundled(&self) -> Result<()> {
        let missing = bundled::missing(&bundled::table()?, &self.current(), self.clock.now())?;
        if missing.is_empty() {
            return Ok(());
        }
        let transaction = self.db.begin().await?;
        for batch in missing.chunks(BATCH) {
            let models = batch.iter().cloned().map(price::Model::into_active_model);
            Price::insert_many(models)
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .exec_without_returning(&transaction)
                .await?;
        }
        transaction.commit().await?;
        self.current.store(Arc::new(read(&self.db).await?));
        Ok(())
    }

    /// Sets the aliases that look-ups resolve.
    pub(super) fn set_aliases(&self, aliases: &Arc<AliasTable>) {
        self.current
            .rcu(|list| list.with_aliases(Arc::clone(aliases)));
        self.changed.send_replace(());
    }

    /// Notified after each change of the prices or of the aliases that look-ups resolve.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// The current prices.
    pub fn current(&self) -> Arc<PriceList> {
        self.current.load_full()
    }

    /// The date of the newest price table, bundled or imported. Prices that administrators created one by one do not
    /// make the others newer.
    pub fn table_date(&self) -> Option<DateTime<Utc>> {
        let list = self.current();
        let rows = list.rows().iter();
        let dates = rows.filter_map(|row| match bundled::date_of(row) {
            Some(date) => Some(date),
            None if row.source == BY_ADMINISTRATOR => None,
            None => Some(row.created_at),
        });
        dates.max()
    }

    /// Adds a price, effective from now unless specified. The cost of settled requests does not change.
    pub async fn create(&self, context: &AuditContext, new: &NewPrice) -> Result<price::Model> {
        let now = self.clock.now();
        let row = new.check(&Defaults {
            effective_from: now,
            source: BY_ADMINISTRATOR.to_owned(),
            created_at: now,
        })?;
        check_source(&row.source)?;
        let created = AuditChange::created(subject(&row), audited(&row));
        self.add(vec![row.clone()], context, created).await?;
        Ok(row)
    }

    /// A page of prices, by pattern and provider, latest first. A cursor is the id of a price.
    pub fn list(&self, filter: &PriceFilter, page: &PageRequest) -> Result<Page<price::Model>> {
        let window = page.window()?;
        let list = self.current();
        let from = window.cursor.as_deref().map(|cursor| {
            let id = cursor.parse().ok();
            id.and_then(|id| list.place(id)).ok_or_else(|| {
                Error::bad_input("invalid cursor; use one that this list has returned")
            })
        });
        let from = from.transpose()?;
        let mut places = list.select(filter, self.clock.now());
        if window.backwards {
            places.reverse();
            places.retain(|place| from.is_none_or(|from| *place < from));
        } else {
            places.retain(|place| from.is_none_or(|from| *place > from));
        }
        let most = usize::try_from(window.limit).unwrap_or(usize::MAX);
        places.truncate(most.saturating_add(1));
        let rows = places.into_iter().map(|place| list.rows()[place].clone());
        Ok(window.page(rows.collect()))
    }

    /// The number of matching prices.
    pub fn count(&self, filter: &PriceFilter) -> usize {
        self.current().select(filter, self.clock.now()).len()
    }

    /// Imports a table, all or nothing. Prices that are stored already are skipped.
    pub async fn import(&self, context: &AuditContext, table: &PriceTable) -> Result<Imported> {
        check_source(&table.source)?;
        let defaults = Defaults {
            effective_from: table.begins(),
            source: format!("{}, {}", table.source, table.date),
            created_at: self.clock.now(),
        };
        let list = self.current();
        let mut rows: Vec<price::Model> = Vec::new();
        for new in &table.prices {
            let row = new
                .check(&defaults)
                .map_err(|error| error.about(&new.model_pattern))?;
            let mut known = list.rows().iter().chain(&rows);
            match known.find(|known| same_place(known, &row)) {
                None => rows.push(row),
                Some(known) if same_rates(known, &row) => {}
                Some(_) => return Err(taken(&row)),
            }
        }
        let imported = Imported {
            added: rows.len(),
            known: table.prices.len() - rows.len(),
        };
        let prices: Vec<Value> = rows.iter().map(audited).collect();
        let after = json!({ "source": table.source, "prices": prices });
        let import = AuditChange::created(AuditSubject::new("price", &table.date), after);
        self.add(rows, context, import).await?;
        Ok(imported)
    }

    /// Stores prices, all or none, and then updates memory, so that memory never has prices that the database lacks.
    async fn add(
        &self,
        rows: Vec<price::Model>,
        context: &AuditContext,
        change: AuditChange,
    ) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let transaction = self.db.begin().await?;
        for batch in rows.chunks(BATCH) {
            let models = batch.iter().cloned().map(price::Model::into_active_model);
            let inserted = Price::insert_many(models)
                .exec_without_returning(&transaction)
                .await;
            inserted.map_err(|error| unless_taken(error, batch))?;
        }
        audit::record(&transaction, &self.clock, context, change).await?;
        transaction.commit().await?;
        self.current.rcu(|list| list.with(&rows));
        self.changed.send_replace(());
        Ok(())
    }
}

fn subject(row: &price::Model) -> AuditSubject {
    AuditSubject::new("price", &row.id).named(&row.model_pattern)
}

/// The fields of a price, for the audit; nano-USD per million tokens.
fn audited(row: &price::Model) -> Value {
    json!({
        "modelPattern": row.model_pattern,
        "provider": row.provider,
        "effectiveFrom": row.effective_from,
        "input": row.input_per_million,
        "cacheRead": row.cache_read_per_million,
        "cacheWrite": row.cache_write_per_million,
        "cacheWrite1h": row.cache_write_1h_per_million,
        "output": row.output_per_million,
        "reasoning": row.reasoning_per_million,
        "perRequest": row.per_request,
        "perImage": row.per_image,
        "perVideoSecond": row.per_video_second,
        "conditionalRates": row.conditional_rates,
        "source": row.source,
    })
}

/// Whether a price is from the bundled table.
pub(in crate::domain) fn is_bundled(price: &price::Model) -> bool {
    bundled::claims_to_be(&price.source)
}

/// Only bundled prices may have a bundled source, because they have lower precedence.
fn check_source(source: &str) -> Result<()> {
    if bundled::claims_to_be(source) {
        return Err(Error::bad_input(
            "source must not start with \"bundled\", which is reserved for bundled prices",
        ));
    }
    Ok(())
}

fn unless_taken(error: DbErr, batch: &[price::Model]) -> Error {
    Error::unless_taken(error, || match batch {
        [row] => taken_message(row),
        _ => "one of these prices exists already".to_owned(),
    })
}

fn taken(row: &price::Model) -> Error {
    Error::Conflict(taken_message(row))
}

fn taken_message(row: &price::Model) -> String {
    format!(
        "there is another price of {:?} from {} on; prices are never changed, so choose a later \
         effectiveFrom",
        row.model_pattern,
        row.effective_from.format("%Y-%m-%dT%H:%M:%SZ")
    )
}
