//! The estimate of one usage window of an account. Its level is in `provider_account`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_window")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The version of the weights that the estimate is in.
    pub weights_version: i16,
    /// The estimate of what one percent buys, as JSON.
    #[sea_orm(column_type = "Text")]
    pub estimate: String,
    /// The plan that it is of, in the provider's words.
    #[sea_orm(column_type = "Text", nullable)]
    pub plan: Option<String>,
    /// The open cycle; `None` while the window has not started.
    pub cycle_id: Option<Uuid>,
    pub cycle_resets_at: Option<DateTimeUtc>,
    /// Whether the open cycle was forecast to be used up before its reset.
    pub has_warned: bool,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
