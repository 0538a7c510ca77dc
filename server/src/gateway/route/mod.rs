//! Where a request goes, decided from its first line and a few headers alone.

mod endpoint;
mod path;
pub(super) mod query;
#[cfg(test)]
mod tests;

use entity::request::Protocol;
use http::{HeaderMap, Method};
use metering::BoundForm;

use super::dialect::Dialect;

pub(super) use endpoint::ModelSource;
pub(super) use path::PREFIXES;

/// The longest label of an endpoint, in bytes.
const LONGEST_LABEL: usize = 200;

/// What a request is, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each answers a question of its own"
)]
pub(super) struct Route {
    /// The path to send on, byte for byte what came unless it was corrected.
    pub path: String,
    /// The shape of errors that the caller understands.
    pub dialect: Dialect,
    /// How the answer reports usage.
    pub protocol: Protocol,
    /// Where the model is named.
    pub model: ModelSource,
    /// Whether the engine is known to read a model there.
    pub names_model: bool,
    /// Which members bound the answer.
    pub bound: BoundForm,
    /// Whether it generates, or may: it counts in quotas, and its answer is read for usage.
    pub is_metered: bool,
    /// Whether the answer lists models, which are then filtered to those that the key may use.
    pub lists_models: bool,
    /// Whether this opens the Responses WebSocket.
    pub is_websocket: bool,
    /// Method and path for the record: bounded, printable, without the query.
    pub endpoint: String,
}

/// Why a request goes nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RouteError {
    /// Not below one of the four prefixes, or not a path with one clear meaning.
    NotFound,
    /// The engine has it, but nobody may reach it from outside.
    Blocked,
}

/// Decides on the path as the engine will understand it: decoded once, dots resolved, slashes collapsed.
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
    if !path::is_served(&cleaned) || !path::is_served(&decoded) {
        return Err(RouteError::NotFound);
    }
    let endpoint = endpoint::find(method, &decoded, &cleaned, headers);
    Ok(Route {
        endpoint: label(method, &forwarded),
        path: forwarded.into_owned(),
        dialect: endpoint.dialect,
        protocol: endpoint.protocol,
        model: endpoint.model,
        names_model: endpoint.names_model,
        bound: endpoint.bound,
        is_metered: endpoint.is_metered,
        lists_models: endpoint.lists_models,
        is_websocket: endpoint.is_websocket,
    })
}

fn label(method: &Method, path: &str) -> String {
    let mut label: String = format!("{method} {path}")
        .chars()
        .filter(|character| !character.is_control())
        .collect();
    label.truncate(label.floor_char_boundary(LONGEST_LABEL));
    label
}
