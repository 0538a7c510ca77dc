//! The last warning that a user got about the end of a key, so that each step is reported once.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "key_warning")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub api_key_id: Uuid,
    /// The fewest days before the end that were reported.
    pub days: i32,
    /// The end that was reported. A key whose end has changed is reported again.
    pub ends_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "api_key_id", to = "id")]
    pub api_key: BelongsTo<super::api_key::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
