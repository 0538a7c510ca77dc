//! Turns the engine's answer into the response for the client, metered on its way out, and its failures into errors.

mod model_list;
mod retry_hint;

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Response, StatusCode, request::Parts as RequestHead, response::Parts as Head},
};
use futures_util::future::{BoxFuture, Either, FutureExt as _, Ready, ready};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use serde_json::Value;
use uuid::Uuid;

use self::retry_hint::RetryHint;
use super::{
    body::{Upload, UploadError},
    catalogue::Catalogue,
    choose::{AccountChoice, PermittedRoute},
    context::RequestContext,
    dialect::{ErrorRecipient, GatewayError},
    error_response::ErrorResponses,
    forward::{EngineClient, EngineOutage, UpstreamBody, UpstreamError, UpstreamResponse},
    headers,
    meter::{Drainer, ErrorFormat, Heartbeat, MeteredBody, Receipt, RequestEnd},
    report::add_limits,
    route::RouteError,
};
use crate::{
    clock::SharedClock,
    domain::{account_groups::PermittedAccounts, prices::Prices, settings::Settings},
    engine::EngineHandle,
};

/// When to try again while the engine is unavailable: it restarts within seconds, or an administrator has to act.
const ENGINE_RECOVERY: Duration = Duration::from_secs(2);

/// Ready immediately, unless the body has to be read first.
pub(super) type AnswerFuture = Either<Ready<Answered>, BoxFuture<'static, Answered>>;
type Answered = Result<Response<Body>, GatewayError>;

#[derive(Debug)]
pub(super) struct Responder {
    pub(super) settings: Settings,
    pub(super) prices: Prices,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) drainer: Drainer,
    pub(super) errors: Arc<ErrorResponses>,
    pub(super) outage: EngineOutage,
    pub(super) choice: Arc<AccountChoice>,
    pub(super) engine: Arc<EngineClient>,
    pub(super) engine_state: EngineHandle,
    pub(super) clock: SharedClock,
}

impl Responder {
    pub(super) fn respond(
        self: &Arc<Self>,
        context: Arc<RequestContext>,
        answer: UpstreamResponse,
        mut receipt: Receipt,
        list: Option<Box<RequestHead>>,
    ) -> AnswerFuture {
        let (mut head, body) = answer.into_parts();
        if let Some(route) = head.extensions.remove::<PermittedRoute>() {
            receipt.send_on(route);
        }
        self.outage.answered(context.id);
        if let Some(account) = receipt.account() {
            self.choice.answered(account, head.status, &head.headers);
        }
        receipt.answered(head.status, &head.headers);
        headers::for_client(&mut head.headers, context.id);
        let (route, caller) = (&context.route, &context.caller);
        if route.is_metered && head.status.is_success() {
            let received_at = context.received_at;
            add_limits(&mut head.headers, route.dialect, caller, received_at);
        }
        if route.lists_models && head.status.is_success() {
            let limited = self.catalogue.limited(caller);
            if limited.is_some() || caller.is_restricted() || list.is_some() {
                let responder = Arc::clone(self);
                let list = async move {
                    let others = responder.other_lists(&context, list).await;
                    let allowed = responder.allowed(&context, limited).await;
                    Ok(model_list::filtered((head, body), others, allowed, receipt).await)
                };
                return Either::Right(list.boxed());
            }
        }
        if body.is_end_stream() {
            let responder = Arc::clone(self);
            let head = async move { Ok(responder.without_body(&context, head, receipt).await) };
            return Either::Right(head.boxed());
        }
        if retry_hint::may_be_missing(head.status, &head.headers, body.size_hint().exact()) {
            let responder = Arc::clone(self);
            let refusal = async move {
                responder
                    .short_refusal(head, body, receipt, context.recipient)
                    .await
            };
            return Either::Right(refusal.boxed());
        }
        let interval = self.settings.current().gateway.routing.stream_keepalive();
        let format = ErrorFormat {
            recipient: context.recipient,
            received_at: context.received_at,
            request_id: context.id,
            heartbeat: Heartbeat::of(route.protocol, &head.headers, interval),
            engine_outage: self.outage.clone(),
        };
        let body = MeteredBody::new(
            body,
            receipt,
            Arc::clone(caller),
            self.drainer.clone(),
            format,
        );
        Either::Left(ready(Ok(Response::from_parts(head, Body::new(body)))))
    }

    /// The head of a request for a list of models that several engines have parts of.
    pub(super) fn list_request(
        &self,
        context: &RequestContext,
        head: &RequestHead,
    ) -> Option<Box<RequestHead>> {
        let is_needed = context.route.lists_models && self.choice.has_accounts();
        is_needed.then(|| Box::new(head.clone()))
    }

