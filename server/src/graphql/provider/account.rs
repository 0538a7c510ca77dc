//! Provider accounts and their health.

use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use entity::provider_account;

use super::{
    limit::AccountUnavailability,
    traffic::{AccountTraffic, TrafficPeriod},
    window::SubscriptionWindow,
};
use crate::{
    clock::SharedClock,
    domain::{
        account_groups::AccountGroups,
        provider_accounts::{AccountState, ProviderAccounts},
    },
    engine::EngineHandle,
    graphql::{
        engine::process::EngineProcess,
        resolver::{
            context::ContextExt as _,
            cost::BATCHED,
            error::Result,
            guard::DeclaredOn,
            loaders::TrafficOfAccount,
            role::{Role, requires_role},
        },
        types::{
            account_group::{self, AccountGroup},
            provider::ProviderKind,
            scalar::DateTime,
        },
    },
};

/// Sums of usage are kept by quarters of an hour; in seconds.
const QUARTER: i64 = 900;

/// The kind of credential of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::provider_account::CredentialKind")]
pub(crate) enum CredentialKind {
    /// An API key of the provider.
    ApiKey,
    /// OAuth tokens from a sign-in or an import, which the engine refreshes.
    AuthFile,
    /// A GitHub token, which the server exchanges for short-lived Copilot tokens.
    Github,
}

/// The health of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::provider_accounts::AccountStatus")]
pub(crate) enum AccountStatus {
    /// In use, no problem known.
    Active,
    /// Skipped by the engine for a while, such as after the provider's rate limit was reached.
    Cooling,
    /// The access token could not be refreshed.
    RefreshFailed,
    /// The access token has expired.
    Expired,
    /// Rejected by the provider, or requests through it keep failing.
    Failing,
    /// Not used, because its provider repeatedly rejected the credentials, until `resumeProviderAccount`, a new
    /// sign-in or a new key.
    Paused,
    /// Disabled by an administrator.
    Disabled,
    /// The engine reports no state.
    Unknown,
}

/// A model that an account offers.
#[derive(Clone, Debug, SimpleObject)]
struct ProviderModel {
    /// The provider's name of the model.
    name: String,
    /// The name that clients use; null if it is the provider's.
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

/// The last failure of a request through an account, or of the refresh of its token.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct AccountError {
    /// The provider's message, without secrets: up to 500 characters. Null if it sent none, or if the setting
    /// `keepErrorMessages` is off.
    message: Option<String>,
    /// The HTTP status; null if the provider did not answer.
    status: Option<i32>,
    /// The time of the failure, to 30 seconds.
    at: DateTime,
}

impl AccountError {
    fn of(row: &provider_account::Model) -> Option<Self> {
        Some(Self {
            message: row.last_error.clone(),
            status: row
                .last_error_status
                .filter(|status| *status > 0)
                .map(Into::into),
            at: row.last_error_at?.into(),
        })
    }
}

/// A credential at a provider. Its secret is stored encrypted and cannot be read.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct ProviderAccount {
    #[graphql(skip)]
    pub(crate) row: provider_account::Model,
    /// The account's id.
    id: ID,
    /// The provider.
    kind: ProviderKind,
    /// The name, unique among the accounts of the provider.
    pub(crate) label: String,
    /// The kind of credential.
    credential: CredentialKind,
    /// The last four characters of the credential, to recognise it by; empty if it is too short to show any.
    last_four: String,
    /// The provider's base URL; null for its default.
    base_url: Option<String>,
    /// The models that it offers; empty for the provider's default list.
    models: Vec<ProviderModel>,
    /// The prefix before a model name with which clients address this account alone; null for none.
    prefix: Option<String>,
    /// The priority. Accounts of a higher priority are used first.
    priority: i32,
    /// The weight among accounts of the same priority, which the strategy `WEIGHTED` uses.
    weight: i32,
    /// The e-mail address of the signed-in person; null if unknown.
    email: Option<String>,
    /// The provider's name of the subscription plan; null if unknown.
    plan: Option<String>,
    /// The time at which the access token expires; it is refreshed before. Null if it does not expire, or if a GitHub
    /// token was not exchanged yet.
    expires_at: Option<DateTime>,
    /// The time of the last request through it, to 30 seconds; null if there was none.
    last_used_at: Option<DateTime>,
    /// The time of the last health check; null if there was none.
    checked_at: Option<DateTime>,
    /// The usage windows of the subscription, as the provider last reported them; empty if it reports none.
    windows: Vec<SubscriptionWindow>,
    /// The time at which the provider last reported `windows`; null if it never did.
    windows_reported_at: Option<DateTime>,
    /// The last failure, such as an expired sign-in; null if there was none.
    problem: Option<String>,
    /// The time of the last failure; null if there was none.
    problem_at: Option<DateTime>,
    /// The last failure, which is kept after later successes and restarts; null if there was none.
    last_error: Option<AccountError>,
    /// The time at which the server stopped using it because its provider rejects the credentials; null if it is not
    /// paused.
    paused_at: Option<DateTime>,
    /// Whether an administrator has enabled it. It is in use if it is not paused either.
    enabled: bool,
    /// The time at which it was added.
    created_at: DateTime,
    /// The most requests that it serves at a time: 1 to 10000; null for no limit.
    max_concurrent_requests: Option<i32>,
    /// The time of the last change.
    updated_at: DateTime,
    /// The version, which increases with each change by an administrator.
    version: i32,
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
            windows: windows
                .cloned()
                .map(|window| SubscriptionWindow::new(row.id, window, row.stop_lines.as_ref()))
                .collect(),
            max_concurrent_requests: row.max_concurrent_requests,
            windows_reported_at: row
                .windows
                .as_ref()
                .map(|reported| reported.reported_at.into()),
            problem: row.problem.clone(),
            problem_at: row.problem_at.map(Into::into),
            last_error: AccountError::of(&row),
            paused_at: row.paused_at.map(Into::into),
            enabled: row.enabled,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            version: row.version,
            row,
        }
    }
}

