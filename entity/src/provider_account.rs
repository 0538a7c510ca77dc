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
    ApiKey,
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

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: ProviderKind,
    pub credential: CredentialKind,
    pub label: String,
    /// The key and its extra headers, sealed; empty once removed.
    pub sealed: Vec<u8>,
    pub last_four: String,
    pub base_url: Option<String>,
    pub models: ProviderModels,
    /// Put before model names, to address this account alone.
    pub prefix: Option<String>,
    pub enabled: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// Set instead of deleting, so that history stays.
    pub removed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
