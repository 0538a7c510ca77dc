//! A credential at a provider. Its secret is kept sealed only.

use sea_orm::entity::prelude::*;

/// Who serves the models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(24))",
    rename_all = "snake_case"
)]
pub enum ProviderKind {
    Claude,
    Chatgpt,
    Gemini,
    Copilot,
    Kimi,
    Xai,
    OpenaiCompatible,
}

/// What sort of credential it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum CredentialKind {
    /// A key of the provider's API.
    ApiKey,
    /// Tokens in the form of the engine's auth files.
    AuthFile,
    /// A GitHub token, from which the server itself gets Copilot's short-lived one.
    Github,
}

/// A model that the account offers, and the name under which it does.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ProviderModel {
    pub name: String,
    pub alias: Option<String>,
}

/// The models of an account; none means all that the provider is known for.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    sea_orm::FromJsonQueryResult,
)]
pub struct ProviderModels(pub Vec<ProviderModel>);

/// A stretch of time in which a subscription allows so much, such as five hours or a week.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SubscriptionWindow {
    /// Such as `five_hour`, in the provider's words.
    pub name: String,
    /// How much of it is used, from 0 to 100.
    pub used_percent: i32,
    /// When it starts anew; nothing while nothing of it is used.
    pub resets_at: Option<DateTimeUtc>,
}

/// The windows of an account as its provider told them.
#[derive(
    Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, sea_orm::FromJsonQueryResult,
)]
pub struct SubscriptionWindows {
    pub told_at: DateTimeUtc,
    pub windows: Vec<SubscriptionWindow>,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: ProviderKind,
    pub credential: CredentialKind,
    pub label: String,
    /// The key or tokens, extra headers and the proxy, sealed; empty once removed.
    pub sealed: Vec<u8>,
    pub last_four: String,
    pub base_url: Option<String>,
    pub models: ProviderModels,
    /// Put before model names, to address this account alone.
    pub prefix: Option<String>,
    pub enabled: bool,
    /// Who is signed in.
    pub email: Option<String>,
    /// What the login pays for, in the provider's words.
    pub plan: Option<String>,
    /// The engine's file of a signed-in account; it never changes, since the engine's names for
    /// credentials are made of it.
    pub file_name: Option<String>,
    /// When the access token ends.
    pub expires_at: Option<DateTimeUtc>,
    /// When the access token was got.
    pub refreshed_at: Option<DateTimeUtc>,
    /// Accounts of a higher priority are used first.
    pub priority: i32,
    /// The share of the account among those of its priority.
    pub weight: i32,
    pub last_used_at: Option<DateTimeUtc>,
    /// The last failure in words for people.
    pub problem: Option<String>,
    pub problem_at: Option<DateTimeUtc>,
    /// When the provider was last asked how the account is.
    pub checked_at: Option<DateTimeUtc>,
    /// What spoke against it then, in words for people; nothing when all was well.
    pub check_failure: Option<String>,
    /// What the provider told of the subscription's windows.
    pub windows: Option<SubscriptionWindows>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// Set instead of deleting, so that history stays.
    pub removed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