#[ComplexObject]
impl ProviderAccount {
    /// The proxy URL to the provider, without its password; null for the engine's default.
    #[graphql(guard = "DeclaredOn(\"ProviderAccount\")", directive = requires_role::apply(Role::Admin))]
    #[expect(
        clippy::unused_async,
        reason = "resolvers are; decryption does not wait"
    )]
    async fn proxy_url(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let accounts = ctx.service::<ProviderAccounts>();
        Ok(accounts.shown_secrets(&self.row)?.proxy_url)
    }

    /// The names of the additional headers. Their values are secret.
    #[expect(
        clippy::unused_async,
        reason = "resolvers are; decryption does not wait"
    )]
    async fn header_names(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let accounts = ctx.service::<ProviderAccounts>();
        Ok(accounts.shown_secrets(&self.row)?.headers)
    }

    /// The health of the account, at most a few seconds old.
    async fn status(&self, ctx: &Context<'_>) -> AccountStatus {
        self.state(ctx).await.status.into()
    }

    /// The time until which the engine skips it; null if it does not.
    async fn cooling_until(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.state(ctx).await.until.map(Into::into)
    }

    /// Its own engine process; null if the shared engine serves it. An account has its own if it has a stop line, a limit of
    /// requests at a time, or is in an account group.
    async fn engine_process(&self, ctx: &Context<'_>) -> Option<EngineProcess> {
        EngineProcess::of(ctx.service::<EngineHandle>(), self.row.id)
    }

    /// Why no requests are sent to it now, although it is in use; null if they are. Of an account without its own engine process
    /// only the provider's refusals are known.
    async fn unavailability(&self, ctx: &Context<'_>) -> Option<AccountUnavailability> {
        AccountUnavailability::of(ctx, self.row.id)
    }

    /// The requests through it in a recent period. In a list it costs two queries for all accounts.
    #[graphql(complexity = "child_complexity + 2 * BATCHED")]
    async fn traffic(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The period.", default_with = "TrafficPeriod::Last24Hours")]
        period: TrafficPeriod,
    ) -> Result<AccountTraffic> {
        let start = (ctx.service::<SharedClock>().now() - period.length()).timestamp();
        let since = start - start.rem_euclid(QUARTER);
        let key = TrafficOfAccount {
            id: self.row.id,
            since,
        };
        let traffic = ctx.loader().load_one(key).await?.unwrap_or_default();
        let from = chrono::DateTime::from_timestamp(since, 0).unwrap_or_default();
        Ok(AccountTraffic::new(from.into(), traffic))
    }

    /// The account groups that it is in, by name. If it is in none, every caller without a group may use it.
    #[graphql(complexity = "2 * child_complexity")]
    async fn groups(&self, ctx: &Context<'_>) -> Vec<AccountGroup> {
        let state = ctx.service::<AccountGroups>().access().current();
        account_group::of_account(&state, self.row.id)
    }

    /// Why it is not active; null if it is.
    async fn status_reason(&self, ctx: &Context<'_>) -> Option<String> {
        self.state(ctx).await.reason
    }
}

impl ProviderAccount {
    async fn state(&self, ctx: &Context<'_>) -> AccountState {
        let reported = ctx.service::<EngineHandle>().accounts().await;
        ctx.service::<ProviderAccounts>()
            .state(&self.row, reported.as_deref())
    }
}
