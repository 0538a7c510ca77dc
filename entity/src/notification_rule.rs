//! A notification rule: which events go to which channels.

use sea_orm::entity::prelude::*;

/// The kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(24))",
    rename_all = "snake_case"
)]
pub enum NotificationEvent {
    /// The usage of a quota reaches one of the percentages.
    Quota,
    /// A provider account fails.
    AccountFailing,
    /// An account's sign-in has expired and was not refreshed.
    AccountExpired,
    /// The engine is not running although it should.
    EngineDown,
    /// The share of failed recent requests exceeds the percentage.
    ErrorRate,
    /// A model in use has no price.
    ModelUnpriced,
    /// A usage window is likely to be used up well before its reset.
    WindowForecast,
    /// An account is used outside of this server.
    OutsideUse,
    /// One percent of a usage window buys more or less than before.
    AllowanceChanged,
    /// A key ends soon.
    KeyExpiring,
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
    /// The thresholds of quotas, or of the share of failed requests.
    pub percents: super::quota::Percents,
    /// How long the same subject is not reported again.
    pub quiet_minutes: i32,
    pub enabled: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
