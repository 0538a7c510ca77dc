//! Providers and our accounts there. Secrets go in and never come out.

use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use entity::{admin, provider_account};

use crate::{
    domain::provider_accounts::{AccountState, ProviderAccounts},
    engine::EngineHandle,
    graphql::{
        resolver::{context::ContextExt as _, error::Result, guard::AtLeast},
        types::{provider::ProviderKind, scalar::DateTime},
    },
};

/// What sort of credential an account has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::provider_account::CredentialKind")]
pub(crate) enum CredentialKind {
    /// A key of the provider's API.
    ApiKey,
    /// Tokens from a sign-in or an import, which the engine keeps fresh.
    AuthFile,
    /// A GitHub token, from which the server gets Copilot's short-lived one.
    Github,
}

/// How an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::provider_accounts::AccountStatus")]
pub(crate) enum AccountStatus {
    /// Nothing speaks against using it.
    Active,
    /// The engine passes it over for a while, such as after a provider's limit was reached.
    Cooling,
    /// Its token could not be refreshed.
    RefreshFailed,
    /// Its token has ended.
    Expired,
    /// The provider refuses it, or requests through it fail again and again.
    Failing,
    /// It is not used, since somebody said so.
    Disabled,
    /// The engine does not tell.
    Unknown,
}

/// A model that an account offers.
#[derive(Clone, Debug, SimpleObject)]
struct ProviderModel {
    /// What the provider calls it.
    name: String,
    /// What clients call it; null for the same.
    alias: Option<String>,
}

impl From<provider_account::ProviderModel> for ProviderModel {
    fn from(model: provider_account::ProviderModel) -> Self {
        Self {
            name: model.name,
            alias: model.alias,
        }
    }
}

/// A stretch of time in which a subscription allows so much.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct SubscriptionWindow {
    /// Such as `five_hour` or `seven_day`, in the provider's words.
    name: String,
    /// How much of it is used, from 0 to 100.
    used_percent: i32,
    /// When it starts anew; null while nothing of it is used.
    resets_at: Option<DateTime>,
}

impl From<provider_account::SubscriptionWindow> for SubscriptionWindow {
    fn from(window: provider_account::SubscriptionWindow) -> Self {
        Self {
            name: window.name,
            used_percent: window.used_percent,
            resets_at: window.resets_at.map(Into::into),
        }
    }
}

/// A credential at a provider. Its secret is sealed and has no field.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct ProviderAccount {
    #[graphql(skip)]
    pub(crate) row: provider_account::Model,
    /// The account's id.
    id: ID,
    /// At which provider it is.
    kind: ProviderKind,
    /// What it is called, unique among the provider's accounts.
    pub(crate) label: String,
    /// What sort of credential it has.
    credential: CredentialKind,
    /// How the credential ends, to recognise it by; empty when that would tell too much.
    last_four: String,
    /// Where the provider is; null for its usual address.
    base_url: Option<String>,
    /// The models that it offers; none means all that the provider is known for.
    models: Vec<ProviderModel>,
    /// What clients put before a model's name to address this account alone.
    prefix: Option<String>,
    /// Accounts of a higher priority are used first.
    priority: i32,
    /// The account's share among those of its priority, where the strategy is by weight.
    weight: i32,
    /// Who is signed in.
    email: Option<String>,
    /// What the login pays for, in the provider's words.
    plan: Option<String>,
    /// When the access token ends; it is refreshed ahead of that.
    expires_at: Option<DateTime>,
    /// When a request last went through it, to half a minute.
    last_used_at: Option<DateTime>,
    /// When the provider was last asked how it is.
    checked_at: Option<DateTime>,
    /// The subscription's windows as the provider told them when it was last asked; empty where it tells
    /// none.
    windows: Vec<SubscriptionWindow>,
    /// When the provider told its windows.
    windows_reported_at: Option<DateTime>,
    /// The last failure in words, such as of a sign-in that has ended.
    problem: Option<String>,
    /// When it failed.
    problem_at: Option<DateTime>,
    /// Whether it is used.
    enabled: bool,
    /// When it was added.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
}

impl From<provider_account::Model> for ProviderAccount {
    fn from(row: provider_account::Model) -> Self {
        let windows = row.windows.iter().flat_map(|reported| &reported.windows);
        Self {
            id: row.id.into(),
            kind: row.kind.into(),
            label: row.label.clone(),
            credential: row.credential.into(),
            last_four: row.last_four.clone(),
            base_url: row.base_url.clone(),
            models: row.models.0.iter().cloned().map(Into::into).collect(),
            prefix: row.prefix.clone(),
            priority: row.priority,
            weight: row.weight,
            email: row.email.clone(),
            plan: row.plan.clone(),
            expires_at: row.expires_at.map(Into::into),
            last_used_at: row.last_used_at.map(Into::into),
            checked_at: row.checked_at.map(Into::into),
            windows: windows.cloned().map(Into::into).collect(),
            windows_reported_at: row.windows.as_ref().map(|reported| reported.told_at.into()),
            problem: row.problem.clone(),
            problem_at: row.problem_at.map(Into::into),
            enabled: row.enabled,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            row,
        }
    }
}

#[ComplexObject]
impl ProviderAccount {
    /// The proxy to the provider, without its password; null for the usual way.
    #[graphql(guard = "AtLeast(admin::Role::Admin)")]
    #[expect(
        clippy::unused_async,
        reason = "resolvers are; opening a seal waits for nobody"
    )]
    async fn proxy_url(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let accounts = ctx.service::<ProviderAccounts>();
        Ok(accounts.shown_secrets(&self.row)?.proxy_url)
    }

    /// The names of the headers that are sent along; their values are secret.
    #[expect(
        clippy::unused_async,
        reason = "resolvers are; opening a seal waits for nobody"
    )]
    async fn header_names(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let accounts = ctx.service::<ProviderAccounts>();
        Ok(accounts.shown_secrets(&self.row)?.headers)
    }

    /// How it is. The engine is asked every few seconds at most.
    async fn status(&self, ctx: &Context<'_>) -> AccountStatus {
        self.state(ctx).await.status.into()
    }

    /// Until when the engine passes it over.
    async fn cooling_until(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.state(ctx).await.until.map(Into::into)
    }

    /// Why it is not active, in words.
    async fn status_reason(&self, ctx: &Context<'_>) -> Option<String> {
        self.state(ctx).await.reason
    }
}

impl ProviderAccount {
    async fn state(&self, ctx: &Context<'_>) -> AccountState {
        let told = ctx.service::<EngineHandle>().accounts().await;
        ctx.service::<ProviderAccounts>()
            .state(&self.row, told.as_deref())
    }
}
