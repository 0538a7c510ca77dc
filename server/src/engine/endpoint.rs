//! The address of the engine and the keys that authenticate requests to it.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use http::HeaderValue;
use http::uri::{Authority, Scheme};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;
use uuid::Uuid;

/// The address of an engine that answers.
#[derive(Clone, Debug)]
pub struct EngineEndpoint {
    /// Plain on the loopback interface; an external engine may use TLS.
    pub scheme: Scheme,
    /// Host and port.
    pub authority: Authority,
    /// The same as the value of a header.
    pub host: HeaderValue,
    /// Put before each path when the external engine's address has one; no slash at its end.
    pub base_path: Option<String>,
    /// `Bearer <internal key>`, marked sensitive.
    pub authorization: HeaderValue,
    /// For requests of users; none where one key serves all.
    callers: Option<Arc<CallerKeys>>,
}

/// An engine key for each user. The engine namespaces what it stores under a client-chosen session id (sticky
/// accounts, prompt caches, replayed reasoning) by the key of the request.
#[derive(Debug)]
struct CallerKeys {
    authorizations: Vec<HeaderValue>,
    /// The index of each user's key, in the order of their first request. Beyond the number of keys users share them.
    users: RwLock<HashMap<Uuid, usize>>,
}

impl CallerKeys {
    fn for_user(&self, user_id: Uuid) -> Option<HeaderValue> {
        let known = {
            let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
            users.get(&user_id).copied()
        };
        let at = known.unwrap_or_else(|| {
            let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
            let next = users.len();
            *users.entry(user_id).or_insert(next)
        });
        let count = self.authorizations.len().max(1);
        self.authorizations.get(at % count).cloned()
    }
}

/// An invalid address or key.
#[derive(Debug, thiserror::Error)]
#[error("the engine's address or key cannot be used: {0}")]
pub(super) struct EndpointError(String);

impl EngineEndpoint {
    /// The engine at `url`, authenticated by `key`.
    pub(super) fn new(url: &Url, key: &SecretString) -> Result<Self, EndpointError> {
        let path = url.path().trim_end_matches('/');
        let authority = authority(url)?;
        Ok(Self {
            scheme: url.scheme().parse().map_err(bad)?,
            host: HeaderValue::from_str(authority.as_str()).map_err(bad)?,
            authority,
            base_path: (!path.is_empty()).then(|| path.to_owned()),
            authorization: bearer(key)?,
            callers: None,
        })
    }

    /// Adds these keys for users.
    pub(super) fn with_caller_keys(mut self, keys: &[SecretString]) -> Result<Self, EndpointError> {
        let authorizations = keys.iter().map(bearer).collect::<Result<_, _>>()?;
        self.callers = Some(Arc::new(CallerKeys {
            authorizations,
            users: RwLock::default(),
        }));
        Ok(self)
    }

    /// The authorization header for requests of this user; marked sensitive.
    pub fn authorization_of(&self, user_id: Uuid) -> HeaderValue {
        let own = self
            .callers
            .as_ref()
            .and_then(|callers| callers.for_user(user_id));
        own.unwrap_or_else(|| self.authorization.clone())
    }
}

fn authority(url: &Url) -> Result<Authority, EndpointError> {
    let host = url
        .host_str()
        .ok_or_else(|| EndpointError("it has no host".to_owned()))?;
    match url.port() {
        Some(port) => format!("{host}:{port}").parse().map_err(bad),
        None => host.parse().map_err(bad),
    }
}

fn bearer(key: &SecretString) -> Result<HeaderValue, EndpointError> {
    let mut value =
        HeaderValue::from_str(&format!("Bearer {}", key.expose_secret())).map_err(bad)?;
    value.set_sensitive(true);
    Ok(value)
}

fn bad(error: impl std::fmt::Display) -> EndpointError {
    EndpointError(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_path_of_an_address_and_hides_the_key() {
        let url = Url::parse("https://engine.example/below/").unwrap();

        let endpoint = EngineEndpoint::new(&url, &"canary".into()).unwrap();

        assert_eq!(endpoint.base_path.as_deref(), Some("/below"));
        assert_eq!(endpoint.authority, "engine.example");
        assert!(!format!("{endpoint:?}").contains("canary"));
    }

    #[test]
    fn each_user_has_their_own_key_while_there_are_enough() {
        let url = Url::parse("http://127.0.0.1:8317").unwrap();
        let endpoint = EngineEndpoint::new(&url, &"key".into()).unwrap();
        let (ada, bob, eve) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
        assert_eq!(endpoint.authorization_of(ada), "Bearer key");

        let keys = ["first-canary".into(), "second-canary".into()];
        let endpoint = endpoint.with_caller_keys(&keys).unwrap();
        let of = |user| endpoint.authorization_of(user);

        assert_eq!((of(ada), of(bob)), (of(ada), of(bob)));
        assert_ne!(of(ada), of(bob));
        assert_eq!(of(eve), of(ada));
        assert_eq!(endpoint.authorization, "Bearer key");
        assert!(!format!("{endpoint:?}").contains("canary"));
    }

    #[test]
    fn a_plain_address_has_no_path_of_its_own() {
        let url = Url::parse("http://127.0.0.1:8317").unwrap();

        let endpoint = EngineEndpoint::new(&url, &"key".into()).unwrap();

        assert_eq!(endpoint.base_path, None);
        assert_eq!(endpoint.authority, "127.0.0.1:8317");
    }
}
