//! Takes what depends on the caller alone: one of its requests per minute and one of its concurrent requests. A request that a
//! limit blocks may wait for it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{
    body::Body,
    http::{Response, StatusCode},
};
use chrono::{DateTime, Utc};
use futures_util::future::{BoxFuture, Either, FutureExt as _};
use tower::Service;

use super::{
    Layered,
    request::{LayerResult, RecordedRequest, StartedRequest, to_absent_client},
};
use crate::{
    domain::ledger::RateLimitStatus,
    gateway::{
        admission::{AdmissionControl, NotAdmitted, RequestStart, StartError},
        body::{ReadAhead, discard},
        dialect::GatewayError,
        headers,
    },
};

#[derive(Debug)]
pub(in crate::gateway) struct Limiting {
    pub(in crate::gateway) admission: Arc<AdmissionControl>,
}

impl<S> Service<RecordedRequest> for Layered<Limiting, S>
where
    S: Service<StartedRequest, Response = Response<Body>, Error = GatewayError>,
    S: Clone + Send + 'static,
    S::Future: Unpin + Send,
{
    type Response = Response<Body>;
    type Error = GatewayError;
    type Future = LimitFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), GatewayError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: RecordedRequest) -> Self::Future {
        let received_at = request.context.received_at;
        let (caller, limiting) = (&request.context.caller, &self.state);
        let (rate_limits, inner) = match limiting.admission.start(caller, received_at) {
            Ok(start) => {
                let rate_limits = start.rate_limits;
                let inner = self.inner.call(StartedRequest { request, start });
                (rate_limits, Either::Right(inner))
            }
            Err(StartError::Refused(error)) => {
                (None, Either::Left(refused(request, error).boxed()))
            }
            Err(StartError::MayWait) => {
                let (limiting, inner) = (Arc::clone(limiting), self.inner.clone());
                let inner = async move { waited(&limiting, inner, request).await };
                (None, Either::Left(inner.boxed()))
            }
        };
        LimitFuture {
            inner,
            rate_limits,
            received_at,
        }
    }
}

async fn refused(request: RecordedRequest, error: GatewayError) -> LayerResult {
    let error = request.pending.refuse(error).await;
    discard(&request.head.headers, request.body).await;
    Err(error)
}

/// Serves a request once it is admitted. Its body is read on meanwhile, within bounds, since that shows whether the client is
/// still there.
async fn waited<S>(limiting: &Limiting, mut inner: S, mut request: RecordedRequest) -> LayerResult
where
    S: Service<StartedRequest, Response = Response<Body>, Error = GatewayError>,
{
    let start = match limiting.start(&mut request).await {
        Ok(start) => start,
        Err(NotAdmitted::Refused(error)) => return refused(request, error).await,
        // The record of the request is written when it is dropped.
        Err(NotAdmitted::ClientGone) => return Ok(to_absent_client()),
    };
    let received_at = request.context.received_at;
    let waited = request.pending.record().and_then(|record| record.waited);
    let rate_limits = start.rate_limits;
    let mut response = inner.call(StartedRequest { request, start }).await?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let headers = response.headers_mut();
        headers::set_waited(headers, waited);
        if let Some(status) = rate_limits {
            headers::set_rate_limits(headers, status, received_at);
        }
    }
    Ok(response)
}

impl Limiting {
    async fn start(&self, request: &mut RecordedRequest) -> Result<RequestStart, NotAdmitted> {
        let context = Arc::clone(&request.context);
        let Some(record) = request.pending.record() else {
            return Err(NotAdmitted::ClientGone);
        };
        let (admission, caller) = (&self.admission, &context.caller);
        let mut ahead = ReadAhead::new(&mut request.body, admission.max_body_bytes());
        let client = ahead.client_end(|| admission.memory_of(caller));
        let asks = (context.route.is_metered, &context.span);
        let started = admission.start_waiting(caller, asks, record, client);
        let started = started.await;
        ahead.restore();
        started
    }
}

/// A response that reports the requests per minute.
pub(in crate::gateway) struct LimitFuture<F> {
    inner: Either<BoxFuture<'static, LayerResult>, F>,
    rate_limits: Option<RateLimitStatus>,
    received_at: DateTime<Utc>,
}

impl<F: Future<Output = LayerResult> + Unpin> Future for LimitFuture<F> {
    type Output = LayerResult;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<LayerResult> {
        let mut response = ready!(Pin::new(&mut self.inner).poll(cx))?;
        // Of a WebSocket each turn is counted, not the handshake.
        if let Some(status) = self.rate_limits
            && response.status() != StatusCode::SWITCHING_PROTOCOLS
        {
            headers::set_rate_limits(response.headers_mut(), status, self.received_at);
        }
        Poll::Ready(Ok(response))
    }
}
