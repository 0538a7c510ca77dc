//! Classifies a request by its first line and a few headers.

mod endpoint;
mod own;
mod path;
pub(super) mod query;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use entity::request::Protocol;
use http::{HeaderMap, Method};
use metering::BoundForm;

use super::dialect::Dialect;

pub(super) use endpoint::ModelSource;
pub(super) use own::OwnEndpoint;
pub(super) use path::PREFIXES;

/// The longest label of an endpoint, in bytes.
const MAX_LABEL: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each answers a question of its own"
)]
pub(super) struct Route {
    /// The path to forward: unchanged, unless it was corrected.
    pub path: Cow<'static, str>,
    /// The format of errors that the client parses.
    pub dialect: Dialect,
    /// Determines how the answer reports usage.
    pub protocol: Protocol,
    pub model: ModelSource,
    /// Whether the engine is known to read a model at this endpoint.
    pub names_model: bool,
    /// Which members of the body bound the output.
    pub bound: BoundForm,
    /// Whether it generates, or may: it counts toward quotas, and usage is read from its answer.
    pub is_metered: bool,
    /// Whether the answer lists models, which are filtered by what the caller may use.
    pub lists_models: bool,
    /// Whether this opens the Responses WebSocket.
    pub is_websocket: bool,
    /// `None` if the engine answers.
    pub own: Option<OwnEndpoint>,
    /// Method and path: of bounded length, printable, without the query. The record takes it.
    pub endpoint: String,
}

/// Why a request is not forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RouteError {
    /// Not below one of the four prefixes and none of our own, or ambiguous.
    NotFound,
    /// An endpoint of the engine that clients must not reach.
    Blocked,
}

/// Decides on the path as the engine reads it: decoded once, dots resolved, slashes collapsed.
pub(super) fn classify(
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Result<Route, RouteError> {
    let forwarded = path::correct(method, path);
    let decoded = path::decode(&forwarded).ok_or(RouteError::NotFound)?;
    let cleaned = path::clean(&decoded);
    if path::is_blocked(&cleaned) || path::is_blocked(&decoded) {
        return Err(RouteError::Blocked);
    }
    let own = OwnEndpoint::find(method, &cleaned)?;
    if own.is_none() && (!path::is_served(&cleaned) || !path::is_served(&decoded)) {
        return Err(RouteError::NotFound);
    }
    let endpoint = endpoint::find(method, &decoded, &cleaned, headers);
    let known = endpoint.known_path.filter(|known| *known == forwarded);
    Ok(Route {
        endpoint: label(method, &forwarded),
        path: match known {
            Some(known) => Cow::Borrowed(known),
            None => Cow::Owned(forwarded.into_owned()),
        },
        dialect: endpoint.dialect,
        protocol: endpoint.protocol,
        model: endpoint.model,
        names_model: endpoint.names_model,
        bound: endpoint.bound,
        is_metered: endpoint.is_metered,
        lists_models: endpoint.lists_models,
        is_websocket: endpoint.is_websocket,
        own,
    })
}

/// Whether the path of a request is for the engine or is one of our own below `/v1` and elsewhere.
pub(super) fn is_served(path: &str) -> bool {
    path::is_served(path) || OwnEndpoint::of(path).is_some()
}

fn label(method: &Method, path: &str) -> String {
    let method = method.as_str();
    let mut label = String::with_capacity(method.len() + 1 + path.len());
    label.push_str(method);
    label.push(' ');
    label.push_str(path);
    label.retain(|character| !character.is_control());
    label.truncate(label.floor_char_boundary(MAX_LABEL));
    label
}
