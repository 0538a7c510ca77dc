//! How much a user or a key may use in a window of time.

use sea_orm::entity::prelude::*;

use super::provider_account::ProviderKind;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum Metric {
    Tokens,
    /// In nano-USD.
    Cost,
    Requests,
}

/// The time after which counting starts again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum WindowKind {
    /// Never.
    Lifetime,
    Hour,
    Day,
    /// Begins on Monday.
    Week,
    Month,
    /// The last `rolling_seconds`, at every moment.
    Rolling,
}

/// Percentages of a limit that only warn.
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
pub struct Percents(pub Vec<u8>);

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "quota")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    /// `None` counts all of the user's keys together.
    pub api_key_id: Option<Uuid>,
    pub metric: Metric,
    /// In the metric's unit.
    pub limit: i64,
    pub window: WindowKind,
    /// For a rolling window.
    pub rolling_seconds: Option<i32>,
    /// The IANA name of the zone whose calendar counts.
    pub timezone: String,
    /// `None` counts every provider.
    pub provider: Option<ProviderKind>,
    /// `None` counts every model.
    pub model_pattern: Option<String>,
    pub soft_percents: Percents,
    /// Whether what cannot be bounded is refused.
    pub strict: bool,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
