//! A level of a subscription's usage window, as its provider reported it.

use sea_orm::entity::prelude::*;

/// Where a reading comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum ReadingSource {
    /// The headers of an answer to a request.
    Answer,
    /// A check of the account.
    Check,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "window_reading")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub observed_at: DateTimeUtc,
    /// 0 to 100.
    pub used_percent: i16,
    /// `None` while nothing of the window is used.
    pub resets_at: Option<DateTimeUtc>,
    pub source: ReadingSource,
}

impl ActiveModelBehavior for ActiveModel {}
