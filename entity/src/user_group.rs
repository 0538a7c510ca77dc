//! A group of users: what a member does not set, the group decides.

use sea_orm::entity::prelude::*;

use super::{ModelPatterns, RateLimit};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_group")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(unique)]
    pub name: String,
    /// Of members without own allowed models; `None` allows every model.
    pub allowed_models: Option<ModelPatterns>,
    /// Of members without an own rate limit; `None` applies the server's defaults.
    pub rate_limit: Option<RateLimit>,
    pub created_at: DateTimeUtc,
    /// Advanced by each change.
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
