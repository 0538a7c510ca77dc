//! The usage of a quota from a time on: one row for a calendar window, several for a rolling one.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "quota_bucket")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub quota_id: Uuid,
    /// Seconds since 1970.
    #[sea_orm(primary_key, auto_increment = false)]
    pub starts_at: i64,
    /// In the unit of the quota's metric.
    pub used: i64,
}

impl ActiveModelBehavior for ActiveModel {}
