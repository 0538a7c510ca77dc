//! A cycle of a usage window that is over.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "window_cycle")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub name: String,
    pub started_at: DateTimeUtc,
    pub ended_at: DateTimeUtc,
    /// The level at its end: 0 to 100.
    pub percent: i16,
    /// Millionths of units that requests used.
    pub micro_units: i64,
    /// Used elsewhere; `None` if it was not known what one percent buys.
    pub outside_percent: Option<i16>,
    /// Millionths of units.
    pub micro_units_per_percent: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
