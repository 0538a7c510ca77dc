//! The models that the engine has listed: where each comes from and since when.

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;
use entity::seen_model::{self, Entity as SeenModelRow};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, IntoActiveModel as _,
    sea_query::OnConflict,
};

use super::{Result, engine_models::SeenModel};
use crate::{clock::SharedClock, db::Database};

/// More names than all providers have together. An engine that lists more has its further models without a date.
const MAX_MODELS: usize = 10_000;
/// Bytes of a name; longer ones have no date.
const MAX_NAME: usize = 200;
/// Rows in one statement.
const ROWS_PER_INSERT: usize = 200;

type Rows = HashMap<String, seen_model::Model>;

/// The service for models that were seen. Reads are from memory; one task records.
#[derive(Clone, Debug)]
pub struct SeenModels {
    db: Database,
    clock: SharedClock,
    rows: Arc<ArcSwap<Rows>>,
}

impl SeenModels {
    /// Loads the stored rows.
    pub async fn load(db: Database, clock: SharedClock) -> Result<Self> {
        let rows = SeenModelRow::find().all(db.reader()).await?;
        let rows: Rows = rows
            .into_iter()
            .map(|row| (row.name.clone(), row))
            .collect();
        Ok(Self {
            db,
            clock,
            rows: Arc::new(ArcSwap::from_pointee(rows)),
        })
    }

    /// The row of a model name in the engine's spelling; none if it was not recorded yet.
    pub fn find(&self, name: &str) -> Option<seen_model::Model> {
        self.rows.load().get(name).cloned()
    }

    /// Records names that are new, and origins that have changed. A name keeps the time of its first appearance.
    pub async fn record(&self, models: &[SeenModel]) -> Result<()> {
        let mut rows = self.rows.load().as_ref().clone();
        let mut new = Vec::new();
        for model in models {
            match rows.get(&model.name) {
                Some(row) if row.origin == model.origin => {}
                Some(row) => {
                    let mut row = row.clone().into_active_model();
                    row.origin = Set(model.origin);
                    let row = row.update(self.db.writer()).await?;
                    rows.insert(row.name.clone(), row);
                }
                None if rows.len() < MAX_MODELS && model.name.len() <= MAX_NAME => {
                    let row = seen_model::Model {
                        name: model.name.clone(),
                        origin: model.origin,
                        first_seen_at: self.clock.now(),
                    };
                    new.push(row.clone());
                    rows.insert(row.name.clone(), row);
                }
                None => {}
            }
        }
        for rows in new.chunks(ROWS_PER_INSERT) {
            let rows = rows.iter().cloned().map(|row| seen_model::ActiveModel {
                name: Set(row.name),
                origin: Set(row.origin),
                first_seen_at: Set(row.first_seen_at),
            });
            let existing = OnConflict::column(seen_model::Column::Name)
                .do_nothing()
                .to_owned();
            SeenModelRow::insert_many(rows)
                .on_conflict(existing)
                .exec_without_returning(self.db.writer())
                .await?;
        }
        self.rows.store(Arc::new(rows));
        Ok(())
    }
}
