//! Sends a request to the engine.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use tower::Service;

use super::request::ForwardRequest;
use crate::gateway::forward::{Awaiting, EngineClient, UpstreamError, UpstreamResponse};

#[derive(Clone, Debug)]
pub(in crate::gateway) struct ForwardService(Arc<EngineClient>);

impl ForwardService {
    pub(in crate::gateway) fn new(engine: Arc<EngineClient>) -> Self {
        Self(engine)
    }
}

impl Service<ForwardRequest> for ForwardService {
    type Response = UpstreamResponse;
    type Error = UpstreamError;
    type Future = Awaiting;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), UpstreamError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: ForwardRequest) -> Self::Future {
        self.0.send(&request.context, request.head, request.upload)
    }
}
