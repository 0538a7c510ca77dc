//! A one-time link with which a user gets a key. Only the digest of its token is kept.

use sea_orm::entity::prelude::*;

use super::ModelPatterns;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_invitation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    /// HMAC-SHA-256 of the token.
    #[sea_orm(unique)]
    pub digest: Vec<u8>,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
    pub used_at: Option<DateTimeUtc>,
    /// The key that was created with it.
    pub api_key_id: Option<Uuid>,
    /// Of the key; `None` allows every model that the user may use.
    pub allowed_models: Option<ModelPatterns>,
    pub api_key_expires_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
