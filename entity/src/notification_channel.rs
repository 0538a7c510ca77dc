//! A destination of notifications. Its secrets are encrypted.

use sea_orm::entity::prelude::*;

/// The kind of channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum ChannelKind {
    Email,
    Webhook,
    Slack,
    Discord,
    Telegram,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notification_channel")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(unique)]
    pub name: String,
    pub kind: ChannelKind,
    /// The destination for display, without secrets.
    pub target: String,
    /// The settings with their secrets, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub sealed: Vec<u8>,
    pub enabled: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// The last successful delivery.
    pub sent_at: Option<DateTimeUtc>,
    /// The error of the last attempt; none after a success.
    pub problem: Option<String>,
    pub problem_at: Option<DateTimeUtc>,
    #[sea_orm(has_many)]
    pub notifications: HasMany<super::notification::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
