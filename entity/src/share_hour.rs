//! Decisions about the requests of a user in a shared pool, by hour.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "share_hour")]
pub struct Model {
    /// An account group; nil for the accounts that are in no group.
    #[sea_orm(primary_key, auto_increment = false)]
    pub group_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    /// The start of the hour, in seconds since 1970.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hour: i64,
    /// Within the share, or without recent readings.
    pub admitted: i64,
    /// Above the share, and admitted.
    pub lent: i64,
    /// Above the share: admitted because the mode only observes.
    pub would_refuse: i64,
    pub refused: i64,
}

impl ActiveModelBehavior for ActiveModel {}
