//! Somebody who may run the server.

use sea_orm::entity::prelude::*;

/// What an administrator or an API token may do. Each role includes the ones below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum Role {
    /// Sees everything, changes nothing.
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
    /// Whether they may sign in.
    pub enabled: bool,
    pub signed_in_at: Option<DateTimeUtc>,
    /// HMAC-SHA-256 of the token of a one-time link with which they choose a password.
    pub invitation_digest: Option<Vec<u8>>,
    pub invitation_expires_at: Option<DateTimeUtc>,
    /// The secret of the second factor, sealed.
    pub totp_sealed: Option<Vec<u8>>,
    /// Since when it is asked for; absent while it is being set up.
    pub totp_confirmed_at: Option<DateTimeUtc>,
    /// The time step of the last code that was used; none is used twice.
    pub totp_last_step: Option<i64>,
    #[sea_orm(has_many)]
    pub sessions: HasMany<super::session::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
