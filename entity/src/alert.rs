//! An alert: a condition that needs an administrator, from when it was first seen until it ended.

use sea_orm::entity::prelude::*;

use super::{
    provider_account::ProviderKind,
    quota::{Metric, WindowKind},
};

/// The kind of condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "snake_case"
)]
pub enum AlertKind {
    /// The engine is not running.
    EngineDown,
    /// A new version of the engine failed, so the server returned to the previous one, or could not.
    EngineRolledBack,
    /// Requests cannot be recorded, so they are rejected.
    RecordingFailing,
    /// Many requests of the last hour failed.
    ErrorRate,
    /// The sign-in of an account is no longer valid.
    AccountSignInInvalid,
    /// The provider rejects an account, or requests through it fail repeatedly.
    AccountFailing,
    /// The server stopped using an account, because its provider rejects the credentials.
    AccountPaused,
    /// The sign-in of an account expires soon and was not refreshed.
    AccountExpiring,
    /// The engine skips an account temporarily.
    AccountCooling,
    /// A quota is used up.
    QuotaReached,
    /// A key is used from two networks at the same time.
    KeyInTwoNetworks,
    /// The last backup is older than scheduled.
    BackupOverdue,
    /// Scheduled backups fail.
    BackupFailed,
    /// A model in use has no price.
    ModelUnpriced,
    /// The price list is old.
    PricesOutdated,
    /// The model catalogue was not refreshed for a day.
    CatalogueOutdated,
    /// The disk is nearly full.
    DiskLow,
}

/// How urgent an alert is. The order is that of urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum AlertSeverity {
    Warning,
    Critical,
}

/// The type of object that an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(24))",
    rename_all = "snake_case"
)]
pub enum AlertSubjectKind {
    Server,
    Engine,
    ProviderAccount,
    Quota,
    Model,
    ApiKey,
}

/// The values of an alert when it was last seen. Each kind has some of them.
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
#[serde(default)]
pub struct AlertDetail {
    /// A cause as text, bounded, without secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderKind>,
    /// The end of a cooldown, of a sign-in or of a quota's window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTimeUtc>,
    /// The time of the last backup, of the last refresh of the model catalogue or of the return to the previous engine; or
    /// the date of the prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at: Option<DateTimeUtc>,
    /// The requests that were counted, and how many of them failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<i64>,
    /// The period in which requests were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<ReachedQuota>,
    /// The interval of scheduled backups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every_hours: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_bytes: Option<i64>,
    /// The version of the engine that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_version: Option<String>,
    /// The version of the engine before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_version: Option<String>,
}

/// A quota that is used up.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ReachedQuota {
    pub metric: Metric,
    pub window: WindowKind,
    /// In the unit of the metric.
    pub limit: i64,
    pub used: i64,
    pub user_id: Uuid,
    /// The key that the quota is limited to, with its name.
    pub api_key_id: Option<Uuid>,
    pub api_key_name: Option<String>,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "alert")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: AlertKind,
    pub subject_kind: AlertSubjectKind,
    /// An id or name; empty for the server and the engine.
    pub subject_id: String,
    /// The name when the alert was last seen; empty if it has none.
    pub subject_name: String,
    pub severity: AlertSeverity,
    pub detail: AlertDetail,
    pub raised_at: DateTimeUtc,
    /// Updated at intervals while the condition holds.
    pub last_seen_at: DateTimeUtc,
    /// `None` while the condition holds. A unique index allows one such alert per kind and subject.
    pub ended_at: Option<DateTimeUtc>,
    pub acknowledged_at: Option<DateTimeUtc>,
    /// The name of the administrator or token that acknowledged it.
    pub acknowledged_by: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
