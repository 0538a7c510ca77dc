//! Opens the receipt of a request and reads its usage from the answer. The receipt is settled once, however the request ends.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{
    body::Body,
    http::{Response, request::Parts as Head},
};
use tower::Service;

use super::{
    Layered,
    request::{AdmittedRequest, ForwardRequest, LayerResult},
};
use crate::gateway::{
    answer::{AnswerFuture, Responder},
    body::UploadProgress,
    context::RequestContext,
    dialect::GatewayError,
    forward::{UpstreamError, UpstreamResponse},
    meter::{Awaited, Drainer},
    receipts::Receipts,
};

#[derive(Debug)]
pub(in crate::gateway) struct Metering {
    pub(in crate::gateway) receipts: Arc<Receipts>,
    pub(in crate::gateway) responder: Arc<Responder>,
    pub(in crate::gateway) drainer: Drainer,
}

impl<S> Service<AdmittedRequest> for Layered<Metering, S>
where
    S: Service<ForwardRequest, Response = UpstreamResponse, Error = UpstreamError>,
    S::Future: Unpin + Send + 'static,
{
    type Response = Response<Body>;
    type Error = GatewayError;
    type Future = MeterFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), GatewayError>> {
        // An error comes again from the call, which records it.
        self.inner.poll_ready(cx).map(|_| Ok(()))
    }

    fn call(&mut self, request: AdmittedRequest) -> Self::Future {
        let AdmittedRequest {
            context,
            head,
            upload,
            record,
            admission,
        } = request;
        let state = &self.state;
        let (is_metered, span) = (context.route.is_metered, context.span.clone());
        let receipts = &state.receipts;
        let mut receipt = receipts.open(admission.permit, record, is_metered, span);
        let progress = upload.progress();
        receipt.watch_upload(Arc::clone(&progress));
        receipt.expect(admission.expected);
        let list = state.responder.list_request(&context, &head);
        let answer = self.inner.call(ForwardRequest {
            context: Arc::clone(&context),
            head,
            upload,
            route: admission.route.clone(),
        });
        receipt.send_on(admission.route);
        let answer = Awaited::new(answer, receipt, state.drainer.clone());
        MeterFuture(State::Waiting {
            answer,
            progress,
            context,
            list,
            responder: Arc::clone(&state.responder),
        })
    }
}

/// The metered answer. Dropped before the engine answers, it leaves the receipt to the drainer.
pub(in crate::gateway) struct MeterFuture<F>(State<F>)
where
    F: Future<Output = Result<UpstreamResponse, UpstreamError>> + Unpin + Send + 'static;

#[expect(
    clippy::large_enum_variant,
    reason = "the larger variant comes first, and is in the box of the admission"
)]
enum State<F>
where
    F: Future<Output = Result<UpstreamResponse, UpstreamError>> + Unpin + Send + 'static,
{
    Waiting {
        answer: Awaited<F>,
        progress: Arc<UploadProgress>,
        context: Arc<RequestContext>,
        /// For a list of models that several engines have parts of.
        list: Option<Box<Head>>,
        responder: Arc<Responder>,
    },
    Answering(AnswerFuture),
}

impl<F> Future for MeterFuture<F>
where
    F: Future<Output = Result<UpstreamResponse, UpstreamError>> + Unpin + Send + 'static,
{
    type Output = LayerResult;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<LayerResult> {
        loop {
            match &mut self.0 {
                State::Answering(response) => return Pin::new(response).poll(cx),
                State::Waiting {
                    answer,
                    progress,
                    context,
                    list,
                    responder,
                } => {
                    let (result, mut receipt) = ready!(Pin::new(answer).poll(cx));
                    let response = match result {
                        Ok(answer) => {
                            let context = Arc::clone(context);
                            responder.respond(context, answer, receipt, list.take())
                        }
                        Err(error) => {
                            let (failure, end) =
                                responder.failure(context.id, &error, progress.failure());
                            if !error.is_sent() {
                                receipt.was_not_sent();
                            }
                            receipt.answer_with(&failure, context.recipient);
                            receipt.end(end);
                            return Poll::Ready(Err(failure));
                        }
                    };
                    self.0 = State::Answering(response);
                }
            }
        }
    }
}
