//! The facts about a request that are known once its caller is authenticated.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{dialect::ErrorRecipient, route::Route, trace::RequestSpan};
use crate::domain::users::api_keys::Caller;

/// Constant from authentication to the end of the response; the layers share it.
#[derive(Debug)]
pub(super) struct RequestContext {
    /// The client's `X-Request-Id`, the engine's correlation id, and the key of the record.
    pub(super) id: Uuid,
    pub(super) received_at: DateTime<Utc>,
    pub(super) route: Route,
    pub(super) recipient: ErrorRecipient,
    pub(super) caller: Arc<Caller>,
    pub(super) span: RequestSpan,
}
