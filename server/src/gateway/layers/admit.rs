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
    admission::{AdmissionControl, AdmissionRequest, NotAdmitted, is_text},
    choose::session_id,
    dialect::GatewayError,
    headers,
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
                Some(Ok(request)) => {
                    let waited = request.record.waited;
                    let mut response = inner.call(request).await?;
                    headers::set_waited(response.headers_mut(), waited);
                    Ok(response)
                }
                Some(Err(error)) => Err(error),
                None => Ok(to_absent_client()),
            }
        }
        .boxed()
    }
}

/// `None` if the client left, which is recorded.
async fn admitted(
    control: &AdmissionControl,
    request: ReadRequest,
) -> Option<Result<AdmittedRequest, GatewayError>> {
    let ReadRequest {
        context,
        head,
        mut upload,
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
        session: session_id(&head.headers),
        socket: None,
        span: &context.span,
    };
    let mut ahead = upload.read_ahead();
    let record = pending.record()?;
    let client = ahead.client_end(|| control.memory_of(&context.caller));
    let admission = control.admit(admission_request, start, &asked, record, client);
    let admission = admission.await;
    ahead.restore();
    match admission {
        Ok(admission) => Some(Ok(AdmittedRequest {
            record: pending.into_record()?,
            context,
            head,
            upload,
            admission,
        })),
        Err(NotAdmitted::Refused(error)) => Some(Err(pending.refuse(error).await)),
        // The record of the request is written when it is dropped.
        Err(NotAdmitted::ClientGone) => None,
    }
}
