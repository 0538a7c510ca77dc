//! An administrator's sign-in from one browser. Only the digest of its token is kept.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub admin_id: Uuid,
    /// HMAC-SHA-256 of the cookie.
    #[sea_orm(unique)]
    pub digest: Vec<u8>,
    pub created_at: DateTimeUtc,
    pub last_seen_at: DateTimeUtc,
    /// When it expires, even if it is in use.
    pub expires_at: DateTimeUtc,
    pub client_ip: Option<String>,
    pub user_agent: Option<String>,
    #[sea_orm(belongs_to, from = "admin_id", to = "id")]
    pub admin: BelongsTo<super::admin::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
