//! A script's key for GraphQL (`ppt_…`). Only its digest is kept.

use sea_orm::entity::prelude::*;

use super::admin::Role;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_token")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub role: Role,
    /// HMAC-SHA-256 of the token.
    #[sea_orm(unique)]
    pub digest: Vec<u8>,
    /// The beginning of the token, for display.
    pub prefix: String,
    pub last_four: String,
    pub created_at: DateTimeUtc,
    pub last_used_at: Option<DateTimeUtc>,
    pub expires_at: Option<DateTimeUtc>,
    pub revoked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
