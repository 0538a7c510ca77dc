//! Providers and our accounts there. Secrets go in and never come out.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use entity::{admin, provider_account};
use sea_orm::Iterable as _;

use super::{context::ContextExt as _, error::Result, guard::AtLeast, scalar::DateTime};
use crate::domain::provider_accounts::{AccountState, accepts_api_key, needs_base_url};

/// Who serves the models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::provider_account::ProviderKind")]
pub(super) enum ProviderKind {
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
pub(super) enum CredentialKind {
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
enum AccountStatus {
    /// Nothing speaks against using it.
    Active,
    /// The engine passes it over for a while, such as after a provider's limit was reached.
    Cooling,
    /// Its token could not be refreshed.
    RefreshFailed,
    /// Its token has ended.
    Expired,
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

/// An account.
#[derive(Clone, Debug)]
pub(super) struct ProviderAccount(pub(super) provider_account::Model);

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
    async fn proxy_url(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let accounts = &ctx.services().provider_accounts;
        Ok(accounts.shown_secrets(&self.0)?.proxy_url)
    }

    /// The names of the headers that are sent along; their values are secret.
    async fn header_names(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let accounts = &ctx.services().provider_accounts;
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
        let services = ctx.services();
        let told = services.engine.accounts().await;
        AccountState::of(&self.0, told.as_deref(), services.clock.now())
    }
}

/// A provider's name for people.
pub(super) fn display_name(kind: provider_account::ProviderKind) -> &'static str {
    match kind {
        provider_account::ProviderKind::Claude => "Claude",
        provider_account::ProviderKind::Chatgpt => "ChatGPT",
        provider_account::ProviderKind::Gemini => "Gemini",
        provider_account::ProviderKind::Copilot => "GitHub Copilot",
        provider_account::ProviderKind::Kimi => "Kimi",
        provider_account::ProviderKind::Xai => "xAI",
        provider_account::ProviderKind::OpenaiCompatible => "OpenAI-compatible",
    }
}

/// A provider.
#[derive(Clone, Copy, Debug)]
struct Provider(provider_account::ProviderKind);

/// Somebody who serves models, and our accounts there.
#[Object]
impl Provider {
    /// Which provider it is.
    async fn kind(&self) -> ProviderKind {
        self.0.into()
    }

    /// Its name for people.
    async fn display_name(&self) -> &str {
        display_name(self.0)
    }

    /// Our accounts there, by label.
    #[graphql(complexity = "5 * child_complexity")]
    async fn accounts(&self, ctx: &Context<'_>) -> Result<Vec<ProviderAccount>> {
        let accounts = ctx.services().provider_accounts.list().await?;
        let here = accounts
            .into_iter()
            .filter(|account| account.kind == self.0);
        Ok(here.map(ProviderAccount).collect())
    }

    /// Whether it has API keys that can be added.
    async fn accepts_api_key(&self) -> bool {
        accepts_api_key(self.0)
    }

    /// Whether an account must say where the provider is.
    async fn base_url_required(&self) -> bool {
        needs_base_url(self.0)
    }
}

/// The providers' part of the queries.
#[derive(Debug, Default)]
pub(super) struct ProviderQuery;

#[Object]
impl ProviderQuery {
    /// All providers, with or without accounts.
    #[graphql(
        guard = "AtLeast(admin::Role::Viewer)",
        complexity = "7 * child_complexity"
    )]
    async fn providers(&self) -> Vec<Provider> {
        provider_account::ProviderKind::iter()
            .map(Provider)
            .collect()
    }

    /// One provider.
    #[graphql(guard = "AtLeast(admin::Role::Viewer)")]
    async fn provider(
        &self,
        #[graphql(desc = "Which provider.")] kind: ProviderKind,
    ) -> Option<Provider> {
        Some(Provider(kind.into()))
    }
}
