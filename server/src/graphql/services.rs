//! The services behind the schema. Each becomes data of its own, and a resolver asks for those it uses.

use async_graphql::{ObjectType, SchemaBuilder, SubscriptionType};
use tokio_util::task::TaskTracker;

use super::resolver::{context::ServerFacts, loaders::Loaders};
use crate::{
    checkup::Checkup,
    clock::SharedClock,
    domain::{
        account_groups::AccountGroups,
        account_limits::AccountLimits,
        admins::Admins,
        agent_sessions::AgentSessions,
        alerts::Alerts,
        api_tokens::ApiTokens,
        audit::Audit,
        backups::Backups,
        downloads::Downloads,
        exports::Exports,
        ledger::Ledger,
        login_throttle::LoginThrottle,
        model_aliases::ModelAliases,
        notifications::{AlertAddresses, Notifications},
        prices::Prices,
        provider_accounts::ProviderAccounts,
        requests::RequestLog,
        saved_views::SavedViews,
        seen_models::SeenModels,
        sessions::Sessions,
        settings::Settings,
        shares::Shares,
        usage::Usage,
        users::{
            UserGroups, UserInvitations, Users,
            api_keys::{AgentSignIns, ApiKeys},
            quotas::Quotas,
        },
        window_openings::WindowOpenings,
    },
    engine::{EngineHandle, EngineUpdates},
    notify,
    oauth::OAuthService,
    price_feed::PriceFeed,
    web::{Authenticator, Cookies, Origins},
};

/// The services that [`router`](super::router) is given.
#[derive(Clone, Debug)]
pub struct Services {
    pub audit: Audit,
    pub alerts: Alerts,
    pub admins: Admins,
    pub sessions: Sessions,
    pub login_throttle: LoginThrottle,
    pub api_tokens: ApiTokens,
    pub saved_views: SavedViews,
    pub window_openings: WindowOpenings,
    pub users: Users,
    pub account_groups: AccountGroups,
    pub shares: Shares,
    pub user_groups: UserGroups,
    pub user_invitations: UserInvitations,
    pub api_keys: ApiKeys,
    pub agent_sign_ins: AgentSignIns,
    pub requests: RequestLog,
    pub usage: Usage,
    pub agent_sessions: AgentSessions,
    pub exports: Exports,
    pub downloads: Downloads,
    pub backups: Backups,
    pub ledger: Ledger,
    pub quotas: Quotas,
    pub provider_accounts: ProviderAccounts,
    pub account_limits: AccountLimits,
    pub model_aliases: ModelAliases,
    pub oauth: OAuthService,
    pub checkup: Checkup,
    pub price_feed: PriceFeed,
    pub prices: Prices,
    pub settings: Settings,
    pub seen_models: SeenModels,
    pub engine: EngineHandle,
    pub engine_updates: EngineUpdates,
    pub notifications: Notifications,
    pub alert_addresses: AlertAddresses,
    pub notification_sender: notify::Sender,
    pub server: ServerFacts,
    pub clock: SharedClock,
    /// Runs mutations, which end although the caller leaves.
    pub tasks: TaskTracker,
}

impl Services {
    /// Identifies callers by cookie, API token or key.
    pub fn authenticator(&self) -> Authenticator {
        Authenticator {
            sessions: self.sessions.clone(),
            api_tokens: self.api_tokens.clone(),
            key_ring: self.api_keys.ring().clone(),
            cookies: Cookies::new(&self.server.public_url),
            origins: Origins::new(&self.server.public_url),
        }
    }

    /// Puts each service into the schema's data, where resolvers find it by its type.
    pub(super) fn provide<Q, M, S>(self, schema: SchemaBuilder<Q, M, S>) -> SchemaBuilder<Q, M, S>
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        let loaders = Loaders::new(
            self.users.clone(),
            self.api_keys.clone(),
            self.provider_accounts.clone(),
            (
                self.usage.clone(),
                self.requests.clone(),
                self.agent_sessions.clone(),
            ),
        );
        schema
            .data(loaders)
            .data(self.audit)
            .data(self.alerts)
            .data(self.admins)
            .data(self.sessions)
            .data(self.login_throttle)
            .data(self.api_tokens)
            .data(self.saved_views)
            .data(self.window_openings)
            .data(self.users)
            .data(self.account_groups)
            .data(self.shares)
            .data(self.user_groups)
            .data(self.user_invitations)
            .data(self.api_keys)
            .data(self.agent_sign_ins)
            .data(self.requests)
            .data(self.usage)
            .data(self.agent_sessions)
            .data(self.exports)
            .data(self.downloads)
            .data(self.backups)
            .data(self.account_limits)
            .data(self.ledger)
            .data(self.quotas)
            .data(self.provider_accounts)
            .data(self.model_aliases)
            .data(self.oauth)
            .data(self.checkup)
            .data(self.prices)
            .data(self.engine_updates)
            .data(self.price_feed)
            .data(self.settings)
            .data(self.seen_models)
            .data(self.engine)
            .data(self.notifications)
            .data(self.alert_addresses)
            .data(self.notification_sender)
            .data(self.server)
            .data(self.clock)
    }
}
