//! Providers: queries, and the subscription to their accounts.

use async_graphql::{ComplexObject, Context, Object, SimpleObject, Subscription};
use entity::provider_account;
use futures_util::{Stream, StreamExt as _};
use sea_orm::Iterable as _;

use super::{
    account::{AccountStatus, ProviderAccount},
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
            error::{ResolverError, Result},
            guard::Declared,
            role::{Role, requires_role},
        },
        types::{provider::ProviderKind, scalar::DateTime},
    },
    providers,
};

/// A provider of models, and this server's accounts there.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Provider {
    /// The provider.
    kind: ProviderKind,
    /// The display name.
    display_name: &'static str,
    /// The accounts, ordered by label.
    #[graphql(complexity = "5 * child_complexity")]
    accounts: Vec<ProviderAccount>,
    /// The time of the last request through one of its accounts; null if there was none.
    last_used_at: Option<DateTime>,
}

impl Provider {
    /// The providers of these kinds, with one query for all accounts.
    async fn load(
        ctx: &Context<'_>,
        kinds: impl IntoIterator<Item = provider_account::ProviderKind>,
    ) -> Result<Vec<Self>> {
        let all = ctx.service::<ProviderAccounts>().list().await?;
        let of = |kind| all.iter().filter(move |account| account.kind == kind);
        let provider = |kind| Self::new(kind, of(kind).cloned().collect());
        Ok(kinds.into_iter().map(provider).collect())
    }

    fn new(kind: provider_account::ProviderKind, accounts: Vec<provider_account::Model>) -> Self {
        let used_at = accounts.iter().filter_map(|account| account.last_used_at);
        Self {
            kind: kind.into(),
            display_name: providers::spec(kind).display_name,
            last_used_at: used_at.max().map(Into::into),
            accounts: accounts.into_iter().map(Into::into).collect(),
        }
    }
}

#[ComplexObject]
impl Provider {
    /// The health of its healthiest account; null without accounts.
    async fn status(&self, ctx: &Context<'_>) -> Option<AccountStatus> {
        let reported = ctx.service::<EngineHandle>().accounts().await;
        let accounts_service = ctx.service::<ProviderAccounts>();
        let accounts = self.accounts.iter();
        let states =
            accounts.map(|account| accounts_service.state(&account.row, reported.as_deref()));
        let best = states
            .map(|state| state.status)
            .min_by_key(|status| rank(*status));
        best.map(Into::into)
    }

    /// The settings of its accounts.
    async fn settings(&self, ctx: &Context<'_>) -> ProviderSettings {
        ProviderSettings::from(ctx.service::<Settings>().provider(self.kind.into()))
    }
}

/// The order of health, best first.
fn rank(status: provider_accounts::AccountStatus) -> u8 {
    match status {
        provider_accounts::AccountStatus::Active => 0,
        provider_accounts::AccountStatus::Unknown => 1,
        provider_accounts::AccountStatus::Cooling => 2,
        provider_accounts::AccountStatus::Failing => 3,
        provider_accounts::AccountStatus::Expired => 4,
        provider_accounts::AccountStatus::RefreshFailed => 5,
        provider_accounts::AccountStatus::Paused => 6,
        provider_accounts::AccountStatus::Disabled => 7,
    }
}

#[derive(Debug, Default)]
pub(crate) struct ProviderQuery;

#[Object(guard = "Declared")]
impl ProviderQuery {
    /// All providers, including those without accounts. `supportedProviders` has what each can do.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "list(providers::ALL.len(), child_complexity)"
    )]
    async fn providers(&self, ctx: &Context<'_>) -> Result<Vec<Provider>> {
        Provider::load(ctx, provider_account::ProviderKind::iter()).await
    }

    /// A provider.
    #[graphql(directive = requires_role::apply(Role::Viewer), complexity = "one(child_complexity)")]
    async fn provider(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The provider.")] kind: ProviderKind,
    ) -> Result<Option<Provider>> {
        Ok(Provider::load(ctx, [kind.into()]).await?.pop())
    }
}

#[derive(Debug, Default)]
pub(crate) struct ProviderSubscription;

#[Subscription(guard = "Declared")]
impl ProviderSubscription {
    /// Accounts, each after it was added, changed or removed.
    #[graphql(directive = requires_role::apply(Role::Viewer))]
    async fn provider_account_changed(
        &self,
        ctx: &Context<'_>,
    ) -> Result<impl Stream<Item = Result<ProviderAccount>> + use<>> {
        let followed = ctx.service::<ProviderAccounts>().follow().await?;
        Ok(
            followed
                .map(|account| Ok(ProviderAccount::from(account.map_err(ResolverError::from)?))),
        )
    }
}
