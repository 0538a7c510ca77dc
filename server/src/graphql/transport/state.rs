//! The state of the handlers of `/graphql`, and how they identify and charge a caller.

use std::net::IpAddr;

use axum::http::{HeaderMap, header::USER_AGENT, request::Parts};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    bounds::BoundSchema,
    budget::{Budgets, Payer},
    streams::Streams,
};
use crate::{
    client_address::ClientAddresses,
    domain::{Error, Viewer},
    graphql::{resolver::context::Browser, schema::ControlPlane},
    web::{AuthenticatedCaller, Authenticator},
};

const MAX_USER_AGENT: usize = 200;

/// The state of the handlers.
#[derive(Clone)]
pub(crate) struct EndpointState {
    pub(crate) schema: ControlPlane,
    pub(crate) authenticator: Authenticator,
    pub(crate) streams: Streams,
    pub(crate) budgets: Budgets,
    /// Ends streams and sockets.
    pub(crate) shutdown: CancellationToken,
    pub(crate) addresses: ClientAddresses,
    /// Runs mutations, which end although the caller leaves.
    pub(crate) tasks: TaskTracker,
}

impl EndpointState {
    /// The schema as sockets use it.
    pub(super) fn bound_schema(&self) -> BoundSchema {
        BoundSchema {
            schema: self.schema.clone(),
            budgets: self.budgets.clone(),
            tasks: self.tasks.clone(),
        }
    }

    /// Identifies the sender of a request and charges them for an operation. An invalid credential is
    /// charged to the anonymous client of its address.
    pub(super) async fn identify(
        &self,
        headers: &HeaderMap,
        address: Option<IpAddr>,
    ) -> Result<AuthenticatedCaller, Error> {
        let caller = self.authenticator.identify(headers, address).await;
        let caller = self.charge_wrong(caller, address)?;
        let payer = Payer::of(&caller.viewer, address);
        self.budgets.pay_for_operation(payer)?;
        Ok(caller)
    }

    /// Charges the client of this address if its credential is not valid.
    pub(super) fn charge_wrong(
        &self,
        caller: Result<AuthenticatedCaller, Error>,
        address: Option<IpAddr>,
    ) -> Result<AuthenticatedCaller, Error> {
        if caller.is_err() {
            let payer = Payer::of(&Viewer::Anonymous, address);
            self.budgets.pay_for_wrong_credential(payer)?;
        }
        caller
    }

    pub(super) fn address(&self, parts: &Parts) -> Option<IpAddr> {
        self.addresses.of(&parts.extensions, &parts.headers)
    }

    pub(super) fn browser(&self, parts: &Parts) -> Browser {
        let user_agent = parts
            .headers
            .get(USER_AGENT)
            .and_then(|agent| agent.to_str().ok());
        Browser {
            address: self.address(parts),
            user_agent: user_agent.map(|agent| agent.chars().take(MAX_USER_AGENT).collect()),
            cookies: self.authenticator.cookies.clone(),
        }
    }
}
