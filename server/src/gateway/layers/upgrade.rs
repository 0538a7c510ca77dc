//! Branches off the Responses WebSocket: it names a model in each message, so each of its turns is admitted and metered by
//! itself.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use axum::{body::Body, http::Response};
use futures_util::future::{BoxFuture, Either, FutureExt as _};
use tower::Service;

use super::{
    Layered,
    request::{LayerResult, StartedRequest},
};
use crate::gateway::{
    dialect::GatewayError,
    upgrade::{self, Sockets},
};

impl<S> Service<StartedRequest> for Layered<Sockets, S>
where
    S: Service<StartedRequest, Response = Response<Body>, Error = GatewayError>,
    S::Future: Future<Output = LayerResult>,
{
    type Response = Response<Body>;
    type Error = GatewayError;
    type Future = Either<BoxFuture<'static, LayerResult>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), GatewayError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: StartedRequest) -> Self::Future {
        if !request.request.context.route.is_websocket {
            return Either::Right(self.inner.call(request));
        }
        let StartedRequest { request, start } = request;
        let sockets = Arc::clone(&self.state);
        let upgrade = async move {
            // While the handshake lasts, it is one of the concurrent requests.
            let _slot = start.slot;
            upgrade::serve(sockets, request.context, request.head, request.pending).await
        };
        Either::Left(upgrade.boxed())
    }
}
