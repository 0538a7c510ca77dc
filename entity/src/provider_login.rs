//! A sign-in at a provider. Its OAuth state is stored as a digest, its verifier and codes are encrypted.

use sea_orm::entity::prelude::*;

use super::provider_account::ProviderKind;

/// How the provider's authorization reaches this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum LoginMode {
    /// The browser is redirected to our callback.
    Redirect,
    /// The user pastes the URL to which the browser was redirected.
    Paste,
    /// We poll while the user enters a code at the provider.
    Device,
}

/// The state of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum LoginStatus {
    Pending,
    /// The authorization is being exchanged for tokens.
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
    /// The administrator or API token that started it; only they may complete it.
    pub started_by: Uuid,
    /// The browser session that started it.
    pub session_id: Option<Uuid>,
    /// The label of the new account.
    pub label: Option<String>,
    /// HMAC-SHA-256 of the OAuth state.
    #[sea_orm(unique)]
    pub state_digest: Option<Vec<u8>>,
    /// Verifier, codes and URLs, encrypted; empty once it has ended.
    pub sealed: Vec<u8>,
    /// The resulting account.
    pub account_id: Option<Uuid>,
    /// The error, as a readable text.
    pub error: Option<String>,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
    /// The run of the server that exchanges the authorization, as in `replica`.
    pub incarnation: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
