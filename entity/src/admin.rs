//! An administrator of the server.

use sea_orm::entity::prelude::*;

/// The role of an administrator or API token. Each includes the ones below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum Role {
    /// Reads everything, changes nothing.
    Viewer,
    /// Changes everything but administrators, tokens, encryption and backups.
    Admin,
    /// Changes everything.
    Owner,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "admin")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(unique)]
    pub username: String,
    /// Argon2id, in PHC string format; empty until an invitation is accepted.
    pub password_hash: String,
    pub role: Role,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// Whether sign-in is allowed.
    pub enabled: bool,
    pub signed_in_at: Option<DateTimeUtc>,
    /// HMAC-SHA-256 of the token in the one-time invitation link.
    pub invitation_digest: Option<Vec<u8>>,
    pub invitation_expires_at: Option<DateTimeUtc>,
    /// The secret of the second factor, encrypted.
    pub totp_sealed: Option<Vec<u8>>,
    /// Since when it is required; absent while it is being set up.
    pub totp_confirmed_at: Option<DateTimeUtc>,
    /// The time step of the last accepted code, so that none is accepted twice.
    pub totp_last_step: Option<i64>,
    #[sea_orm(has_many)]
    pub sessions: HasMany<super::session::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
