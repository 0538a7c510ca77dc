//! A request on its way through the stack: each layer adds its findings.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{Request, Response, StatusCode, request::Parts as Head},
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    client_address::PeerAddress,
    domain::{requests::RequestRecord, users::api_keys::Caller},
    gateway::{
        admission::{Admission, RequestStart},
        body::Upload,
        choose::PermittedRoute,
        context::{Origin, RequestContext},
        dialect::{ErrorRecipient, GatewayError},
        model::ModelRequest,
        receipts::PendingAdmission,
        route::Route,
    },
};

pub(in crate::gateway) type LayerResult = Result<Response<Body>, GatewayError>;

/// A request as the server received it.
pub(in crate::gateway) type ReceivedRequest = Request<Received>;

/// The body of a request, and the peer of its connection, if that is known.
#[derive(Debug)]
pub(in crate::gateway) struct Received {
    pub(in crate::gateway) body: Body,
    pub(in crate::gateway) peer: Option<PeerAddress>,
}

/// A request to an endpoint that is served, without the headers that belong to the client's connection.
#[derive(Debug)]
pub(in crate::gateway) struct RoutedRequest {
    pub(super) id: Uuid,
    pub(super) received_at: DateTime<Utc>,
    pub(super) route: Route,
    pub(super) recipient: ErrorRecipient,
    pub(super) head: Head,
    pub(super) body: Body,
    pub(super) peer: Option<PeerAddress>,
}

/// A request of a known caller.
#[derive(Debug)]
pub(in crate::gateway) struct AuthenticatedRequest {
    pub(super) request: RoutedRequest,
    pub(super) caller: Arc<Caller>,
    pub(super) origin: Origin,
}

/// A request that is recorded even if its client leaves.
#[derive(Debug)]
pub(in crate::gateway) struct RecordedRequest {
    pub(super) context: Arc<RequestContext>,
    pub(super) head: Head,
    pub(super) body: Body,
    pub(super) pending: PendingAdmission,
}

/// A request within the limits that depend on the caller alone.
#[derive(Debug)]
pub(in crate::gateway) struct StartedRequest {
    pub(super) request: RecordedRequest,
    pub(super) start: RequestStart,
}

/// A request whose model is known. The upload begins with what was read.
#[derive(Debug)]
pub(in crate::gateway) struct ReadRequest {
    pub(super) context: Arc<RequestContext>,
    pub(super) head: Head,
    pub(super) upload: Upload,
    pub(super) asked: ModelRequest,
    pub(super) start: RequestStart,
    pub(super) pending: PendingAdmission,
}

/// A request that has its reservation and is in the journal.
#[derive(Debug)]
pub(in crate::gateway) struct AdmittedRequest {
    pub(super) context: Arc<RequestContext>,
    pub(super) head: Head,
    pub(super) upload: Upload,
    pub(super) record: RequestRecord,
    pub(super) admission: Admission,
}

/// A request that is metered and may leave.
#[derive(Debug)]
pub(in crate::gateway) struct ForwardRequest {
    pub(super) context: Arc<RequestContext>,
    pub(super) head: Head,
    pub(super) upload: Upload,
    pub(super) route: PermittedRoute,
}

/// The response to a client that has left; its request is on record already.
pub(in crate::gateway) fn to_absent_client() -> Response<Body> {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}
