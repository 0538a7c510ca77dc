//! One request, from its first line to the head of its answer.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Response, StatusCode,
        header::{CONTENT_TYPE, USER_AGENT},
        request::Parts as Head,
        response::Parts as ResponseHead,
    },
};
use chrono::{DateTime, Utc};
use entity::request::{Outcome, Protocol, UsageSource};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use uuid::Uuid;

use super::{
    Gateway,
    admission::{self, Admission, AdmissionRequest, StartedRequest},
    answer::{model_list, retry_hint},
    authenticate::authenticate,
    body::{Upload, UploadError, discard},
    dialect::{Dialect, GatewayError},
    error_response,
    forward::{self, UpstreamBody, UpstreamError, UpstreamResponse},
    headers,
    memory::UserMemory,
    meter::{Awaited, ErrorFormat, Heartbeat, KILLED, MeteredBody, Receipt, RequestEnd},
    model::{self, ModelRequest, ReadLimits},
    pacing,
    receipts::PendingAdmission,
    route::{self, Route, RouteError, query},
    trace::RequestSpan,
    upgrade,
};
use crate::{
    domain::{api_keys::Caller, ledger::RateLimitStatus, requests::RequestRecord},
    outage::Outage,
};

/// When to try again while the engine is away: it is back within seconds or somebody must act.
const ENGINE_RECOVERY: Duration = Duration::from_secs(2);

/// Serves one request. Its id is the client's `X-Request-Id`, the engine's correlation id and the key
/// of its record.
pub(super) async fn serve(State(gateway): State<Gateway>, request: Request) -> Response<Body> {
    let id = Uuid::now_v7();
    let now = gateway.0.clock.now();
    let (mut head, body) = request.into_parts();
    let is_upgrade = match headers::from_client(&mut head.headers) {
        Ok(is_upgrade) => is_upgrade,
        Err(fault) => {
            let dialect = Dialect::guess(head.uri.path(), &head.headers);
            return error_response::answer(&gateway, dialect, &fault, id, now);
        }
    };
    let mut route = match route::classify(&head.method, head.uri.path(), &head.headers) {
        Ok(route) => route,
        Err(refused) => {
            let dialect = Dialect::guess(head.uri.path(), &head.headers);
            return error_response::answer(&gateway, dialect, &gateway.fault(refused), id, now);
        }
    };
    route.is_websocket &= is_upgrade;
    if head.uri.query().is_some_and(query::has_unknown_alt) {
        let fault = GatewayError::UnsupportedQuery;
        return error_response::answer(&gateway, route.dialect, &fault, id, now);
    }
    let caller = match authenticate(&gateway.0.keys, &head.headers, head.uri.query()) {
        Ok(caller) => caller,
        Err(fault) => return error_response::answer(&gateway, route.dialect, &fault, id, now),
    };
    let dialect = route.dialect;
    let pass = RequestContext {
        gateway: gateway.clone(),
        id,
        now,
        is_text: is_text(&route, &head.headers),
        route,
        caller,
        pacing: None,
        span: RequestSpan::default(),
    };
    // What is to come is large: boxed once, it is not moved along with the router's layers.
    match Box::pin(pass.through(head, body)).await {
        Ok(response) => response,
        Err(fault) => error_response::answer(&gateway, dialect, &fault, id, now),
    }
}

/// A request of a caller whom we know.
#[derive(Debug)]
pub(super) struct RequestContext {
    pub(super) gateway: Gateway,
    pub(super) id: Uuid,
    /// When it came.
    pub(super) now: DateTime<Utc>,
    pub(super) route: Route,
    pub(super) caller: Arc<Caller>,
    /// Whether the length of the body says how much a model has to read.
    pub(super) is_text: bool,
    /// How the caller's requests per minute stand, once they were counted.
    pub(super) pacing: Option<RateLimitStatus>,
    pub(super) span: RequestSpan,
}

impl RequestContext {
    async fn through(mut self, head: Head, body: Body) -> Result<Response<Body>, GatewayError> {
        let record = self.record(&head);
        self.span = RequestSpan::begin(&self.gateway.0.traces, &head.headers, &record);
        let started = match admission::start(&self.gateway.0, &self.caller, self.now) {
            Ok(started) => started,
            Err(fault) => {
                discard(&head.headers, body).await;
                return Err(self.refused(fault, record).await);
            }
        };
        self.pacing = started.pacing;
        if self.route.is_websocket {
            // Rare and large: kept out of the future of every other request.
            return Box::pin(upgrade::serve(self, head, started, record)).await;
        }
        let max_body_bytes = self.gateway.0.settings.current().gateway.max_body_bytes;
        let memory = self.memory(max_body_bytes);
        let limits = ReadLimits {
            max_body_bytes,
            memory: &memory,
            is_restricted: self.caller.has_limits_by_model(),
            needs_bound: self.route.is_metered && self.caller.account().is_strict(),
        };
        let reading = model::read(&self.route, &head.headers, body, limits);
        let pending_admission = PendingAdmission::new(&self, record);
        let Some((result, record)) = pending_admission.admitted(&self, started, reading).await
        else {
            return Ok(to_nobody());
        };
        match result {
            Ok((upload, admission)) => self.admitted(head, upload, admission, record).await,
            Err(fault) => Err(self.refused(fault, record).await),
        }
    }

