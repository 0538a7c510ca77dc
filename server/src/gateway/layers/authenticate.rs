//! Finds the caller of a request by its API key, wherever a client may send one.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::Body,
    http::{Response, header::USER_AGENT},
};
use futures_util::future::{Either, Ready, ready};
use tower::Service;

use super::{
    Layered,
    request::{AuthenticatedRequest, LayerResult, RoutedRequest},
};
use crate::{
    client_address::ClientAddresses,
    domain::{
        client_family::ClientFamily,
        users::api_keys::{Caller, KeyProblem, KeyRing},
    },
    gateway::{
        context::Origin,
        dialect::GatewayError,
        headers::{CARRIERS, without_scheme},
        route::query,
    },
};

/// Longer values than any key has, in bytes, and more keys than any client sends, are ignored: an unknown client costs
/// little.
const MAX_KEY: usize = 256;
const MAX_KEYS: usize = 8;

#[derive(Debug)]
pub(in crate::gateway) struct Authentication {
    pub(in crate::gateway) keys: KeyRing,
    pub(in crate::gateway) addresses: ClientAddresses,
}

impl<S> Service<RoutedRequest> for Layered<Authentication, S>
where
    S: Service<AuthenticatedRequest, Response = Response<Body>, Error = GatewayError>,
    S::Future: Future<Output = LayerResult>,
{
    type Response = Response<Body>;
    type Error = GatewayError;
    type Future = Either<Ready<LayerResult>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), GatewayError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: RoutedRequest) -> Self::Future {
        let origin = self.state.origin(&request);
        match self.state.authenticate(&request, origin) {
            Ok(caller) => Either::Right(self.inner.call(AuthenticatedRequest {
                request,
                caller,
                origin,
            })),
            Err(error) => Either::Left(ready(Err(error))),
        }
    }
}

impl Authentication {
    fn origin(&self, request: &RoutedRequest) -> Origin {
        let headers = &request.head.headers;
        let address = request
            .peer
            .map(|peer| self.addresses.behind(peer, headers));
        let client = headers.get(USER_AGENT);
        Origin {
            address,
            client: client.and_then(|agent| ClientFamily::of(agent.as_bytes())),
        }
    }

    /// The caller of the first key that is valid, in the order in which the engine would look. If none is, the error is
    /// about the first one that is known.
    fn authenticate(
        &self,
        request: &RoutedRequest,
        origin: Origin,
    ) -> Result<Arc<Caller>, GatewayError> {
        let mut error = GatewayError::UnknownKey;
        // Status lines and scripts ask for reports, and do so on behalf of the clients.
        let is_report = request.route.own.is_some();
        let head = &request.head;
        let in_headers = CARRIERS
            .into_iter()
            .flat_map(|carrier| head.headers.get_all(carrier))
            .map(|value| without_scheme(value.as_bytes()))
            .take(MAX_KEYS);
        let in_query = head.uri.query().into_iter().filter_map(query::credential);
        let in_headers = in_headers.map(|key| self.look_up(key, origin, is_report));
        let in_query = in_query.map(|key| self.look_up(key.as_bytes(), origin, is_report));
        for found in in_headers.chain(in_query) {
            match found {
                Ok(caller) => {
                    if !is_report {
                        caller.used(request.received_at);
                    }
                    return Ok(caller);
                }
                Err(Some(problem)) if error == GatewayError::UnknownKey => {
                    error = GatewayError::KeyProblem(problem);
                }
                Err(_) => {}
            }
        }
        Err(error)
    }

    fn look_up(
        &self,
        presented: &[u8],
        origin: Origin,
        is_report: bool,
    ) -> Result<Arc<Caller>, Option<KeyProblem>> {
        if presented.len() > MAX_KEY {
            return Err(None);
        }
        let caller = self.keys.look_up(presented, origin.address)?;
        if !is_report {
            caller.check_client(origin.client).map_err(Some)?;
        }
        Ok(caller)
    }
}
