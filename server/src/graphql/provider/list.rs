//! Providers, and how it stands with them.

use async_graphql::{Context, Object};
use entity::{admin, provider_account};
use sea_orm::Iterable as _;

use super::{
    account::{AccountStatus, ProviderAccount, ProviderKind},
    settings::ProviderSettings,
};
use crate::{
    domain::{
        provider_accounts::{self, ProviderAccounts},
        settings::Settings,
    },
    engine::EngineHandle,
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{list, one},
            error::Result,
            guard::AtLeast,
        },
        types::scalar::DateTime,
    },
    providers,
};

/// A provider, with our accounts there.
#[derive(Debug)]
struct Provider {
    kind: provider_account::ProviderKind,
    accounts: Vec<provider_account::Model>,
}

impl Provider {
    /// The providers of these kinds. One look at the accounts serves all.
    async fn load(
        ctx: &Context<'_>,
        kinds: impl IntoIterator<Item = provider_account::ProviderKind>,
    ) -> Result<Vec<Self>> {
        let all = ctx.service::<ProviderAccounts>().list().await?;
        let provider = |kind| {
            let here = all.iter().filter(|account| account.kind == kind);
            let accounts = here.cloned().collect();
            Self { kind, accounts }
        };
        Ok(kinds.into_iter().map(provider).collect())
    }
}

/// Somebody who serves models, and our accounts there.
#[Object]
impl Provider {
    /// Which provider it is.
    async fn kind(&self) -> ProviderKind {
        self.kind.into()
    }

    /// Its name for people.
    async fn display_name(&self) -> &str {
        providers::spec(self.kind).display_name
    }

    /// Our accounts there, by label.
    #[graphql(complexity = "5 * child_complexity")]
    async fn accounts(&self) -> Vec<ProviderAccount> {
        let accounts = self.accounts.iter().cloned();
        accounts.map(ProviderAccount).collect()
    }

    /// How it is: as its best account is; null without accounts.
    async fn status(&self, ctx: &Context<'_>) -> Option<AccountStatus> {
        let told = ctx.service::<EngineHandle>().accounts().await;
        let book = ctx.service::<ProviderAccounts>();
        let accounts = self.accounts.iter();
        let states = accounts.map(|account| book.state(account, told.as_deref()));
        let best = states
            .map(|state| state.status)
            .min_by_key(|status| rank(*status));
        best.map(Into::into)
    }

    /// When a request last went through one of its accounts.
    async fn last_used_at(&self) -> Option<DateTime> {
        let accounts = self.accounts.iter();
        let used_at = accounts.filter_map(|account| account.last_used_at).max();
        used_at.map(Into::into)
    }

    /// How its accounts are used.
    async fn settings(&self, ctx: &Context<'_>) -> ProviderSettings {
        ProviderSettings(ctx.service::<Settings>().provider(self.kind))
    }

    /// Whether it has API keys that can be added.
    async fn accepts_api_key(&self) -> bool {
        providers::spec(self.kind).api_keys.accepted
    }

    /// Whether an account must say where the provider is.
    async fn base_url_required(&self) -> bool {
        providers::spec(self.kind).api_keys.needs_base_url
    }
}

/// The better, the lower.
fn rank(status: provider_accounts::AccountStatus) -> u8 {
    match status {
        provider_accounts::AccountStatus::Active => 0,
        provider_accounts::AccountStatus::Unknown => 1,
        provider_accounts::AccountStatus::Cooling => 2,
        provider_accounts::AccountStatus::Failing => 3,
        provider_accounts::AccountStatus::Expired => 4,
        provider_accounts::AccountStatus::RefreshFailed => 5,
        provider_accounts::AccountStatus::Disabled => 6,
    }
}

/// The providers' part of the queries.
#[derive(Debug, Default)]
pub(crate) struct ProviderQuery;

#[Object]
impl ProviderQuery {
    /// All providers, with or without accounts.
    #[graphql(
        guard = "AtLeast(admin::Role::Viewer)",
        complexity = "list(7, child_complexity)"
    )]
    async fn providers(&self, ctx: &Context<'_>) -> Result<Vec<Provider>> {
        Provider::load(ctx, provider_account::ProviderKind::iter()).await
    }

    /// One provider.
    #[graphql(
        guard = "AtLeast(admin::Role::Viewer)",
        complexity = "one(child_complexity)"
    )]
    async fn provider(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which provider.")] kind: ProviderKind,
    ) -> Result<Option<Provider>> {
        Ok(Provider::load(ctx, [kind.into()]).await?.pop())
    }
}
