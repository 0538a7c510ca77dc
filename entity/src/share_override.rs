//! A user whom an administrator admits above the share until a time.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "share_override")]
pub struct Model {
    /// An account group; nil for the accounts that are in no group.
    #[sea_orm(primary_key, auto_increment = false)]
    pub group_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    pub until: DateTimeUtc,
    /// Up to 200 characters.
    pub reason: String,
}

impl ActiveModelBehavior for ActiveModel {}
