//! Post-processing of responses: every error gets a code, their number and length are limited, internal errors
//! are logged with the request's id, and anonymous clients learn nothing about the schema.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_graphql::{
    Request, Response, ServerError, ServerResult,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest, NextRequest,
        NextSubscribe,
    },
};
use axum::http::HeaderValue;
use futures_util::{
    FutureExt as _, StreamExt as _,
    stream::{self, BoxStream},
};
use uuid::Uuid;

use super::{
    document::{MAX_MESSAGE, shortened},
    streams::LiveOperations,
};
use crate::{
    domain::{Error, Viewer},
    outage::{FLAPPING, Outage},
};

/// Logs once when the database begins to fail the control plane and once when it recovers.
static DATABASE: Outage = Outage::new(FLAPPING);

/// The maximum number of errors in one response.
const MAX_ERRORS: usize = 20;

/// Reports on every operation.
pub(crate) struct Reports;

impl ExtensionFactory for Reports {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Report {
            request_id: Uuid::now_v7(),
            is_anonymous: Arc::new(AtomicBool::new(true)),
        })
    }
}

/// The id of an operation in the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestId(pub(crate) Uuid);

/// The report on one operation.
#[derive(Clone, Debug)]
struct Report {
    request_id: Uuid,
    is_anonymous: Arc<AtomicBool>,
}

#[async_graphql::async_trait::async_trait]
impl Extension for Report {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let mut response = next.run(ctx).await;
        self.finish(&mut response);
        if let Ok(id) = HeaderValue::from_str(&self.request_id.to_string()) {
            response.http_headers.insert("x-request-id", id);
        }
        response
    }

    /// Enforces the limit of concurrent operations on a socket.
    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        let report = self.clone();
        let place = ctx.data_opt::<LiveOperations>().map(LiveOperations::take);
        if let Some(Err(refusal)) = place {
            return stream::once(async { Response::from_errors(vec![refusal]) }).boxed();
        }
        let stream = next.run(ctx, stream).map(move |mut response| {
            let _held = &place;
            report.finish(&mut response);
            response
        });
        stream.boxed()
    }

    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let asking = request.data.get(&std::any::TypeId::of::<Viewer>());
        let viewer = asking.and_then(|viewer| viewer.downcast_ref());
        let viewer: Option<&Viewer> = viewer.or_else(|| ctx.data_opt());
        let is_anonymous = matches!(viewer, None | Some(Viewer::Anonymous));
        self.is_anonymous.store(is_anonymous, Ordering::Relaxed);
        let request = request.data(RequestId(self.request_id));
        let request = if is_anonymous {
            request.disable_introspection()
        } else {
            request
        };
        next.run(ctx, request).boxed().await
    }
}

impl Report {
    fn finish(&self, response: &mut Response) {
        if response.errors.is_empty()
            && let Some(ended) = DATABASE.worked()
        {
            tracing::info!(
                elapsed_ms = ended.lasted_ms(),
                failures = ended.failures,
                "the database answers the control plane again"
            );
        }
        response.errors.truncate(MAX_ERRORS);
        for error in &mut response.errors {
            self.finish_error(error);
        }
    }

    fn finish_error(&self, error: &mut ServerError) {
        if self.is_anonymous.load(Ordering::Relaxed) {
            remove_suggestions(&mut error.message);
        }
        if error.message.len() > MAX_MESSAGE {
            error.message = shortened(&error.message, MAX_MESSAGE);
        }
        let cause = error.source.take();
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            // Errors of the library are mistakes of the caller.
            extensions.set("code", "BAD_USER_INPUT");
        }
        let cause = cause
            .as_ref()
            .and_then(|cause| cause.downcast_ref::<Error>());
        if let Some(error @ Error::Internal(_)) = cause {
            extensions.set("requestId", self.request_id.to_string());
            log_internal(&self.request_id, error, "a resolver failed");
        }
    }
}

/// Logs an internal error. While the database is down, only the first error is logged as such.
pub(super) fn log_internal(request_id: &Uuid, error: &Error, message: &'static str) {
    let Error::Internal(cause) = error else {
        return;
    };
    if error.is_database_error() && !DATABASE.failed() {
        tracing::debug!(request.id = %request_id, error = ?cause, message);
    } else {
        tracing::error!(request.id = %request_id, error = ?cause, message);
    }
}

/// Removes the library's suggestions, from which anonymous clients could learn the schema.
fn remove_suggestions(message: &mut String) {
    if let Some(at) = message.find(" Did you mean") {
        message.truncate(at);
    }
}
