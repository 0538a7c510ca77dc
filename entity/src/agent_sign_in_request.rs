//! An agent's request to sign in, which a user confirms or denies. Only digests of its codes are kept.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agent_sign_in_request")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// HMAC-SHA-256 of the code in the address of the page.
    #[sea_orm(unique)]
    pub user_code_digest: Vec<u8>,
    /// HMAC-SHA-256 of the code that the agent exchanges for tokens; `None` until a browser is sent back with one.
    #[sea_orm(unique)]
    pub code_digest: Option<Vec<u8>>,
    /// Where the browser is sent back to, on the user's machine; `None` for the device flow.
    pub redirect_uri: Option<String>,
    /// `state` of the agent, which is sent back to it.
    pub client_state: Option<String>,
    /// SHA-256 of the verifier in base64url.
    pub code_challenge: Option<String>,
    pub client_id: Option<String>,
    /// The user agent.
    pub agent: Option<String>,
    pub surface: Option<String>,
    pub client_ip: Option<String>,
    /// Whether the agent cannot refresh tokens: it gets one that is valid as long as the sign-in.
    pub long_lived: bool,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub polled_at: Option<DateTimeUtc>,
    /// The key with which the user confirmed.
    pub confirmed_with: Option<Uuid>,
    /// The user who confirmed or denied.
    pub user_id: Option<Uuid>,
    /// The name of the sign-in.
    pub name: Option<String>,
    pub decided_at: Option<DateTimeUtc>,
    pub denied_at: Option<DateTimeUtc>,
    pub used_at: Option<DateTimeUtc>,
    /// The key of the sign-in.
    pub api_key_id: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}
