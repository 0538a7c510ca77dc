//! Sends a request to the engine.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use tower::Service;

use super::request::ForwardRequest;
use crate::gateway::{
    fail_over::FailOver,
    forward::{Awaiting, UpstreamError, UpstreamResponse},
};

#[derive(Clone, Debug)]
pub(in crate::gateway) struct ForwardService(Arc<FailOver>);

impl ForwardService {
    pub(in crate::gateway) fn new(fail_over: Arc<FailOver>) -> Self {
        Self(fail_over)
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
        let ForwardRequest {
            context,
            head,
            upload,
            route,
        } = request;
        self.0.send(context, route, (head, upload))
    }
}
