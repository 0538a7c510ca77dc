//! Lets a request pass once its worst case is reserved and it is in the journal.

use std::{
    mem,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{body::Body, http::Response};
use futures_util::future::{BoxFuture, FutureExt as _};
use tower::{Layer, Service};

use super::request::{AdmittedRequest, LayerResult, ReadRequest, to_absent_client};
use crate::gateway::{
    admission::{AdmissionControl, AdmissionRequest, is_text},
    dialect::GatewayError,
};

#[derive(Clone, Debug)]
pub(in crate::gateway) struct AdmitLayer(Arc<AdmissionControl>);

#[derive(Clone, Debug)]
pub(in crate::gateway) struct AdmitService<S> {
    inner: S,
    admission: Arc<AdmissionControl>,
}

impl AdmitLayer {
    pub(in crate::gateway) fn new(admission: Arc<AdmissionControl>) -> Self {
        Self(admission)
    }
}

impl<S> Layer<S> for AdmitLayer {
    type Service = AdmitService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AdmitService {
            inner,
            admission: Arc::clone(&self.0),
        }
    }
}

impl<S> Service<ReadRequest> for AdmitService<S>
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
        let admission = Arc::clone(&self.admission);
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
