//! A quota: how much a user or key may use in a window.

use sea_orm::entity::prelude::*;

use super::provider_account::ProviderKind;

/// The metric of a quota.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    serde::Serialize,
    serde::Deserialize,
)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    Tokens,
    /// In nano-USD.
    Cost,
    Requests,
}

/// The window after which usage resets.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    serde::Serialize,
    serde::Deserialize,
)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    /// Never.
    Lifetime,
    Hour,
    Day,
    /// From Monday.
    Week,
    Month,
    /// The last `rolling_seconds` at any time.
    Rolling,
}

/// The treatment of a request that a model without a price may serve, by a quota of costs, the most lenient first.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    serde::Serialize,
    serde::Deserialize,
)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
#[serde(rename_all = "snake_case")]
pub enum UnpricedPolicy {
    /// It counts nothing.
    Allow,
    /// It counts the highest cost at the prices of its provider.
    #[default]
    Assume,
    /// It is refused.
    Refuse,
}

/// The treatment of a request for a model whose price is zero, by an exhausted quota of costs, the most lenient first.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    serde::Serialize,
    serde::Deserialize,
)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
#[serde(rename_all = "snake_case")]
pub enum FreeModelPolicy {
    /// The quota ignores it.
    #[default]
    Allow,
    /// It is refused, as one that costs something is.
    Refuse,
}

/// Percentages of the limit that only warn.
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

/// A temporary increase of a limit.
#[derive(
    Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, sea_orm::FromJsonQueryResult,
)]
pub struct QuotaRaise {
    /// In the metric's unit.
    pub amount: i64,
    /// When it ends.
    pub until: DateTimeUtc,
    /// For the user and other administrators.
    pub reason: String,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "quota")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    /// `None` for all keys of the user together.
    pub api_key_id: Option<Uuid>,
    pub metric: Metric,
    /// In the metric's unit.
    pub limit: i64,
    pub window: WindowKind,
    /// For a rolling window.
    pub rolling_seconds: Option<i32>,
    /// The IANA time zone of calendar windows.
    pub timezone: String,
    /// `None` for every provider.
    pub provider: Option<ProviderKind>,
    /// `None` for every model.
    pub model_pattern: Option<String>,
    pub soft_percents: Percents,
    /// Whether requests without a certain bound are refused.
    pub strict: bool,
    /// Of quotas of costs; the default for others.
    pub unpriced: UnpricedPolicy,
    /// Of quotas of costs; the default for others.
    pub free_models: FreeModelPolicy,
    pub created_at: DateTimeUtc,
    /// `None` without one; it may have ended.
    pub temporary_raise: Option<QuotaRaise>,
}

impl ActiveModelBehavior for ActiveModel {}
