//! To the engine and back, untouched but for the headers that `docs/verbatim.md` lists.

mod upstream;

use axum::http::{Request, Uri, request::Parts, uri::PathAndQuery};
use uuid::Uuid;

pub(super) use self::upstream::{
    Awaiting, Upstream, UpstreamBody, UpstreamError, UpstreamResponse,
};
use super::{
    body::Upload,
    dialect::GatewayError,
    headers,
    route::{Route, query},
};
use crate::engine::EngineEndpoint;

/// The request as the engine gets it.
pub(super) fn for_engine(
    mut parts: Parts,
    route: &Route,
    endpoint: &EngineEndpoint,
    (user_id, request_id): (Uuid, Uuid),
    upload: Upload,
) -> Result<Request<Upload>, GatewayError> {
    parts.uri = retarget(&parts.uri, route, endpoint)?;
    headers::for_engine(
        &mut parts.headers,
        endpoint.authorization_of(user_id),
        request_id,
        route.is_websocket,
    );
    // What our server noted on the request is not for the engine's client.
    parts.extensions.clear();
    Ok(Request::from_parts(parts, upload))
}

fn retarget(uri: &Uri, route: &Route, endpoint: &EngineEndpoint) -> Result<Uri, GatewayError> {
    let base = endpoint.base_path.as_deref().unwrap_or_default();
    let query = uri.query().map(query::without_credentials);
    let target = match query.filter(|query| !query.is_empty() || uri.query() == Some("")) {
        Some(query) => format!("{base}{}?{query}", route.path),
        None => format!("{base}{}", route.path),
    };
    let target = PathAndQuery::try_from(target).map_err(|_| GatewayError::Blocked)?;
    Uri::builder()
        .scheme(endpoint.scheme.clone())
        .authority(endpoint.authority.clone())
        .path_and_query(target)
        .build()
        .map_err(|_| GatewayError::Blocked)
}
