//! Fetches the endpoints of a provider. They must be on the provider's own domain, because tokens are sent there.

use url::{Host, Url};

use super::{http::Http, provider::OAuthProvider, sign_in_error::SignInError};

/// The provider with the addresses of all endpoints.
pub(super) async fn discovered(
    http: &Http,
    provider: &OAuthProvider,
) -> Result<OAuthProvider, SignInError> {
    let mut provider = provider.clone();
    let is_known = provider.token_url.is_some()
        && (provider.device_url.is_some() || provider.authorize_url.is_some());
    let Some(source) = provider.discovery_url.clone().filter(|_| !is_known) else {
        return Ok(provider);
    };
    let document = http.get_public(&source).await?;
    let endpoint = |name: &str| -> Result<Option<Url>, SignInError> {
        let Some(address) = document.get(name).and_then(|value| value.as_str()) else {
            return Ok(None);
        };
        let address: Url = address.parse().map_err(|_| SignInError::Garbage)?;
        is_of(&source, &address)
            .then_some(Some(address))
            .ok_or(SignInError::Redirected)
    };
    let (token, device) = (
        endpoint("token_endpoint")?,
        endpoint("device_authorization_endpoint")?,
    );
    let authorize = endpoint("authorization_endpoint")?;
    provider.token_url = provider.token_url.or(token);
    provider.device_url = provider.device_url.or(device);
    provider.authorize_url = provider.authorize_url.or(authorize);
    Ok(provider)
}

/// Whether an address belongs to the source of the document: same scheme, and same host or domain.
fn is_of(source: &Url, address: &Url) -> bool {
    if source.scheme() != address.scheme() {
        return false;
    }
    match (source.host(), address.host()) {
        (Some(Host::Domain(source)), Some(Host::Domain(address))) => {
            let parent = source.split_once('.').map_or(source, |(_, parent)| parent);
            let domain = if parent.contains('.') { parent } else { source };
            let below = address.strip_suffix(domain);
            below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
        }
        (source, address) => source == address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_belong_to_the_domain_that_names_them() {
        let is_of = |address: &str| {
            let source = "https://auth.x.ai/.well-known/openid-configuration";
            is_of(&source.parse().unwrap(), &address.parse().unwrap())
        };

        assert!(is_of("https://auth.x.ai/token") && is_of("https://x.ai/token"));
        assert!(is_of("https://accounts.x.ai/token"));
        assert!(!is_of("http://auth.x.ai/token") && !is_of("https://evil.example/token"));
        assert!(!is_of("https://notx.ai/token") && !is_of("https://auth.x.ai.evil.example/token"));
        assert!(!is_of("https://127.0.0.1/token"));
    }

    #[test]
    fn a_short_domain_is_not_taken_for_a_registry() {
        let source: Url = "https://x.ai/openid".parse().unwrap();

        assert!(!is_of(&source, &"https://evil.ai/token".parse().unwrap()));
        assert!(is_of(&source, &"https://auth.x.ai/token".parse().unwrap()));
    }
}
