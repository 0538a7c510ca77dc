//! What the gateway itself answers when a request does not pass.

use axum::{body::Body, http::Response};
use uuid::Uuid;

use super::{
    dialect::{Dialect, Fault},
    forward,
};

/// The error in the shape that the caller's SDK parses, with the request id.
pub(super) fn answer(dialect: Dialect, fault: &Fault, request_id: Uuid) -> Response<Body> {
    let mut response = dialect
        .refuse(fault, &request_id.to_string())
        .map(Body::from);
    forward::for_client(response.headers_mut(), request_id);
    response
}
