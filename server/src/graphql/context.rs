//! What a resolver may reach for.

use std::{net::IpAddr, sync::Arc};

use async_graphql::{Context, dataloader::DataLoader};
use tokio_util::task::TaskTracker;
use url::Url;

use super::{audit_trail::CurrentMutation, error::Result, loaders::Loaders};
use crate::{
    checkup::Checkup,
    client_address::ClientAddresses,
    clock::SharedClock,
    domain::{
        Error, Viewer,
        admins::Admins,
        api_keys::ApiKeys,
        api_tokens::ApiTokens,
        audit::{Audit, AuditContext},
        backups::Backups,
        downloads::Downloads,
        exports::Exports,
        ledger::Ledger,
        login_throttle::LoginThrottle,
        model_aliases::ModelAliases,
        notifications::Notifications,
        prices::Prices,
        provider_accounts::ProviderAccounts,
        quotas::Quotas,
        requests::RequestLog,
        sessions::{AdminSession, SessionClient, Sessions},
        settings::Settings,
        usage::Usage,
        users::Users,
    },
    engine::EngineHandle,
    notify,
    oauth::OAuthService,
    web::{Authenticator, Cookies, Origins},
};

/// The services behind the schema.
#[derive(Clone, Debug)]
pub struct Services {
    pub audit: Audit,
    pub admins: Admins,
    pub sessions: Sessions,
    pub login_throttle: LoginThrottle,
    pub api_tokens: ApiTokens,
    pub users: Users,
    pub api_keys: ApiKeys,
    pub requests: RequestLog,
    pub usage: Usage,
    pub exports: Exports,
    pub downloads: Downloads,
    pub backups: Backups,
    pub ledger: Ledger,
    pub quotas: Quotas,
    pub provider_accounts: ProviderAccounts,
    pub model_aliases: ModelAliases,
    pub oauth: OAuthService,
    pub checkup: Checkup,
    pub prices: Prices,
    pub settings: Settings,
    pub engine: EngineHandle,
    pub notifications: Notifications,
    pub notification_sender: notify::Sender,
    pub server: ServerFacts,
    pub clock: SharedClock,
    /// What goes on although the caller leaves.
    pub tasks: TaskTracker,
}

/// What does not change while the server runs.
#[derive(Clone, Debug)]
pub struct ServerFacts {
    pub version: &'static str,
    /// How clients reach us.
    pub public_url: Url,
    /// Whose `X-Forwarded-For` is believed.
    pub addresses: ClientAddresses,
}

impl Services {
    /// Knows who asks.
    pub fn authenticator(&self) -> Authenticator {
        Authenticator {
            sessions: self.sessions.clone(),
            api_tokens: self.api_tokens.clone(),
            key_ring: self.api_keys.ring().clone(),
            cookies: Cookies::new(&self.server.public_url),
            origins: Origins::new(&self.server.public_url),
        }
    }
}

/// A browser, or another program that keeps cookies. Only a plain HTTP request has one: a stream
/// cannot set cookies any more.
#[derive(Clone, Debug)]
pub(super) struct Browser {
    pub(super) address: Option<IpAddr>,
    pub(super) user_agent: Option<String>,
    pub(super) cookies: Cookies,
}

impl Browser {
    /// Where its session comes from.
    pub(super) fn client(&self) -> SessionClient {
        SessionClient {
            ip: self.address.map(|address| address.to_string()),
            user_agent: self.user_agent.clone(),
        }
    }
}

/// Short names for what [`Context`] holds.
pub(super) trait ContextExt {
    /// The services behind the schema.
    fn services(&self) -> &Services;
    /// What fetches many things at once.
    fn loader(&self) -> &DataLoader<Loaders>;
    /// Who asks.
    fn viewer(&self) -> &Viewer;
    /// The session of a caller who has one.
    fn session(&self) -> Result<&AdminSession>;
    /// The audit context of the mutation that is being resolved.
    fn audit(&self) -> AuditContext;
    /// The browser that asks, where cookies can be set.
    fn browser(&self) -> Result<&Browser>;
    /// Whether the caller runs the server, and may see what end users may not.
    fn is_administrator(&self) -> bool;
}

impl ContextExt for Context<'_> {
    fn services(&self) -> &Services {
        self.data_unchecked::<Arc<Services>>()
    }

    fn loader(&self) -> &DataLoader<Loaders> {
        self.data_unchecked()
    }

    fn viewer(&self) -> &Viewer {
        self.data_opt().unwrap_or(&Viewer::Anonymous)
    }

    fn session(&self) -> Result<&AdminSession> {
        match self.viewer() {
            Viewer::Session(session) => Ok(session),
            Viewer::Anonymous | Viewer::ApiToken(_) | Viewer::KeyHolder { .. } => {
                Err(Error::Unauthenticated.into())
            }
        }
    }

    fn audit(&self) -> AuditContext {
        let current = self.data_opt::<CurrentMutation>();
        let current = current.and_then(CurrentMutation::context);
        // Every mutation has one; this is for whoever builds the schema without the extension.
        current.unwrap_or_else(|| AuditContext::system(self.field().name()))
    }

    fn browser(&self) -> Result<&Browser> {
        let message = "do this with POST over HTTP; a stream cannot set cookies";
        let browser = self.data_opt();
        browser.ok_or_else(|| Error::bad_input(message).into())
    }

    fn is_administrator(&self) -> bool {
        self.viewer().role().is_some()
    }
}
