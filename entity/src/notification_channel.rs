//! A way to tell somebody something. What is secret about it is kept sealed only.

use sea_orm::entity::prelude::*;

/// What sort of channel it is.
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
    /// Where it leads, to recognise it by; no secret.
    pub target: String,
    /// Its settings with their secrets, sealed.
    #[sea_orm(column_type = "Blob")]
    pub sealed: Vec<u8>,
    pub enabled: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// When something last got through.
    pub sent_at: Option<DateTimeUtc>,
    /// Why the last attempt failed; cleared once one does not.
    pub problem: Option<String>,
    pub problem_at: Option<DateTimeUtc>,
    #[sea_orm(has_many)]
    pub notifications: HasMany<super::notification::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
