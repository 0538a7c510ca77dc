//! One request, from its first line to the head of its answer.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{Response, StatusCode, header::USER_AGENT, request::Parts as Head},
};
use chrono::{DateTime, Utc};
use entity::request::{Outcome, UsageSource};
use http_body::Body as _;
use uuid::Uuid;

use super::{
    Gateway,
    admit::{self, Admission, Applicant},
    arrival::Arrival,
    authenticate::authenticate,
    body::{Upload, UploadError},
    dialect::Fault,
    forward::{self, Answer, UpstreamError},
    meter::{Awaited, End, KILLED, MeteredBody, Receipt, Voice},
    model::{self, Asked, Limits},
    model_list, pacing, refusal,
    route::{self, Refusal, Route, query},
    trace::RequestSpan,
    upgrade,
};
use crate::domain::{api_keys::Caller, ledger::Pacing, requests::RequestRecord};

/// When to try again while the engine is away: it is back within seconds or somebody must act.
const ENGINE_RECOVERY: Duration = Duration::from_secs(2);

/// Serves one request. Its id is the client's `X-Request-Id`, the engine's correlation id and the key
/// of its record.
pub(super) async fn serve(State(gateway): State<Gateway>, request: Request) -> Response<Body> {
    let id = Uuid::now_v7();
    let now = gateway.0.clock.now();
    let (mut head, body) = request.into_parts();
    let is_upgrade = match forward::from_client(&mut head.headers) {
        Ok(is_upgrade) => is_upgrade,
        Err(fault) => {
            let dialect = Refusal::dialect(head.uri.path());
            return refusal::answer(&gateway, dialect, &fault, id, now);
        }
    };
    let mut route = match route::classify(&head.method, head.uri.path(), &head.headers) {
        Ok(route) => route,
        Err(refused) => {
            let dialect = Refusal::dialect(head.uri.path());
            return refusal::answer(&gateway, dialect, &refused.into(), id, now);
        }
    };
    route.is_websocket &= is_upgrade;
    if head.uri.query().is_some_and(query::has_unknown_alt) {
        let fault = Fault::UnsupportedQuery;
        return refusal::answer(&gateway, route.dialect, &fault, id, now);
    }
    let caller = match authenticate(&gateway.0.keys, &head.headers, head.uri.query()) {
        Ok(caller) => caller,
        Err(fault) => return refusal::answer(&gateway, route.dialect, &fault, id, now),
    };
    let dialect = route.dialect;
    let pass = Pass {
        gateway: gateway.clone(),
        id,
        now,
        route,
        caller,
        pacing: None,
        span: RequestSpan::default(),
    };
    // What is to come is large: boxed once, it is not moved along with the router's layers.
    match Box::pin(pass.through(head, body)).await {
        Ok(response) => response,
        Err(fault) => refusal::answer(&gateway, dialect, &fault, id, now),
    }
}

/// A request of a caller whom we know.
#[derive(Debug)]
pub(super) struct Pass {
    pub(super) gateway: Gateway,
    pub(super) id: Uuid,
    /// When it came.
    pub(super) now: DateTime<Utc>,
    pub(super) route: Route,
    pub(super) caller: Arc<Caller>,
    /// How the caller's requests per minute stand, once they were counted.
    pub(super) pacing: Option<Pacing>,
    pub(super) span: RequestSpan,
}

impl Pass {
    async fn through(mut self, head: Head, body: Body) -> Result<Response<Body>, Fault> {
        let record = self.record(&head);
        self.span = RequestSpan::begin(&self.gateway.0.traces, &head.headers, &record);
        if self.route.is_websocket {
            // Rare and large: kept out of the future of every other request.
            return Box::pin(upgrade::serve(self, head, record)).await;
        }
        let limits = Limits {
            max_body_bytes: self.gateway.0.settings.current().gateway.max_body_bytes,
            memory: &self.gateway.0.held,
            is_restricted: self.caller.has_limits_by_model(),
            needs_bound: self.route.is_metered && self.caller.account().is_strict(),
        };
        let reading = model::read(&self.route, &head.headers, body, limits);
        let arrival = Arrival::new(&self.gateway, record, self.span.clone());
        let Some((result, record)) = arrival.admitted(&self, reading).await else {
            return Ok(to_nobody());
        };
        match result {
            Ok((upload, admission)) => self.admitted(head, upload, admission, record).await,
            Err(fault) => Err(self.refused(fault, record).await),
        }
    }

    /// Lets the request in, or says why not.
    pub(super) async fn admit(
        &self,
        asked: &Asked,
        record: &mut RequestRecord,
    ) -> Result<Admission, Fault> {
        record.model = asked.model.name().map(str::to_owned);
        let applicant = Applicant {
            caller: &self.caller,
            dialect: self.route.dialect,
            is_metered: self.route.is_metered,
            names_model: self.route.names_model,
        };
        admit::admit(&self.gateway.0, applicant, asked, record).await
    }

    async fn admitted(
        mut self,
        head: Head,
        upload: Upload,
        admission: Admission,
        record: RequestRecord,
    ) -> Result<Response<Body>, Fault> {
        self.pacing = admission.pacing;
        let in_flight = self.gateway.0.in_flight.token();
        let (metered, span) = (self.route.is_metered, self.span.clone());
        let mut receipt = Receipt::new(admission.place, record, metered, in_flight, span);
        let progress = upload.progress();
        receipt.watch_upload(Arc::clone(&progress));
        let request = match self.for_engine(head, upload) {
            Ok(request) => request,
            Err(fault) => {
                receipt.end(End::Failed(fault.code()));
                return Err(fault);
            }
        };
        let id = self.id;
        let limit = self.gateway.0.settings.current().gateway.answer_timeout();
        let answer = self.gateway.0.upstream.send(request, limit);
        let (answer, mut receipt) =
            Awaited::new(answer, receipt, self.gateway.0.drainer.clone()).await;
        match answer {
            Ok(answer) => Ok(self.answered(answer, receipt).await),
            Err(error) => {
                let (fault, end) = explain(id, &error, progress.failure());
                receipt.end(end);
                Err(fault)
            }
        }
    }

