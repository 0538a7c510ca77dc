//! A sign-in at a provider, from its beginning to its end. Its state is kept as a digest, and what it
//! needs to go on is kept sealed.

use sea_orm::entity::prelude::*;

use super::provider_account::ProviderKind;

/// How the provider's answer comes back to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum LoginMode {
    /// The browser brings it to our own address.
    Redirect,
    /// A person pastes the address to which the browser was sent.
    Paste,
    /// We ask for it while a person types a code at the provider.
    Device,
}

/// How far a sign-in is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum LoginStatus {
    Pending,
    /// The answer is here and is being turned into tokens. Nobody else can complete it.
    Completing,
    Succeeded,
    Failed,
    Cancelled,
    Expired,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_login")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: ProviderKind,
    pub mode: LoginMode,
    pub status: LoginStatus,
    /// The administrator or the API token that began it; nobody else may complete it.
    pub started_by: Uuid,
    /// The browser session that began it.
    pub session_id: Option<Uuid>,
    /// What the account shall be called.
    pub label: Option<String>,
    /// HMAC-SHA-256 of the state that the provider sends back.
    #[sea_orm(unique)]
    pub state_digest: Option<Vec<u8>>,
    /// Verifier, codes and addresses, sealed; empty once it is over.
    pub sealed: Vec<u8>,
    /// The account that came of it.
    pub account_id: Option<Uuid>,
    /// Why it failed, in words.
    pub error: Option<String>,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
