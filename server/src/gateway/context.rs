//! The facts about a request that are known once its caller is authenticated.

use std::{net::IpAddr, sync::Arc};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{dialect::ErrorRecipient, route::Route, trace::RequestSpan};
use crate::domain::{client_family::ClientFamily, users::api_keys::Caller};

/// Where a request comes from, as its key may be bound to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    /// Behind trusted proxies; `None` if the peer is unknown.
    pub(super) address: Option<IpAddr>,
    /// By its user agent.
    pub(super) client: Option<ClientFamily>,
}

/// Constant from authentication to the end of the response; the layers share it.
#[derive(Debug)]
pub(super) struct RequestContext {
    /// The client's `X-Request-Id`, the engine's correlation id, and the key of the record.
    pub(super) id: Uuid,
    pub(super) received_at: DateTime<Utc>,
    pub(super) route: Route,
    pub(super) recipient: ErrorRecipient,
    pub(super) caller: Arc<Caller>,
    pub(super) origin: Origin,
    pub(super) span: RequestSpan,
}
