//! To the engine and back, unchanged but for the headers that `docs/verbatim.md` lists.

mod outage;
mod upstream;

use std::borrow::Cow;

use axum::http::{
    Request, Uri,
    request::Parts as Head,
    uri::{self, PathAndQuery},
};
use futures_util::future::{FutureExt as _, ready};

use self::upstream::Upstream;
pub(super) use self::{
    outage::EngineOutage,
    upstream::{Awaiting, ExchangeError, UpstreamBody, UpstreamError, UpstreamResponse},
};
use super::{
    body::Upload,
    choose::PermittedRoute,
    context::RequestContext,
    headers,
    route::{Route, query},
};
use crate::{
    domain::settings::Settings,
    engine::{EngineEndpoint, EngineHandle},
};

/// Sends requests to the engine of their route, as it runs now.
#[derive(Debug)]
pub(super) struct EngineClient {
    upstream: Upstream,
    engine: EngineHandle,
    settings: Settings,
}

impl EngineClient {
    pub(super) fn new(engine: EngineHandle, settings: Settings) -> anyhow::Result<Self> {
        Ok(Self {
            upstream: Upstream::new()?,
            engine,
            settings,
        })
    }

    pub(super) fn send(
        &self,
        context: &RequestContext,
        route: &PermittedRoute,
        sent: (Head, Upload),
    ) -> Awaiting {
        let limit = self.settings.current().gateway.answer_timeout();
        match self.request(context, route, sent) {
            Ok(request) => self.upstream.send(request, limit),
            Err(error) => ready(Err(error)).boxed(),
        }
    }

    /// Sends a request whose connection may become a WebSocket.
    pub(super) fn shake_hands(
        &self,
        context: &RequestContext,
        route: &PermittedRoute,
        sent: (Head, Upload),
    ) -> Awaiting {
        let limit = self.settings.current().gateway.answer_timeout();
        match self.request(context, route, sent) {
            Ok(request) => self.upstream.shake_hands(request, limit),
            Err(error) => ready(Err(error)).boxed(),
        }
    }

    fn request(
        &self,
        context: &RequestContext,
        route: &PermittedRoute,
        (mut head, upload): (Head, Upload),
    ) -> Result<Request<Upload>, UpstreamError> {
        let shared = || self.engine.endpoint();
        let endpoint = route.endpoint().cloned().or_else(shared);
        let endpoint = endpoint.ok_or(UpstreamError::NotRunning)?;
        head.uri =
            engine_uri(&head.uri, &context.route, &endpoint).ok_or(UpstreamError::Address)?;
        context.span.inject(&mut head.headers);
        headers::for_engine(
            &mut head.headers,
            endpoint.host.clone(),
            endpoint.authorization_of(context.caller.user_id),
            context.id,
            context.route.is_websocket,
        );
        // They are for this server, not for the client that sends the request.
        head.extensions.clear();
        Ok(Request::from_parts(head, upload))
    }
}

fn engine_uri(uri: &Uri, route: &Route, endpoint: &EngineEndpoint) -> Option<Uri> {
    let base = endpoint.base_path.as_deref().unwrap_or_default();
    let query = uri.query().map(query::without_credentials);
    let query = query.filter(|query| !query.is_empty() || uri.query() == Some(""));
    let target = match (&route.path, query) {
        (Cow::Borrowed(path), None) if base.is_empty() => PathAndQuery::from_static(path),
        (path, Some(query)) => format!("{base}{path}?{query}").try_into().ok()?,
        (path, None) => format!("{base}{path}").try_into().ok()?,
    };
    let mut parts = uri::Parts::default();
    parts.scheme = Some(endpoint.scheme.clone());
    parts.authority = Some(endpoint.authority.clone());
    parts.path_and_query = Some(target);
    Uri::from_parts(parts).ok()
}
