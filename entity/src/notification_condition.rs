//! What a rule has told of already, so that it is said once.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notification_condition")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub rule_id: Uuid,
    /// What it is about, as in `engine` or `account:<id>`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    /// Whether it was still so at the last look.
    pub holds: bool,
    pub told_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
