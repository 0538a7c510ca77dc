//! A message to one channel: pending, sent or abandoned.

use sea_orm::entity::prelude::*;

use super::notification_rule::NotificationEvent;

/// The state of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum NotificationState {
    Waiting,
    Sent,
    GivenUp,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notification")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub channel_id: Uuid,
    pub event: NotificationEvent,
    pub subject: String,
    pub title: String,
    #[sea_orm(column_type = "Text")]
    pub body: String,
    pub state: NotificationState,
    pub attempts: i32,
    pub created_at: DateTimeUtc,
    pub next_attempt_at: DateTimeUtc,
    pub sent_at: Option<DateTimeUtc>,
    pub problem: Option<String>,
    /// The user whose alert address receives it; `None` for the recipients of the channel.
    pub user_id: Option<Uuid>,
    #[sea_orm(belongs_to, from = "channel_id", to = "id")]
    pub channel: BelongsTo<super::notification_channel::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
