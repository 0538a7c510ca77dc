//! Providers and our accounts there. Secrets go in and never come out.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use entity::{admin, provider_account};

use crate::{
    domain::provider_accounts::{AccountState, ProviderAccounts},
    engine::EngineHandle,
    graphql::{
        resolver::{context::ContextExt as _, error::Result, guard::AtLeast},
        types::scalar::DateTime,
    },
};

/// Who serves the models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::provider_account::ProviderKind")]
pub(crate) enum ProviderKind {
    /// Anthropic's Claude.
    Claude,
    /// OpenAI, through its API.
    Chatgpt,
    /// Google's Gemini.
    Gemini,
    /// GitHub Copilot.
    Copilot,
    /// Moonshot's Kimi.
    Kimi,
    /// xAI's Grok.
    Xai,
    /// Anybody who speaks OpenAI's protocol.
    OpenaiCompatible,
}

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
#[derive(SimpleObject)]
struct ProviderModel {
    /// What the provider calls it.
    name: String,
    /// What clients call it; null for the same.
    alias: Option<String>,
}

/// A window of a subscription.
#[derive(Debug)]
struct SubscriptionWindow(provider_account::SubscriptionWindow);

/// A stretch of time in which a subscription allows so much.
#[Object]
impl SubscriptionWindow {
    /// Such as `five_hour` or `seven_day`, in the provider's words.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How much of it is used, from 0 to 100.
    async fn used_percent(&self) -> i32 {
        self.0.used_percent
    }

    /// When it starts anew; null while nothing of it is used.
    async fn resets_at(&self) -> Option<DateTime> {
        self.0.resets_at.map(Into::into)
    }
}

/// An account.
#[derive(Clone, Debug)]
pub(crate) struct ProviderAccount(pub(crate) provider_account::Model);

/// A credential at a provider. Its secret is sealed and has no field.
#[Object]
impl ProviderAccount {
    /// The account's id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// At which provider it is.
    async fn kind(&self) -> ProviderKind {
        self.0.kind.into()
    }

    /// What it is called, unique among the provider's accounts.
    async fn label(&self) -> &str {
        &self.0.label
    }

    /// What sort of credential it has.
    async fn credential(&self) -> CredentialKind {
        self.0.credential.into()
    }

    /// How the credential ends, to recognise it by; empty when that would tell too much.
    async fn last_four(&self) -> &str {
        &self.0.last_four
    }

    /// Where the provider is; null for its usual address.
    async fn base_url(&self) -> Option<&str> {
        self.0.base_url.as_deref()
    }

    /// The models that it offers; none means all that the provider is known for.
    async fn models(&self) -> Vec<ProviderModel> {
        let models = self.0.models.0.iter().cloned();
        let model = |model: provider_account::ProviderModel| ProviderModel {
            name: model.name,
            alias: model.alias,
        };
        models.map(model).collect()
    }

    /// What clients put before a model's name to address this account alone.
    async fn prefix(&self) -> Option<&str> {
        self.0.prefix.as_deref()
    }

    /// Accounts of a higher priority are used first.
    async fn priority(&self) -> i32 {
        self.0.priority
    }

    /// The account's share among those of its priority, where the strategy is by weight.
    async fn weight(&self) -> i32 {
        self.0.weight
    }

    /// The proxy to the provider, without its password; null for the usual way.
    #[graphql(guard = "AtLeast(admin::Role::Admin)")]
    #[expect(
        clippy::unused_async,
        reason = "resolvers are; opening a seal waits for nobody"
    )]
    async fn proxy_url(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let accounts = ctx.service::<ProviderAccounts>();
        Ok(accounts.shown_secrets(&self.0)?.proxy_url)
    }

    /// The names of the headers that are sent along; their values are secret.
    #[expect(
        clippy::unused_async,
        reason = "resolvers are; opening a seal waits for nobody"
    )]
    async fn header_names(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let accounts = ctx.service::<ProviderAccounts>();
        Ok(accounts.shown_secrets(&self.0)?.headers)
    }

    /// Who is signed in.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// What the login pays for, in the provider's words.
    async fn plan(&self) -> Option<&str> {
        self.0.plan.as_deref()
    }

    /// When the access token ends; it is refreshed ahead of that.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(Into::into)
    }

    /// When a request last went through it, to half a minute.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(Into::into)
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

    /// When the provider was last asked how it is.
    async fn checked_at(&self) -> Option<DateTime> {
        self.0.checked_at.map(Into::into)
    }

    /// The subscription's windows as the provider told them when it was last asked; empty where it tells
    /// none.
    async fn windows(&self) -> Vec<SubscriptionWindow> {
        let told = self.0.windows.iter().flat_map(|told| &told.windows);
        told.cloned().map(SubscriptionWindow).collect()
    }

    /// When the provider told its windows.
    async fn windows_told_at(&self) -> Option<DateTime> {
        let told = self.0.windows.as_ref();
        told.map(|told| told.told_at.into())
    }

    /// The last failure in words, such as of a sign-in that has ended.
    async fn problem(&self) -> Option<&str> {
        self.0.problem.as_deref()
    }

    /// When it failed.
    async fn problem_at(&self) -> Option<DateTime> {
        self.0.problem_at.map(Into::into)
    }

    /// Whether it is used.
    async fn enabled(&self) -> bool {
        self.0.enabled
    }

    /// When it was added.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }
}

impl ProviderAccount {
    async fn state(&self, ctx: &Context<'_>) -> AccountState {
        let told = ctx.service::<EngineHandle>().accounts().await;
        ctx.service::<ProviderAccounts>()
            .state(&self.0, told.as_deref())
    }
}
