//! The cycles of a window that are over.

use chrono::{DateTime, Utc};
use entity::window_cycle::{self, Entity as WindowCycle};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::WindowUsage;
use crate::domain::{Error, Result};

/// Cycles in one answer.
pub const MAX_CYCLES: u64 = 100;

/// A cycle that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Cycle {
    pub started_at: DateTime<Utc>,
    pub ended_at: DateTime<Utc>,
    /// The level at its end: 0 to 100.
    pub percent: i16,
    pub units: f64,
    /// `None` if it was not known.
    pub outside_percent: Option<i16>,
    pub units_per_percent: Option<f64>,
}

impl WindowUsage {
    /// The latest cycles of a window, the latest first.
    pub async fn cycles(&self, account_id: Uuid, name: &str, first: i32) -> Result<Vec<Cycle>> {
        let first = u64::try_from(first).unwrap_or_default();
        if !(1..=MAX_CYCLES).contains(&first) {
            return Err(Error::BadInput(format!(
                "first must be between 1 and {MAX_CYCLES}"
            )));
        }
        let cycles = WindowCycle::find()
            .filter(window_cycle::Column::AccountId.eq(account_id))
            .filter(window_cycle::Column::Name.eq(name))
            .order_by_desc(window_cycle::Column::EndedAt)
            .limit(first);
        let cycles = cycles.all(self.db.reader()).await?;
        Ok(cycles.into_iter().map(Cycle::from).collect())
    }
}

impl From<window_cycle::Model> for Cycle {
    fn from(row: window_cycle::Model) -> Self {
        Self {
            started_at: row.started_at,
            ended_at: row.ended_at,
            percent: row.percent,
            units: from_micro(row.micro_units),
            outside_percent: row.outside_percent,
            units_per_percent: row.micro_units_per_percent.map(from_micro),
        }
    }
}

fn from_micro(number: i64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "below 2^53 in practice, and shown rounded"
    )]
    let number = number as f64;
    number / 1e6
}
