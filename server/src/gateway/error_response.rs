//! What the gateway itself answers when a request does not pass.

use axum::{body::Body, http::Response};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Gateway,
    dialect::{Dialect, GatewayError},
    headers, pacing,
};

/// The error in the shape that the caller's SDK parses, with the request id.
pub(super) fn answer(
    gateway: &Gateway,
    dialect: Dialect,
    fault: &GatewayError,
    request_id: Uuid,
    now: DateTime<Utc>,
) -> Response<Body> {
    gateway.0.metrics.refused(fault);
    let mut response = dialect
        .refuse(fault, &request_id.to_string())
        .map(Body::from);
    headers::for_client(response.headers_mut(), request_id);
    pacing::put_on(response.headers_mut(), fault.pacing(), now);
    response
}
