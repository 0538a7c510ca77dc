//! Lets a request pass once its worst case is reserved and it is in the journal.

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
    request::{AdmittedRequest, LayerResult, ReadRequest, to_absent_client},
};
use crate::gateway::{
    admission::{AdmissionControl, AdmissionRequest, is_text},
    dialect::GatewayError,
};

impl<S> Service<ReadRequest> for Layered<AdmissionControl, S>
where
    S: Service<AdmittedRequest, Response = Response<Body>, Error = GatewayError>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = GatewayError;
    type Future = BoxFuture<'static, LayerResult>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), GatewayError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: ReadRequest) -> Self::Future {
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        let admission = Arc::clone(&self.state);
        async move {
            match admitted(&admission, request).await {
                Some(Ok(request)) => inner.call(request).await,
                Some(Err(error)) => Err(error),
                None => Ok(to_absent_client()),
            }
        }
        .boxed()
    }
}

/// `None` if the request was recorded already.
async fn admitted(
    admission: &AdmissionControl,
    request: ReadRequest,
) -> Option<Result<AdmittedRequest, GatewayError>> {
    let ReadRequest {
        context,
        head,
        upload,
        asked,
        start,
        mut pending,
    } = request;
    let route = &context.route;
    let admission_request = AdmissionRequest {
        caller: &context.caller,
        dialect: route.dialect,
        is_metered: route.is_metered,
        names_model: route.names_model,
        lists_models: route.lists_models,
        read_bytes: upload.held_bytes(),
        is_text: is_text(route, &head.headers),
    };
    let record = pending.record()?;
    let admission = admission.admit(admission_request, start, &asked, record);
    match admission.await {
        Ok(admission) => Some(Ok(AdmittedRequest {
            record: pending.into_record()?,
            context,
            head,
            upload,
            admission,
        })),
        Err(error) => Some(Err(pending.refuse(error).await)),
    }
}
