//! The sign-in of an agent, whose tokens act as an API key of its own.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agent_sign_in")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub api_key_id: Uuid,
    pub client_id: Option<String>,
    /// The user agent.
    pub agent: Option<String>,
    pub surface: Option<String>,
    /// The address that asked to sign in.
    pub client_ip: Option<String>,
    pub created_at: DateTimeUtc,
    pub refreshed_at: Option<DateTimeUtc>,
    /// The address of the last refresh.
    pub refreshed_from: Option<String>,
    #[sea_orm(belongs_to, from = "api_key_id", to = "id")]
    pub api_key: BelongsTo<super::api_key::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
