//! A user's key for the gateway (`sk-…`). Only its digest is kept.

use sea_orm::entity::prelude::*;

use super::{ClientFamilies, ModelPatterns, Networks, RateLimit};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub name: String,
    /// HMAC-SHA-256 of the key.
    #[sea_orm(unique)]
    pub digest: Vec<u8>,
    /// The beginning of the key, for display.
    pub prefix: String,
    pub last_four: String,
    /// `None` allows every model that the user may use.
    pub allowed_models: Option<ModelPatterns>,
    /// `None` allows every network.
    pub allowed_networks: Option<Networks>,
    /// `None` allows every client.
    pub allowed_clients: Option<ClientFamilies>,
    pub created_at: DateTimeUtc,
    pub last_used_at: Option<DateTimeUtc>,
    pub expires_at: Option<DateTimeUtc>,
    pub revoked_at: Option<DateTimeUtc>,
    /// `None` applies only the user's limits.
    pub rate_limit: Option<RateLimit>,
    /// The key that replaced it in a rotation.
    pub replaced_by: Option<Uuid>,
    /// The key with which its user created it; `None` if an administrator did.
    pub created_with: Option<Uuid>,
    /// When an agent signed in. Its key has no secret: the agent's short-lived tokens act as it. `None` for other keys.
    pub signed_in_at: Option<DateTimeUtc>,
    /// Advanced by each change by an administrator, apart from limits.
    pub version: i32,
    /// Advanced by each change of the quotas.
    pub quotas_version: i32,
    /// Advanced by each change of the rate limit.
    pub rate_limit_version: i32,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
