//! A provider account: a credential, whose secret is encrypted.

use std::collections::BTreeMap;

use sea_orm::entity::prelude::*;

/// The provider.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    serde::Serialize,
    serde::Deserialize,
)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(24))",
    rename_all = "snake_case"
)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    Claude,
    Chatgpt,
    Gemini,
    Copilot,
    Kimi,
    Xai,
    Openrouter,
    Vertex,
    GeminiInteractions,
    OpenaiCompatible,
}

/// The kind of credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum CredentialKind {
    /// A key of the provider's API.
    ApiKey,
    /// Tokens in the format of the engine's auth files.
    AuthFile,
    /// A GitHub token, which the server exchanges for Copilot's short-lived token.
    Github,
}

/// A model of the account, and the name under which it is served.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ProviderModel {
    pub name: String,
    pub alias: Option<String>,
}

/// The models of an account; empty for all known models of the provider.
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

/// A usage window of a subscription, such as five hours or a week.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SubscriptionWindow {
    /// The provider's name, such as `five_hour`.
    pub name: String,
    /// The used percentage, from 0 to 100.
    pub used_percent: i32,
    /// When it resets; none while it is unused.
    pub resets_at: Option<DateTimeUtc>,
    /// `None` if the provider does not report it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length_seconds: Option<u32>,
}

/// The windows of an account, as reported by its provider.
#[derive(
    Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, sea_orm::FromJsonQueryResult,
)]
pub struct SubscriptionWindows {
    pub reported_at: DateTimeUtc,
    pub windows: Vec<SubscriptionWindow>,
}

/// At which percentage of each window an account stops being used, by the name of the window.
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
pub struct StopLines(pub BTreeMap<String, u8>);

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: ProviderKind,
    pub credential: CredentialKind,
    pub label: String,
    /// The key or tokens, extra headers and the proxy, encrypted; empty once removed.
    pub sealed: Vec<u8>,
    pub last_four: String,
    pub base_url: Option<String>,
    pub models: ProviderModels,
    /// A prefix of model names that addresses only this account.
    pub prefix: Option<String>,
    pub enabled: bool,
    /// The signed-in identity.
    pub email: Option<String>,
    /// The subscription plan, in the provider's words.
    pub plan: Option<String>,
    /// The name of the auth file; it never changes, because the engine derives its names of credentials from it.
    pub file_name: Option<String>,
    /// When the access token expires.
    pub expires_at: Option<DateTimeUtc>,
    /// When the access token was issued.
    pub refreshed_at: Option<DateTimeUtc>,
    /// Accounts of a higher priority are used first.
    pub priority: i32,
    /// The share of the account among those of its priority.
    pub weight: i32,
    pub last_used_at: Option<DateTimeUtc>,
    /// The last error, as a readable text.
    pub problem: Option<String>,
    pub problem_at: Option<DateTimeUtc>,
    /// The time of the last check.
    pub checked_at: Option<DateTimeUtc>,
    /// The error of the last check, as a readable text; none after a success.
    pub check_failure: Option<String>,
    /// When the server stopped using it, because its provider rejects the credentials; none while it is not paused.
    pub paused_at: Option<DateTimeUtc>,
    /// Why it is paused, as a readable text.
    pub pause_reason: Option<String>,
    /// The provider's message of the last failure, without secrets, up to 500 characters.
    #[sea_orm(column_type = "Text", nullable)]
    pub last_error: Option<String>,
    /// The HTTP status of the last failure; 0 if the provider did not answer.
    pub last_error_status: Option<i16>,
    pub last_error_at: Option<DateTimeUtc>,
    /// The windows of the subscription, as reported by the provider.
    pub windows: Option<SubscriptionWindows>,
    /// `None` without any.
    pub stop_lines: Option<StopLines>,
    /// How many requests it serves at a time; `None` is unlimited.
    pub max_concurrent_requests: Option<i32>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// Set instead of deleting the row, to keep the history.
    pub removed_at: Option<DateTimeUtc>,
    /// Advanced by each change by an administrator.
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether the engine gets it: neither disabled nor paused.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        self.enabled && self.paused_at.is_none()
    }

    /// Whether the server limits how much the account is used, for which it needs an engine process of its own.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.max_concurrent_requests.is_some()
            || self
                .stop_lines
                .as_ref()
                .is_some_and(|lines| !lines.0.is_empty())
    }
}
