//! Where requests go, and the key that opens the door there.

use http::HeaderValue;
use http::uri::{Authority, Scheme};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

/// The address of an engine that answers.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Plain on the loopback interface; an external engine may use TLS.
    pub scheme: Scheme,
    /// Host and port.
    pub authority: Authority,
    /// Put before each path when the external engine's address has one; no slash at its end.
    pub base_path: Option<String>,
    /// `Bearer <internal key>`, marked sensitive.
    pub authorization: HeaderValue,
}

/// An address or key that no request can be made of.
#[derive(Debug, thiserror::Error)]
#[error("the engine's address or key cannot be used: {0}")]
pub(super) struct BadEndpoint(String);

impl Endpoint {
    /// The engine at `url`, opened by `key`.
    pub(super) fn new(url: &Url, key: &SecretString) -> Result<Self, BadEndpoint> {
        let path = url.path().trim_end_matches('/');
        Ok(Self {
            scheme: url.scheme().parse().map_err(bad)?,
            authority: authority(url)?,
            base_path: (!path.is_empty()).then(|| path.to_owned()),
            authorization: bearer(key)?,
        })
    }
}

fn authority(url: &Url) -> Result<Authority, BadEndpoint> {
    let host = url
        .host_str()
        .ok_or_else(|| BadEndpoint("it names no host".to_owned()))?;
    match url.port() {
        Some(port) => format!("{host}:{port}").parse().map_err(bad),
        None => host.parse().map_err(bad),
    }
}

fn bearer(key: &SecretString) -> Result<HeaderValue, BadEndpoint> {
    let mut value =
        HeaderValue::from_str(&format!("Bearer {}", key.expose_secret())).map_err(bad)?;
    value.set_sensitive(true);
    Ok(value)
}

fn bad(error: impl std::fmt::Display) -> BadEndpoint {
    BadEndpoint(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_path_of_an_address_and_hides_the_key() {
        let url = Url::parse("https://engine.example/below/").unwrap();

        let endpoint = Endpoint::new(&url, &"canary".into()).unwrap();

        assert_eq!(endpoint.base_path.as_deref(), Some("/below"));
        assert_eq!(endpoint.authority, "engine.example");
        assert!(!format!("{endpoint:?}").contains("canary"));
    }

    #[test]
    fn a_plain_address_has_no_path_of_its_own() {
        let url = Url::parse("http://127.0.0.1:8317").unwrap();

        let endpoint = Endpoint::new(&url, &"key".into()).unwrap();

        assert_eq!(endpoint.base_path, None);
        assert_eq!(endpoint.authority, "127.0.0.1:8317");
    }
}
