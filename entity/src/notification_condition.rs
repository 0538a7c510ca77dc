//! A condition that a rule has already reported, so that it is reported once.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notification_condition")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub rule_id: Uuid,
    /// The subject, such as `engine` or `account:<id>`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    /// Whether it held at the last evaluation.
    pub holds: bool,
    /// When it was last reported.
    pub reported_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
