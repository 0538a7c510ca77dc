//! Gives a request its id and its route, and turns the errors of the layers below into responses that the client's SDK
//! parses.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{
    body::Body,
    http::{Response, request::Parts as Head},
};
use chrono::{DateTime, Utc};
use futures_util::future::{Either, Ready, ready as done};
use tower::Service;
use uuid::Uuid;

use super::{
    Layered,
    request::{LayerResult, Received, ReceivedRequest, RoutedRequest},
};
use crate::{
    clock::SharedClock,
    gateway::{
        dialect::{Dialect, ErrorRecipient, GatewayError},
        error_response::ErrorResponses,
        headers,
        route::{self, Route, query},
    },
};

#[derive(Debug)]
pub(in crate::gateway) struct Routing {
    pub(in crate::gateway) clock: SharedClock,
    pub(in crate::gateway) errors: Arc<ErrorResponses>,
}

impl<S> Service<ReceivedRequest> for Layered<Routing, S>
where
    S: Service<RoutedRequest, Response = Response<Body>, Error = GatewayError>,
    S::Future: Unpin,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = RouteFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // An error comes again from the call, which answers it.
        self.inner.poll_ready(cx).map(|_| Ok(()))
    }

    fn call(&mut self, request: ReceivedRequest) -> Self::Future {
        let id = Uuid::now_v7();
        let received_at = self.state.clock.now();
        let (mut head, Received { body, peer }) = request.into_parts();
        let routed = self.state.route(&mut head);
        let dialect = match &routed {
            Ok(route) => route.dialect,
            Err((dialect, _)) => *dialect,
        };
        let recipient = ErrorRecipient::of(dialect, &head.headers);
        let inner = match routed {
            Ok(route) => {
                let request = RoutedRequest {
                    id,
                    received_at,
                    route,
                    recipient,
                    head,
                    body,
                    peer,
                };
                Either::Right(self.inner.call(request))
            }
            Err((_, error)) => Either::Left(done(Err(error))),
        };
        RouteFuture {
            inner,
            recipient,
            id,
            received_at,
            errors: Arc::clone(&self.state.errors),
        }
    }
}

impl Routing {
    fn route(&self, head: &mut Head) -> Result<Route, (Dialect, GatewayError)> {
        let is_upgrade = headers::from_client(&mut head.headers)
            .map_err(|error| (guessed_dialect(head), error))?;
        let mut route = route::classify(&head.method, head.uri.path(), &head.headers)
            .map_err(|error| (guessed_dialect(head), self.errors.of_route(error)))?;
        route.is_websocket &= is_upgrade;
        if head.uri.query().is_some_and(query::has_unknown_alt) {
            return Err((route.dialect, GatewayError::UnsupportedQuery));
        }
        Ok(route)
    }
}

fn guessed_dialect(head: &Head) -> Dialect {
    Dialect::guess(head.uri.path(), &head.headers)
}

/// The response, or an error as a response.
#[derive(Debug)]
pub(in crate::gateway) struct RouteFuture<F> {
    inner: Either<Ready<LayerResult>, F>,
    recipient: ErrorRecipient,
    id: Uuid,
    received_at: DateTime<Utc>,
    errors: Arc<ErrorResponses>,
}

impl<F: Future<Output = LayerResult> + Unpin> Future for RouteFuture<F> {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = ready!(Pin::new(&mut self.inner).poll(cx));
        let response = result.unwrap_or_else(|error| {
            let (id, received_at) = (self.id, self.received_at);
            self.errors.respond(self.recipient, &error, id, received_at)
        });
        Poll::Ready(Ok(response))
    }
}
