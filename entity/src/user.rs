//! A user of the gateway. Archived rather than deleted, to keep the history.

use sea_orm::entity::prelude::*;

use super::{ModelPatterns, RateLimit};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Unique among users that are not archived.
    pub name: String,
    pub email: Option<String>,
    pub note: Option<String>,
    /// No foreign key: deleting a group removes its members from it.
    pub user_group_id: Option<Uuid>,
    pub enabled: bool,
    /// `None` allows those of the group, or every model.
    pub allowed_models: Option<ModelPatterns>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub last_used_at: Option<DateTimeUtc>,
    pub archived_at: Option<DateTimeUtc>,
    /// `None` applies that of the group, or the server's defaults.
    pub rate_limit: Option<RateLimit>,
    /// Since the last reset.
    pub used_tokens: i64,
    pub usage_reset_at: Option<DateTimeUtc>,
    /// Advanced by each change by an administrator, apart from limits.
    pub version: i32,
    /// Advanced by each change of the quotas.
    pub quotas_version: i32,
    /// Advanced by each change of the rate limit.
    pub rate_limit_version: i32,
    /// Confirmed by the user; warnings about the user's quotas are sent to it.
    pub alert_address: Option<String>,
    pub alert_address_confirmed_at: Option<DateTimeUtc>,
    #[sea_orm(has_many)]
    pub api_keys: HasMany<super::api_key::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