    /// The request for the engine that runs now.
    pub(super) fn for_engine(
        &self,
        mut head: Head,
        upload: Upload,
    ) -> Result<axum::http::Request<Upload>, Fault> {
        let unavailable = Fault::EngineUnavailable {
            retry_after: ENGINE_RECOVERY,
        };
        let endpoint = self.gateway.0.engine.endpoint().ok_or(unavailable)?;
        self.span.hand_on(&mut head.headers);
        forward::for_engine(head, &self.route, &endpoint, self.id, upload)
    }

    /// The engine's answer, metered on its way out.
    pub(super) async fn answered(self, answer: Answer, mut receipt: Receipt) -> Response<Body> {
        let (mut head, body) = answer.into_parts();
        receipt.answered(head.status, &head.headers);
        forward::for_client(&mut head.headers, self.id);
        pacing::put_on(&mut head.headers, self.pacing, self.now);
        if self.route.lists_models && self.caller.is_restricted() && head.status.is_success() {
            let prices = self.gateway.0.prices.current();
            let may_use = |name: &str| {
                let target = prices.aliases().target(name, self.now);
                self.caller.may_use(name) || target.is_some_and(|name| self.caller.may_use(&name))
            };
            return Box::pin(model_list::filtered(head, body, may_use, receipt)).await;
        }
        if body.is_end_stream() {
            // The head is all there is: it waits until the request is on record.
            if let Some(written) = receipt.finish(End::Whole) {
                written.await;
            }
            return Response::from_parts(head, Body::empty());
        }
        let voice = Voice {
            dialect: self.route.dialect,
            protocol: self.route.protocol,
            request_id: self.id.to_string(),
        };
        let drainer = self.gateway.0.drainer.clone();
        let body = MeteredBody::new(body, receipt, self.caller, drainer, voice);
        Response::from_parts(head, Body::new(body))
    }

    /// Records a refusal of somebody whom we know.
    pub(super) async fn refused(&self, fault: Fault, record: RequestRecord) -> Fault {
        let is_recorded = self.caller.account().may_record_refusal();
        let (metered, span) = (self.route.is_metered, self.span.clone());
        let record = RequestRecord {
            http_status: Some(fault.status().as_u16()),
            ..record
        };
        if is_recorded && let Ok(place) = self.gateway.0.recorder.place().await {
            let in_flight = self.gateway.0.in_flight.token();
            let mut receipt = Receipt::new(place, record, metered, in_flight, span);
            receipt.end(End::Refused(fault.code()));
        } else {
            span.end(&refused(record, &fault));
        }
        fault
    }

    /// What is known of the request before anything happened.
    fn record(&self, head: &Head) -> RequestRecord {
        let gateway = &self.gateway.0;
        let client = gateway.addresses.of(&head.extensions, &head.headers);
        let user_agent = head
            .headers
            .get(USER_AGENT)
            .and_then(|value| value.to_str().ok());
        RequestRecord {
            id: self.id,
            connection_id: None,
            user_id: self.caller.user_id,
            api_key_id: self.caller.api_key_id,
            started_at: self.now,
            duration: Duration::ZERO,
            time_to_first_byte: None,
            endpoint: self.route.endpoint.clone(),
            protocol: self.route.protocol,
            model: None,
            served_model: None,
            streamed: false,
            http_status: None,
            // What is on record should the server die before it knows more.
            outcome: Outcome::Interrupted,
            error_code: Some(KILLED.to_owned()),
            tokens: None,
            usage_source: UsageSource::Estimated,
            client_ip: client.map(|address| address.to_string()),
            user_agent: user_agent.map(str::to_owned),
        }
    }
}

/// What would be on record of a refusal that is not put there.
pub(super) fn refused(record: RequestRecord, fault: &Fault) -> RequestRecord {
    RequestRecord {
        outcome: Outcome::Rejected,
        error_code: Some(fault.code().to_owned()),
        tokens: None,
        ..record
    }
}

/// The answer to a client who is not there to read it.
fn to_nobody() -> Response<Body> {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

/// Why there is no answer: the client's own upload, or the engine.
pub(super) fn explain(
    request_id: Uuid,
    error: &UpstreamError,
    upload: Option<&UploadError>,
) -> (Fault, End) {
    match upload {
        Some(UploadError::Refused(fault)) => (fault.clone(), End::Refused(fault.code())),
        Some(UploadError::ClientGone) => (Fault::EngineFailed, End::ClientGone),
        None => {
            tracing::warn!(
                request.id = %request_id,
                error = error as &dyn std::error::Error,
                "the engine did not answer"
            );
            let fault = match error {
                error if error.is_connect() => Fault::EngineUnavailable {
                    retry_after: ENGINE_RECOVERY,
                },
                UpstreamError::TooSlow(_) => Fault::EngineTooSlow,
                UpstreamError::Connect(_)
                | UpstreamError::Exchange(_)
                | UpstreamError::Client(_) => Fault::EngineFailed,
            };
            let end = End::Failed(fault.code());
            (fault, end)
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::NotFound,
            Refusal::Blocked => Self::Blocked,
        }
    }
}
