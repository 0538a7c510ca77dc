//! Reads the body until the model is known.

use std::{
    mem,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{body::Body, http::Response};
use futures_util::future::{BoxFuture, FutureExt as _};
use tower::Service;

use super::{
    Layered,
    request::{LayerResult, ReadRequest, RecordedRequest, StartedRequest, to_absent_client},
};
use crate::{
    domain::settings::Settings,
    gateway::{
        dialect::GatewayError,
        memory::Memory,
        model::{self, ReadError, ReadLimits},
    },
};

#[derive(Debug)]
pub(in crate::gateway) struct ModelReading {
    pub(in crate::gateway) memory: Memory,
    pub(in crate::gateway) settings: Settings,
}

impl<S> Service<StartedRequest> for Layered<ModelReading, S>
where
    S: Service<ReadRequest, Response = Response<Body>, Error = GatewayError>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = GatewayError;
    type Future = BoxFuture<'static, LayerResult>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), GatewayError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: StartedRequest) -> Self::Future {
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        let state = Arc::clone(&self.state);
        async move {
            match state.read(request).await {
                Ok(Some(request)) => inner.call(request).await,
                Ok(None) => Ok(to_absent_client()),
                Err(error) => Err(error),
            }
        }
        .boxed()
    }
}

impl ModelReading {
    /// `None` if the client left while sending. A request that does not fit into memory does not count among those of the
    /// minute; one with an aborted or invalid body does.
    async fn read(&self, request: StartedRequest) -> Result<Option<ReadRequest>, GatewayError> {
        let StartedRequest { request, start } = request;
        let RecordedRequest {
            context,
            head,
            body,
            pending,
        } = request;
        let max_body_bytes = self.settings.current().gateway.max_body_bytes;
        let memory = self.memory.of(context.caller.user_id, max_body_bytes);
        let limits = ReadLimits {
            max_body_bytes,
            memory: &memory,
            is_restricted: context.caller.has_limits_by_model(),
            needs_bound: context.route.is_metered && context.caller.account().is_strict(),
        };
        match model::read(&context.route, &head.headers, body, limits).await {
            Ok((asked, upload)) => Ok(Some(ReadRequest {
                context,
                head,
                upload,
                asked,
                start,
                pending,
            })),
            Err(ReadError::Refused(error)) => {
                if matches!(error, GatewayError::Overloaded { .. }) {
                    start.slot.refund();
                }
                Err(pending.refuse(error).await)
            }
            Err(ReadError::ClientGone) => Ok(None),
        }
    }
}
