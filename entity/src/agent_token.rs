//! A token of an agent's sign-in. Only its digest is kept.

use sea_orm::entity::prelude::*;

/// The purpose of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum AgentTokenKind {
    /// Sent with each request.
    Access,
    /// Exchanged once for an access token and its successor.
    Refresh,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agent_token")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub api_key_id: Uuid,
    pub kind: AgentTokenKind,
    /// HMAC-SHA-256 of the token.
    #[sea_orm(unique)]
    pub digest: Vec<u8>,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    /// When a refresh token was exchanged.
    pub replaced_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "api_key_id", to = "id")]
    pub api_key: BelongsTo<super::api_key::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
