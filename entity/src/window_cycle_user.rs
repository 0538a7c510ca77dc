//! A user's part of a cycle of a usage window.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "window_cycle_user")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub cycle_id: Uuid,
    /// Nil for users beyond the maximum, together. No foreign key: history outlives users.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    /// Millionths of units.
    pub micro_units: i64,
    /// Tenths of a percent of the window; `None` if it was not known what one percent buys.
    pub percent_tenths: Option<i16>,
}

impl ActiveModelBehavior for ActiveModel {}