    /// What the caller may have in memory of what the engine has not been given.
    pub(super) fn memory(&self, max_body_bytes: u64) -> UserMemory {
        self.gateway
            .0
            .memory
            .of(self.caller.user_id, max_body_bytes)
    }

    /// Lets the request in, or says why not.
    pub(super) async fn admit(
        &self,
        started: StartedRequest,
        asked: &ModelRequest,
        read_bytes: u64,
        record: &mut RequestRecord,
    ) -> Result<Admission, GatewayError> {
        record.model = asked.model.name().map(str::to_owned);
        let applicant = AdmissionRequest {
            caller: &self.caller,
            dialect: self.route.dialect,
            is_metered: self.route.is_metered,
            names_model: self.route.names_model,
            read_bytes,
            is_text: self.is_text,
        };
        admission::admit(&self.gateway.0, applicant, started, asked, record).await
    }

    async fn admitted(
        self,
        head: Head,
        upload: Upload,
        admission: Admission,
        record: RequestRecord,
    ) -> Result<Response<Body>, GatewayError> {
        let in_flight = self.gateway.0.in_flight.token();
        let (metered, span) = (self.route.is_metered, self.span.clone());
        let mut receipt = Receipt::new(admission.permit, record, metered, in_flight, span);
        let progress = upload.progress();
        receipt.watch_upload(Arc::clone(&progress));
        receipt.expect(admission.expected);
        let request = match self.for_engine(head, upload) {
            Ok(request) => request,
            Err(fault) => {
                receipt.was_not_sent();
                receipt.end(RequestEnd::Failed(fault.code()));
                return Err(fault);
            }
        };
        let limit = self.gateway.0.settings.current().gateway.answer_timeout();
        let answer = self.gateway.0.upstream.send(request, limit);
        let (answer, mut receipt) =
            Awaited::new(answer, receipt, self.gateway.0.drainer.clone()).await;
        match answer {
            Ok(answer) => Ok(self.answered(answer, receipt).await),
            Err(error) => {
                let (fault, end) = self.explain(&error, progress.failure());
                if error.is_connect() {
                    receipt.was_not_sent();
                }
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
    ) -> Result<axum::http::Request<Upload>, GatewayError> {
        let unavailable = GatewayError::EngineUnavailable {
            retry_after: ENGINE_RECOVERY,
        };
        let endpoint = self.gateway.0.engine.endpoint().ok_or(unavailable)?;
        self.span.hand_on(&mut head.headers);
        let ids = (self.caller.user_id, self.id);
        forward::for_engine(head, &self.route, &endpoint, ids, upload)
    }

    /// The engine's answer, metered on its way out.
    pub(super) async fn answered(
        self,
        answer: UpstreamResponse,
        mut receipt: Receipt,
    ) -> Response<Body> {
        let (mut head, body) = answer.into_parts();
        self.note_answer();
        receipt.answered(head.status, &head.headers);
        headers::for_client(&mut head.headers, self.id);
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
            return self.answered_by_head(head, receipt).await;
        }
        if retry_hint::may_be_missing(head.status, &head.headers, body.size_hint().exact()) {
            return Box::pin(self.refused_by_engine(head, body, receipt)).await;
        }
        let settings = self.gateway.0.settings.current();
        let silence = settings.gateway.routing.stream_keepalive();
        let format = ErrorFormat {
            dialect: self.route.dialect,
            protocol: self.route.protocol,
            request_id: self.id.to_string(),
            heartbeat: Heartbeat::of(self.route.protocol, &head.headers, silence),
            engine_outage: Arc::clone(&self.gateway.0.engine_outage),
        };
        let drainer = self.gateway.0.drainer.clone();
        let body = MeteredBody::new(body, receipt, self.caller, drainer, format);
        Response::from_parts(head, Body::new(body))
    }

    /// The head is all there is: it waits until the request is on record. An empty 404 says that the engine
    /// has no such endpoint, in a form that no tool can read.
    async fn answered_by_head(self, head: ResponseHead, receipt: Receipt) -> Response<Body> {
        if let Some(written) = receipt.finish(RequestEnd::Whole) {
            written.await;
        }
        if head.status != StatusCode::NOT_FOUND {
            return Response::from_parts(head, Body::empty());
        }
        let fault = self.gateway.fault(RouteError::NotFound);
        let dialect = self.route.dialect;
        let mut answer = error_response::answer(&self.gateway, dialect, &fault, self.id, self.now);
        pacing::put_on(answer.headers_mut(), self.pacing, self.now);
        answer
    }

    /// A short refusal, which gets a `Retry-After` if it is the engine's own.
    async fn refused_by_engine(
        self,
        mut head: ResponseHead,
        body: UpstreamBody,
        mut receipt: Receipt,
    ) -> Response<Body> {
        let Ok(read) = body.collect().await else {
            receipt.end(RequestEnd::Failed("engine_failed"));
            let fault = GatewayError::EngineFailed;
            return error_response::answer(
                &self.gateway,
                self.route.dialect,
                &fault,
                self.id,
                self.now,
            );
        };
        let body = read.to_bytes();
        receipt.observe(&body);
        retry_hint::put_on(&mut head.headers, &body);
        if let Some(written) = receipt.finish(RequestEnd::Whole) {
            written.await;
        }
        Response::from_parts(head, Body::from(body))
    }

    /// Why there is no answer: the client's own upload, or the engine.
    pub(super) fn explain(
        &self,
        error: &UpstreamError,
        upload: Option<&UploadError>,
    ) -> (GatewayError, RequestEnd) {
        match upload {
            Some(UploadError::Refused(fault)) => (fault.clone(), RequestEnd::Refused(fault.code())),
            Some(UploadError::ClientGone) => (GatewayError::EngineFailed, RequestEnd::ClientGone),
            None => {
                log_failure(&self.gateway.0.engine_outage, &self.id, error);
                let fault = match error {
                    error if error.is_connect() => GatewayError::EngineUnavailable {
                        retry_after: ENGINE_RECOVERY,
                    },
                    UpstreamError::TooSlow(_) => GatewayError::EngineTooSlow,
                    UpstreamError::Connect(_)
                    | UpstreamError::Exchange(_)
                    | UpstreamError::Client(_) => GatewayError::EngineFailed,
                };
                let end = RequestEnd::Failed(fault.code());
                (fault, end)
            }
        }
    }

    fn note_answer(&self) {
        if let Some(ended) = self.gateway.0.engine_outage.worked() {
            tracing::info!(
                request.id = %self.id,
                elapsed_ms = ended.lasted_ms(),
                failures = ended.failures,
                "the engine answers again"
            );
        }
    }

    /// Records a refusal of somebody whom we know.
    pub(super) async fn refused(&self, fault: GatewayError, record: RequestRecord) -> GatewayError {
        let is_recorded = self.caller.account().may_record_refusal();
        let (metered, span) = (self.route.is_metered, self.span.clone());
        let record = RequestRecord {
            http_status: Some(fault.status().as_u16()),
            ..record
        };
        if is_recorded && let Ok(permit) = self.gateway.0.recorder.permit().await {
            let in_flight = self.gateway.0.in_flight.token();
            let mut receipt = Receipt::new(permit, record, metered, in_flight, span);
            receipt.end(RequestEnd::Refused(fault.code()));
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

/// Whether the model reads the body as text. Uploaded files are not text. The content type counts only on
/// endpoints that take files.
fn is_text(route: &Route, headers: &HeaderMap) -> bool {
    if !matches!(route.protocol, Protocol::OpenaiImages | Protocol::Unmetered) {
        return true;
    }
    let kind = headers.get(CONTENT_TYPE);
    let kind = kind.map_or(&b""[..], HeaderValue::as_bytes);
    let is = |start: &str| {
        let kind = kind.get(..start.len());
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case(start.as_bytes()))
    };
    let files = [
        "multipart/",
        "image/",
        "audio/",
        "video/",
        "application/octet-stream",
    ];
    !files.into_iter().any(is)
}

/// What would be on record of a refusal that is not put there.
pub(super) fn refused(record: RequestRecord, fault: &GatewayError) -> RequestRecord {
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

/// One line for all requests that the engine fails, until it answers again.
pub(super) fn log_failure(
    outage: &Outage,
    request_id: &dyn std::fmt::Display,
    error: &(dyn std::error::Error + 'static),
) {
    if outage.failed() {
        tracing::warn!(
            request.id = %request_id,
            error,
            "the engine does not answer; other requests that it fails are logged at the level debug"
        );
    } else {
        tracing::debug!(request.id = %request_id, error, "the engine did not answer");
    }
}

impl Gateway {
    fn fault(&self, refusal: RouteError) -> GatewayError {
        match refusal {
            RouteError::NotFound => GatewayError::NotFound {
                base_url: Arc::clone(&self.0.base_url),
            },
            RouteError::Blocked => GatewayError::Blocked,
        }
    }
}
