//! Of what whom to tell.

use sea_orm::entity::prelude::*;

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(24))",
    rename_all = "snake_case"
)]
pub enum NotificationEvent {
    /// A quota is used up to one of the percentages.
    Quota,
    /// An account at a provider fails.
    AccountFailing,
    /// An account's sign-in has expired and was not refreshed.
    AccountExpiring,
    /// The engine does not run although it should.
    EngineDown,
    /// More of the latest requests than the percentage fail.
    ErrorRate,
}

/// The channels of a rule.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    sea_orm::FromJsonQueryResult,
)]
pub struct ChannelIds(pub Vec<Uuid>);

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notification_rule")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub event: NotificationEvent,
    pub channel_ids: ChannelIds,
    /// Of a quota: when to tell. Of failing requests: how many are too many.
    pub percents: super::quota::Percents,
    /// How long nothing more is said of the same thing.
    pub quiet_minutes: i32,
    pub enabled: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
