//! Opens the record of a request. From here on the request is recorded, however it ends.

use std::{
    fmt::Write as _,
    mem,
    net::IpAddr,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::Body,
    http::{Response, header::USER_AGENT},
};
use entity::request::{Outcome, UsageSource};
use tower::Service;

use super::{
    Layered,
    request::{AuthenticatedRequest, RecordedRequest, RoutedRequest},
};
use crate::{
    domain::{agent_sessions::AgentSessionRef, requests::RequestRecord, users::api_keys::Caller},
    gateway::{
        agent_session::{self, GuessedSessions},
        context::RequestContext,
        dialect::GatewayError,
        receipts::{PendingAdmission, Receipts},
        trace::RequestSpan,
    },
    traces::Traces,
};

/// The longest text of an address, in bytes.
const MAX_ADDRESS: usize = 45;

#[derive(Debug)]
pub(in crate::gateway) struct Recording {
    pub(in crate::gateway) receipts: Arc<Receipts>,
    pub(in crate::gateway) traces: Traces,
    pub(in crate::gateway) guessed: GuessedSessions,
}

impl<S> Service<AuthenticatedRequest> for Layered<Recording, S>
where
    S: Service<RecordedRequest, Response = Response<Body>, Error = GatewayError>,
{
    type Response = Response<Body>;
    type Error = GatewayError;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), GatewayError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: AuthenticatedRequest) -> Self::Future {
        let request = self.state.recorded(request);
        self.inner.call(request)
    }
}

impl Recording {
    fn recorded(&self, request: AuthenticatedRequest) -> RecordedRequest {
        let AuthenticatedRequest {
            mut request,
            caller,
            origin,
        } = request;
        let endpoint = mem::take(&mut request.route.endpoint);
        let client = origin.address.map(text_of);
        let record = self.record(&request, &caller, (endpoint, client));
        let RoutedRequest {
            id,
            received_at,
            route,
            recipient,
            head,
            body,
            peer: _,
        } = request;
        let context = Arc::new(RequestContext {
            id,
            received_at,
            route,
            recipient,
            caller,
            origin,
            span: RequestSpan::begin(&self.traces, &head.headers, &record),
        });
        let receipts = Arc::clone(&self.receipts);
        RecordedRequest {
            pending: PendingAdmission::new(receipts, Arc::clone(&context), record),
            context,
            head,
            body,
        }
    }

    fn record(
        &self,
        request: &RoutedRequest,
        caller: &Caller,
        (endpoint, client_ip): (String, Option<String>),
    ) -> RequestRecord {
        let headers = &request.head.headers;
        let user_agent = headers.get(USER_AGENT);
        let user_agent = user_agent.and_then(|value| value.to_str().ok());
        let named = agent_session::of_headers(caller.user_id, headers);
        let agent_session = named.or_else(|| self.guessed_session(request, caller, user_agent));
        RequestRecord {
            id: request.id,
            connection_id: None,
            user_id: caller.user_id,
            api_key_id: caller.api_key_id,
            started_at: request.received_at,
            duration: Duration::ZERO,
            time_to_first_byte: None,
            waited: None,
            endpoint,
            protocol: request.route.protocol,
            model: None,
            served_model: None,
            streamed: false,
            http_status: None,
            // Should the server be killed before it knows more.
            outcome: Outcome::Interrupted,
            error_code: None,
            error_message: None,
            rejected_by: None,
            tokens: None,
            usage_source: UsageSource::Estimated,
            client_ip,
            user_agent: user_agent.map(str::to_owned),
            agent_session,
            requested_service_tier: None,
            service_tier: None,
        }
    }

    /// Lists of models and the like begin no session.
    fn guessed_session(
        &self,
        request: &RoutedRequest,
        caller: &Caller,
        user_agent: Option<&str>,
    ) -> Option<AgentSessionRef> {
        let generates = request.route.protocol.generates();
        let now = request.received_at;
        let guessed = generates.then(|| self.guessed.session(caller.api_key_id, user_agent, now));
        guessed.flatten()
    }
}

fn text_of(address: IpAddr) -> String {
    let mut text = String::with_capacity(MAX_ADDRESS);
    // Writing to a string does not fail.
    let _ = write!(text, "{address}");
    text
}
