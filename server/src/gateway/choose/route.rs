//! A permitted way of a request to an engine. Only the choice constructs it, from the accounts that the caller may use.

use std::sync::Arc;

use uuid::Uuid;

use super::Asked;
use crate::{
    domain::account_limits::RunningRequest, engine::EngineEndpoint, in_flight::InFlightToken,
};

/// The engine that a request may be sent to. While a copy exists, the request counts as running there.
#[derive(Clone, Debug)]
pub(in crate::gateway) struct PermittedRoute(Way);

#[derive(Clone, Debug)]
enum Way {
    Shared,
    Dedicated(Arc<DedicatedRoute>),
}

/// The engine process of one account.
#[derive(Debug)]
pub(super) struct DedicatedRoute {
    pub(super) account_id: Uuid,
    pub(super) endpoint: Arc<EngineEndpoint>,
    /// `None` for the handshake of a socket, whose turns count.
    pub(super) _running: Option<RunningRequest>,
    pub(super) _in_flight: InFlightToken,
    /// The request that it was chosen for, should the account refuse.
    pub(super) asked: Option<Arc<Asked>>,
}

impl PermittedRoute {
    pub(super) fn shared() -> Self {
        Self(Way::Shared)
    }

    /// To the shared engine, for a list of models: it reaches no account, and the answer is filtered.
    pub(in crate::gateway) fn list() -> Self {
        Self(Way::Shared)
    }

    pub(super) fn dedicated(route: DedicatedRoute) -> Self {
        Self(Way::Dedicated(Arc::new(route)))
    }

    /// The account whose process it is; `None` for the shared engine.
    pub(in crate::gateway) fn account(&self) -> Option<Uuid> {
        match &self.0 {
            Way::Shared => None,
            Way::Dedicated(route) => Some(route.account_id),
        }
    }

    /// The request that it was chosen for; `None` for the shared engine.
    pub(super) fn asked(&self) -> Option<&Arc<Asked>> {
        match &self.0 {
            Way::Shared => None,
            Way::Dedicated(route) => route.asked.as_ref(),
        }
    }

    /// The address of the process of an account; `None` for the shared engine.
    pub(in crate::gateway) fn endpoint(&self) -> Option<&Arc<EngineEndpoint>> {
        match &self.0 {
            Way::Shared => None,
            Way::Dedicated(route) => Some(&route.endpoint),
        }
    }
}
