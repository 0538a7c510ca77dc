//! Branches off the endpoints that this server answers itself. They are no requests of the engine, so they are not recorded and take
//! none of the caller's requests per minute.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use axum::{body::Body, http::Response};
use futures_util::future::{BoxFuture, Either, FutureExt as _};
use tower::Service;

use super::{
    Layered,
    request::{AuthenticatedRequest, LayerResult},
};
use crate::gateway::{dialect::GatewayError, report::Reports};

impl<S> Service<AuthenticatedRequest> for Layered<Reports, S>
where
    S: Service<AuthenticatedRequest, Response = Response<Body>, Error = GatewayError>,
    S::Future: Future<Output = LayerResult>,
{
    type Response = Response<Body>;
    type Error = GatewayError;
    type Future = Either<BoxFuture<'static, LayerResult>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), GatewayError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: AuthenticatedRequest) -> Self::Future {
        let Some(own) = request.request.route.own else {
            return Either::Right(self.inner.call(request));
        };
        let reports = Arc::clone(&self.state);
        let AuthenticatedRequest {
            request, caller, ..
        } = request;
        let (id, now) = (request.id, request.received_at);
        Either::Left(async move { reports.answer(own, &caller, (id, now)).await }.boxed())
    }
}