    /// The lists of the engines of single accounts that the caller may use. One that does not answer has no models.
    async fn other_lists(
        &self,
        context: &RequestContext,
        head: Option<Box<RequestHead>>,
    ) -> Vec<Value> {
        let Some(head) = head else {
            return Vec::new();
        };
        let routes = self.choice.all_accounts();
        let lists = routes.iter().map(async |route| {
            let upload = Upload::new(Body::empty(), 0);
            let answer = self.engine.send(context, route, ((*head).clone(), upload));
            let answer = answer.await.ok()?;
            let is_list = answer.status().is_success();
            model_list::read(answer.into_body())
                .await
                .filter(|_| is_list)
        });
        let lists = futures_util::future::join_all(lists).await;
        lists.into_iter().flatten().collect()
    }

    /// Whether a caller may use a model: by its name, and if account groups limit the caller, through one of the accounts.
    async fn allowed(
        &self,
        context: &RequestContext,
        limited: Option<PermittedAccounts>,
    ) -> impl Fn(&str) -> bool {
        let at = context.received_at;
        let served = match limited {
            None => None,
            // While nothing is known of the accounts, no model is listed.
            Some(permitted) => Some(
                self.catalogue
                    .ask(at, |catalogue| catalogue.names_of(&permitted))
                    .await
                    .unwrap_or_default(),
            ),
        };
        let (prices, caller) = (self.prices.current(), Arc::clone(&context.caller));
        move |name: &str| {
            let is_named = || {
                let target = prices.aliases().target(name, at);
                !caller.is_restricted()
                    || caller.may_use(name)
                    || target.is_some_and(|name| caller.may_use(&name))
            };
            served.as_ref().is_none_or(|served| served.contains(name)) && is_named()
        }
    }

    /// Without a body, the head waits until the request is on record. An empty 404 means that the engine has no such endpoint;
    /// no tool can parse it.
    async fn without_body(
        &self,
        context: &RequestContext,
        head: Head,
        receipt: Receipt,
    ) -> Response<Body> {
        if let Some(written) = receipt.finish(RequestEnd::Whole) {
            written.await;
        }
        if head.status != StatusCode::NOT_FOUND {
            return Response::from_parts(head, Body::empty());
        }
        let error = self.errors.of_route(RouteError::NotFound);
        let recipient = context.recipient;
        self.errors
            .respond(recipient, &error, context.id, context.received_at)
    }

    /// A short refusal, which gets a `Retry-After` if it is the engine's own.
    async fn short_refusal(
        &self,
        mut head: Head,
        body: UpstreamBody,
        mut receipt: Receipt,
        recipient: ErrorRecipient,
    ) -> Answered {
        let Ok(read) = body.collect().await else {
            receipt.answer_with(&GatewayError::EngineFailed, recipient);
            receipt.end(RequestEnd::Failed("engine_failed"));
            return Err(GatewayError::EngineFailed);
        };
        let body = read.to_bytes();
        receipt.observe(&body);
        let seconds = match retry_hint::of(&body) {
            Some(RetryHint::Seconds(seconds)) => Some(seconds),
            Some(RetryHint::AtFirstAccount) => self.first_account().await,
            None => None,
        };
        if let Some(seconds) = seconds {
            retry_hint::put_on(&mut head.headers, seconds);
        }
        if let Some(written) = receipt.finish(RequestEnd::Whole) {
            written.await;
        }
        Ok(Response::from_parts(head, Body::from(body)))
    }

    /// The seconds until an account leaves its cooldown, as the engine reports them.
    async fn first_account(&self) -> Option<u64> {
        let accounts = self.engine_state.accounts().await?;
        retry_hint::first_account(&accounts, self.clock.now())
    }

    /// Why there is no answer: the client's own upload, or the engine.
    pub(super) fn failure(
        &self,
        id: Uuid,
        error: &UpstreamError,
        upload: Option<&UploadError>,
    ) -> (GatewayError, RequestEnd) {
        let failure = match (upload, error) {
            (Some(UploadError::Refused(error)), _) => {
                return (error.clone(), RequestEnd::Refused(error.code()));
            }
            (Some(UploadError::ClientGone), _) => {
                return (GatewayError::EngineFailed, RequestEnd::ClientGone);
            }
            (None, UpstreamError::Address) => GatewayError::Blocked,
            (None, UpstreamError::NotRunning) => engine_unavailable(),
            (None, error) => {
                self.outage.failed(&id, error);
                if error.is_connect() {
                    engine_unavailable()
                } else if matches!(error, UpstreamError::TooSlow(_)) {
                    GatewayError::EngineTooSlow
                } else {
                    GatewayError::EngineFailed
                }
            }
        };
        let end = RequestEnd::Failed(failure.code());
        (failure, end)
    }
}

fn engine_unavailable() -> GatewayError {
    GatewayError::EngineUnavailable {
        retry_after: ENGINE_RECOVERY,
    }
}
