//! The last warning that a user got about a quota, so that each threshold is reported once in a window.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "quota_warning")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub quota_id: Uuid,
    /// The highest threshold that was reported.
    pub percent: i32,
    pub reported_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "quota_id", to = "id")]
    pub quota: BelongsTo<super::quota::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
