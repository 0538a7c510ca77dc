//! Finds the caller of a request by its API key, wherever a client may send one.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::Body,
    http::{HeaderMap, Response},
};
use futures_util::future::{Either, Ready, ready};
use tower::Service;

use super::{
    Layered,
    request::{AuthenticatedRequest, LayerResult, RoutedRequest},
};
use crate::{
    domain::users::api_keys::{Caller, KeyProblem, KeyRing},
    gateway::{
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
        let head = &request.head;
        match authenticate(&self.state.keys, &head.headers, head.uri.query()) {
            Ok(caller) => Either::Right(self.inner.call(AuthenticatedRequest { request, caller })),
            Err(error) => Either::Left(ready(Err(error))),
        }
    }
}

/// The caller of the first key that is valid, in the order in which the engine would look. If none is, the error is about
/// the first one that is known.
fn authenticate(
    keys: &KeyRing,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<Arc<Caller>, GatewayError> {
    let mut error = GatewayError::UnknownKey;
    let in_headers = CARRIERS
        .into_iter()
        .flat_map(|carrier| headers.get_all(carrier))
        .map(|value| without_scheme(value.as_bytes()))
        .take(MAX_KEYS)
        .map(|key| look_up(keys, key));
    let in_query = query
        .into_iter()
        .filter_map(query::credential)
        .map(|key| look_up(keys, key.as_bytes()));
    for found in in_headers.chain(in_query) {
        match found {
            Ok(caller) => return Ok(caller),
            Err(Some(problem)) if error == GatewayError::UnknownKey => {
                error = GatewayError::KeyProblem(problem);
            }
            Err(_) => {}
        }
    }
    Err(error)
}

fn look_up(keys: &KeyRing, presented: &[u8]) -> Result<Arc<Caller>, Option<KeyProblem>> {
    if presented.len() > MAX_KEY {
        return Err(None);
    }
    keys.look_up(presented)
}
