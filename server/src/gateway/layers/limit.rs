//! Takes what depends on the caller alone: one of its requests per minute and one of its concurrent requests.

use std::{
    pin::Pin,
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
    request::{LayerResult, RecordedRequest, StartedRequest},
};
use crate::{
    domain::{ledger::RateLimitStatus, settings::Settings},
    gateway::{admission, body::discard, dialect::GatewayError, headers},
};

#[derive(Debug)]
pub(in crate::gateway) struct Limiting {
    pub(in crate::gateway) settings: Settings,
}

impl<S> Service<RecordedRequest> for Layered<Limiting, S>
where
    S: Service<StartedRequest, Response = Response<Body>, Error = GatewayError>,
    S::Future: Unpin,
{
    type Response = Response<Body>;
    type Error = GatewayError;
    type Future = LimitFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), GatewayError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: RecordedRequest) -> Self::Future {
        let received_at = request.context.received_at;
        match admission::start(&self.state.settings, &request.context.caller, received_at) {
            Ok(start) => LimitFuture {
                rate_limits: start.rate_limits,
                received_at,
                inner: Either::Right(self.inner.call(StartedRequest { request, start })),
            },
            Err(error) => LimitFuture {
                rate_limits: None,
                received_at,
                inner: Either::Left(refused(request, error).boxed()),
            },
        }
    }
}

async fn refused(request: RecordedRequest, error: GatewayError) -> LayerResult {
    let error = request.pending.refuse(error).await;
    discard(&request.head.headers, request.body).await;
    Err(error)
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
