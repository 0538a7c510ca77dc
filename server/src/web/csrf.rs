//! Whether a browser sends a request of its own accord: from one of our pages, not from a stranger's.

use axum::http::{
    HeaderMap, HeaderName,
    header::{HOST, ORIGIN},
};
use url::Url;

use crate::domain::{Error, Result, sessions::AdminSession, sessions::Sessions};

/// Where a browser echoes the token of its session.
pub const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");
const FETCH_SITE: &str = "sec-fetch-site";

/// The origins of our own pages.
#[derive(Clone, Debug)]
pub struct Origins {
    public: String,
}

impl Origins {
    /// A server that browsers reach at this address.
    pub fn new(public_url: &Url) -> Self {
        Self {
            public: public_url.origin().ascii_serialization(),
        }
    }

    /// Refuses what a page of somebody else's sends. A browser always says where a dangerous request
    /// comes from; whoever says nothing is no browser.
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
            "this request comes from a page of another site; if it is yours, set PUBLIC_URL to its address",
        ))
    }

    /// The address may be reached by other names than the public one: by `localhost`, for example.
    fn is_ours(&self, origin: &str, host: Option<&str>) -> bool {
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        let same_host = host
            .zip(authority)
            .is_some_and(|(host, authority)| host.eq_ignore_ascii_case(authority));
        same_host || origin.eq_ignore_ascii_case(&self.public)
    }
}

/// Insists that a browser echoes its session's token.
pub fn check_token(session: &AdminSession, presented: Option<&str>) -> Result<()> {
    if Sessions::csrf_matches(session, presented) {
        return Ok(());
    }
    Err(Error::CsrfFailed(
        "the CSRF token is missing or not the session's; reload the page and try again",
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
    fn strangers_pages_are_refused() {
        assert!(is_refused(&[("origin", "https://evil.example")]));
        assert!(is_refused(&[("origin", "null")]));
        assert!(is_refused(&[("origin", "http://ai.example.org")]));
        assert!(is_refused(&[("sec-fetch-site", "cross-site")]));
        assert!(is_refused(&[("sec-fetch-site", "same-site")]));
    }

    #[test]
    fn our_own_pages_and_other_programs_pass() {
        assert!(!is_refused(&[]));
        assert!(!is_refused(&[("origin", "https://ai.example.org")]));
        assert!(!is_refused(&[
            ("origin", "http://localhost:8080"),
            ("host", "localhost:8080")
        ]));
        assert!(!is_refused(&[("sec-fetch-site", "same-origin")]));
    }
}
