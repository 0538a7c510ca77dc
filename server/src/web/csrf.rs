//! Protection against cross-site request forgery: requests of browsers must come from our own pages.

use axum::http::{
    HeaderMap, HeaderName,
    header::{HOST, ORIGIN},
};
use url::Url;

use crate::domain::{Error, Result, sessions::AdminSession, sessions::Sessions};

/// The header in which the front end echoes the CSRF token.
pub const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");
const FETCH_SITE: &str = "sec-fetch-site";

/// The origins of our own pages.
#[derive(Clone, Debug)]
pub struct Origins {
    public: String,
}

impl Origins {
    /// The origins of a server with this public URL.
    pub fn new(public_url: &Url) -> Self {
        Self {
            public: public_url.origin().ascii_serialization(),
        }
    }

    /// Refuses requests from pages of other sites. Browsers always send `Origin` or `Sec-Fetch-Site` with unsafe
    /// requests; a request without them is not from a browser.
    pub fn check(&self, headers: &HeaderMap) -> Result<()> {
        let ours = match headers.get(ORIGIN) {
            Some(origin) => {
                let host = headers.get(HOST).and_then(|host| host.to_str().ok());
                origin
                    .to_str()
                    .is_ok_and(|origin| self.is_ours(origin, host))
            }
            None => headers
                .get(FETCH_SITE)
                .is_none_or(|site| site == "same-origin" || site == "none"),
        };
        if ours {
            return Ok(());
        }
        Err(Error::CsrfFailed(
            "this request comes from a page of another site; if the site is yours, set PUBLIC_URL to its URL",
        ))
    }

    /// The server may be reached by other names than the public one, such as `localhost`.
    fn is_ours(&self, origin: &str, host: Option<&str>) -> bool {
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        let same_host = host
            .zip(authority)
            .is_some_and(|(host, authority)| host.eq_ignore_ascii_case(authority));
        same_host || origin.eq_ignore_ascii_case(&self.public)
    }
}

/// Requires the CSRF token of the session.
pub fn check_token(session: &AdminSession, presented: Option<&str>) -> Result<()> {
    if Sessions::csrf_matches(session, presented) {
        return Ok(());
    }
    Err(Error::CsrfFailed(
        "the CSRF token is missing or does not match the session; reload the page and try again",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(lines: &[(&'static str, &'static str)]) -> bool {
        let origins = Origins::new(&"https://ai.example.org/proxypal".parse().unwrap());
        let headers = lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        origins.check(&headers).is_err()
    }

    #[test]
    fn pages_of_other_sites_are_refused() {
        assert!(is_refused(&[("origin", "https://evil.example")]));
        assert!(is_refused(&[("origin", "null")]));
        assert!(is_refused(&[("origin", "http://ai.example.org")]));
        assert!(is_refused(&[("sec-fetch-site", "cross-site")]));
        assert!(is_refused(&[("sec-fetch-site", "same-site")]));
    }

    #[test]
    fn own_pages_and_other_programs_are_accepted() {
        assert!(!is_refused(&[]));
        assert!(!is_refused(&[("origin", "https://ai.example.org")]));
        assert!(!is_refused(&[
            ("origin", "http://localhost:8080"),
            ("host", "localhost:8080")
        ]));
        assert!(!is_refused(&[("sec-fetch-site", "same-origin")]));
    }
}
