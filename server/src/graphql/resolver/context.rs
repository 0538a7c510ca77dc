//! Access to the data of a resolver: the caller, and the services that it uses.

use std::{any::Any, net::IpAddr};

use async_graphql::{Context, dataloader::DataLoader};
use url::Url;

use super::{audit::CurrentMutation, error::Result, loaders::Loaders};
use crate::{
    client_address::ClientAddresses,
    domain::{
        Error, Viewer,
        audit::AuditContext,
        sessions::{AdminSession, SessionClient},
        users::api_keys::KeyHolder,
    },
    web::Cookies,
};

/// Facts that do not change while the server runs.
#[derive(Clone, Debug)]
pub struct ServerFacts {
    pub version: &'static str,
    /// How clients reach us.
    pub public_url: Url,
    /// The proxies whose `X-Forwarded-For` is trusted.
    pub addresses: ClientAddresses,
}

impl ServerFacts {
    /// The public URL without a slash at its end.
    pub(crate) fn base_url(&self) -> &str {
        self.public_url.as_str().trim_end_matches('/')
    }
}

/// A browser, or another program that keeps cookies. Only a plain HTTP request has one: a stream
/// cannot set cookies any more.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    pub(crate) address: Option<IpAddr>,
    pub(crate) user_agent: Option<String>,
    pub(crate) cookies: Cookies,
}

impl Browser {
    /// The client that a session is recorded with.
    pub(crate) fn client(&self) -> SessionClient {
        SessionClient {
            ip: self.address.map(|address| address.to_string()),
            user_agent: self.user_agent.clone(),
        }
    }
}

/// The address of the client of a WebSocket or an event stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SocketAddress(pub(crate) Option<IpAddr>);

/// Typed access to the data of [`Context`].
pub(crate) trait ContextExt {
    /// One of the services that [`Services::provide`](crate::graphql::Services) puts into the schema.
    fn service<S: Any + Send + Sync>(&self) -> &S;
    fn loader(&self) -> &DataLoader<Loaders>;
    fn viewer(&self) -> &Viewer;
    /// The caller's session; `UNAUTHENTICATED` for callers without one.
    fn session(&self) -> Result<&AdminSession>;
    /// The user who authenticated with a key; `FORBIDDEN` for other callers.
    fn key_holder(&self) -> Result<KeyHolder>;
    /// The audit context of the mutation that is being resolved.
    fn audit(&self) -> AuditContext;
    /// The caller's browser; `BAD_USER_INPUT` over streams, which cannot set cookies.
    fn browser(&self) -> Result<&Browser>;
    /// Whether the caller has an administrator's role, of whichever rank.
    fn is_administrator(&self) -> bool;
}

impl ContextExt for Context<'_> {
    fn service<S: Any + Send + Sync>(&self) -> &S {
        self.data_unchecked()
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

    fn key_holder(&self) -> Result<KeyHolder> {
        match self.viewer() {
            Viewer::KeyHolder {
                user_id,
                api_key_id,
            } => Ok(KeyHolder {
                user_id: *user_id,
                api_key_id: *api_key_id,
            }),
            Viewer::Anonymous => Err(Error::Unauthenticated.into()),
            Viewer::ApiToken(_) | Viewer::Session(_) => Err(Error::Forbidden.into()),
        }
    }

    fn audit(&self) -> AuditContext {
        let current = self.data_opt::<CurrentMutation>();
        let current = current.and_then(CurrentMutation::get);
        // Every mutation has one, unless the schema is built without its extensions.
        current.map_or_else(
            || AuditContext::system(self.field().name()),
            |(context, _)| context,
        )
    }

    fn browser(&self) -> Result<&Browser> {
        let message = "send this mutation with POST: a stream cannot set cookies";
        let browser = self.data_opt();
        browser.ok_or_else(|| Error::bad_input(message).into())
    }

    fn is_administrator(&self) -> bool {
        self.viewer().role().is_some()
    }
}
