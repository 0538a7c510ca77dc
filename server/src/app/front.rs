//! Sends each request to the data plane or to the pages.

use std::convert::Infallible;

use axum::{
    Router,
    body::Body,
    http::{Request, Response},
};
use futures_util::future::{BoxFuture, Either};
use tower::util::Oneshot;

use crate::{client_address::PeerAddress, gateway::Gateway, http_server::RequestHandler};

/// Every page and endpoint.
#[derive(Clone, Debug)]
pub(super) struct Front {
    pub(super) gateway: Gateway,
    /// Serves everything else.
    pub(super) pages: Router,
}

impl RequestHandler for Front {
    type Future = Either<
        BoxFuture<'static, Result<Response<Body>, Infallible>>,
        Oneshot<Router, Request<Body>>,
    >;

    fn handle(&self, request: Request<Body>, peer: PeerAddress) -> Self::Future {
        if Gateway::serves(request.uri().path()) {
            Either::Left(self.gateway.serve(request, peer))
        } else {
            Either::Right(self.pages.handle(request, peer))
        }
    }
}
