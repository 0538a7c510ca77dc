//! Authenticates the callers of the control plane: browsers by cookie, scripts by token, users by key.

use std::net::IpAddr;

use axum::http::{HeaderMap, header::AUTHORIZATION};
use secrecy::{ExposeSecret as _, SecretString};

use super::{Cookies, Origins, SessionGuard};
use crate::domain::{
    Error, Result, Viewer,
    api_tokens::{self, ApiTokens},
    sessions::Sessions,
    users::api_keys::{KeyProblem, KeyRing},
};

/// An identified caller, and the guard that ends with its right.
#[derive(Debug, Default)]
pub struct AuthenticatedCaller {
    pub viewer: Viewer,
    pub session_guard: SessionGuard,
    /// Whether the client sent the cookie of an ended session, and so is anonymous now.
    pub is_signed_out: bool,
}

/// Authenticates all kinds of callers.
#[derive(Clone, Debug)]
pub struct Authenticator {
    pub sessions: Sessions,
    pub api_tokens: ApiTokens,
    pub key_ring: KeyRing,
    pub cookies: Cookies,
    pub origins: Origins,
}

impl Authenticator {
    /// Identifies the caller of a request. An `Authorization` header takes precedence: a wrong token is an error
    /// even with a valid cookie. A key must be allowed in the network of the client's address; the clients that a key is
    /// for matter to requests of models alone.
    pub async fn identify(
        &self,
        headers: &HeaderMap,
        address: Option<IpAddr>,
    ) -> Result<AuthenticatedCaller> {
        if let Some(presented) = bearer(headers) {
            return self.bearer(presented, address).await;
        }
        self.origins.check(headers)?;
        match self.cookies.session(headers) {
            Some(cookie) => self.session(&cookie).await,
            None => Ok(AuthenticatedCaller::default()),
        }
    }

    /// Identifies the owner of a token or key.
    pub async fn bearer(
        &self,
        presented: SecretString,
        address: Option<IpAddr>,
    ) -> Result<AuthenticatedCaller> {
        if presented.expose_secret().starts_with(api_tokens::PREFIX) {
            self.api_token(presented).await
        } else {
            self.key_holder(&presented, address)
        }
    }

    async fn session(&self, cookie: &SecretString) -> Result<AuthenticatedCaller> {
        // Subscribe before reading, so that no end is missed.
        let ended = self.sessions.ended();
        let Some(session) = self.sessions.find(cookie.expose_secret()).await? else {
            return Ok(AuthenticatedCaller {
                is_signed_out: true,
                ..AuthenticatedCaller::default()
            });
        };
        Ok(AuthenticatedCaller {
            is_signed_out: false,
            session_guard: SessionGuard::Session {
                id: session.session.id,
                sessions: self.sessions.clone(),
                ended,
            },
            viewer: Viewer::Session(Box::new(session)),
        })
    }

    async fn api_token(&self, presented: SecretString) -> Result<AuthenticatedCaller> {
        let found = self.api_tokens.find(presented.expose_secret()).await?;
        let token = found.ok_or(Error::WrongCredentials(
            "this API token is unknown, expired or revoked",
        ))?;
        Ok(AuthenticatedCaller {
            is_signed_out: false,
            viewer: Viewer::ApiToken(token),
            session_guard: SessionGuard::ApiToken {
                presented,
                api_tokens: self.api_tokens.clone(),
            },
        })
    }

    fn key_holder(
        &self,
        presented: &SecretString,
        address: Option<IpAddr>,
    ) -> Result<AuthenticatedCaller> {
        let presented = presented.expose_secret().as_bytes();
        let found = self.key_ring.look_up(presented, address);
        let caller = found.map_err(|problem| {
            Error::WrongCredentials(problem.map_or("this API key is unknown", KeyProblem::reason))
        })?;
        Ok(AuthenticatedCaller {
            is_signed_out: false,
            viewer: Viewer::KeyHolder {
                user_id: caller.user_id,
                api_key_id: caller.api_key_id,
            },
            session_guard: SessionGuard::Key {
                caller,
                address,
                key_ring: self.key_ring.clone(),
            },
        })
    }
}

/// The bearer token of a request. Other schemes are meant for other servers, such as a reverse proxy.
fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    bearer_of(value)
}

/// The token after `Bearer`.
pub fn bearer_of(authorization: &str) -> Option<SecretString> {
    let (scheme, presented) = authorization.trim().split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| SecretString::from(presented.trim()))
}
