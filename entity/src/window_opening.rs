//! When the server opens the usage window of an account with a request of its own.

use sea_orm::entity::prelude::*;

/// How the last opening ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum OpeningOutcome {
    /// The provider answered the request.
    Opened,
    /// No request was sent: a window was running, or the account was not in use.
    Skipped,
    Failed,
}

/// Local times of day in minutes since midnight, in order.
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
pub struct OpeningTimes(pub Vec<u16>);

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "window_opening")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Uuid,
    pub times: OpeningTimes,
    /// The IANA name of the time zone of the times.
    pub timezone: String,
    /// The model of the request.
    pub model: String,
    /// The scheduled time of the last opening that was begun; `None` before the first.
    pub begun_at: Option<DateTimeUtc>,
    pub outcome: Option<OpeningOutcome>,
    /// Why it was skipped or failed, as a readable text.
    pub reason: Option<String>,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
