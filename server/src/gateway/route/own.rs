//! The endpoints that this server answers itself, to callers with a key.

use http::Method;

use super::{RouteError, path::is_below};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum OwnEndpoint {
    /// Limits and usage of the caller.
    Usage,
    /// The same as Claude Code reads it, in its mode for gateways.
    ClaudeUsage,
}

/// Nothing below it is for the engine.
const OWN: &str = "/v1/proxypal";

impl OwnEndpoint {
    pub(super) fn of(path: &str) -> Option<Self> {
        match path {
            "/v1/proxypal/usage" => Some(Self::Usage),
            "/api/oauth/usage" => Some(Self::ClaudeUsage),
            _ => None,
        }
    }

    /// `None` if the path is not one of our own. They can only be read.
    pub(super) fn find(method: &Method, path: &str) -> Result<Option<Self>, RouteError> {
        match Self::of(path) {
            Some(own) if method == Method::GET => Ok(Some(own)),
            None if !is_below(path, OWN) => Ok(None),
            Some(_) | None => Err(RouteError::NotFound),
        }
    }
}
