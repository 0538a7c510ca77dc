//! Whether the subscription windows of an account group are shared fairly.

use sea_orm::entity::prelude::*;

/// The treatment of requests above the share of their user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum ShareMode {
    /// Nothing is decided.
    Off,
    /// They are admitted and counted.
    Observe,
    /// They are refused.
    Enforce,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "share_pool")]
pub struct Model {
    /// An account group; nil for the accounts that are in no group.
    #[sea_orm(primary_key, auto_increment = false)]
    pub group_id: Uuid,
    pub mode: ShareMode,
    /// Since when requests are observed or refused; `None` while the mode is off.
    pub observed_since: Option<DateTimeUtc>,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
