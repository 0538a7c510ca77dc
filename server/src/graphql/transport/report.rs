//! The last look at each answer: every error gets a code, there are few of them and each is short, ours are
//! logged under the request's id, and anonymous clients learn nothing of the schema.

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
    document::{LONGEST_MESSAGE, shortened},
    streams::LiveOperations,
};
use crate::{
    domain::{Error, Viewer},
    outage::{FLAPPING, Outage},
};

/// Whether the database fails the control plane.
static DATABASE: Outage = Outage::new(FLAPPING);

/// Errors of one answer: a document of many mistakes is not answered with a page for each.
const MOST_ERRORS: usize = 20;

/// Reports on every operation.
pub(crate) struct Reports;

impl ExtensionFactory for Reports {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Report {
            request_id: Uuid::now_v7(),
            is_stranger: Arc::new(AtomicBool::new(true)),
        })
    }
}

/// Under which an operation's lines are in the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestId(pub(crate) Uuid);

/// The report on one operation.
#[derive(Clone, Debug)]
struct Report {
    request_id: Uuid,
    is_stranger: Arc<AtomicBool>,
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

    /// Holds each operation of a socket to the socket's limit.
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
        let is_stranger = matches!(viewer, None | Some(Viewer::Anonymous));
        self.is_stranger.store(is_stranger, Ordering::Relaxed);
        let request = request.data(RequestId(self.request_id));
        let request = if is_stranger {
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
        response.errors.truncate(MOST_ERRORS);
        for error in &mut response.errors {
            self.finish_error(error);
        }
    }

    fn finish_error(&self, error: &mut ServerError) {
        if self.is_stranger.load(Ordering::Relaxed) {
            forget_suggestions(&mut error.message);
        }
        if error.message.len() > LONGEST_MESSAGE {
            error.message = shortened(&error.message, LONGEST_MESSAGE);
        }
        let cause = error.source.take();
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            // What the library refuses was asked wrongly.
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

/// Logs an error that is ours. While the database is away, the first line stands for all requests.
pub(super) fn log_internal(request_id: &Uuid, error: &Error, message: &'static str) {
    let Error::Internal(cause) = error else {
        return;
    };
    if error.is_of_database() && !DATABASE.failed() {
        tracing::debug!(request.id = %request_id, error = ?cause, message);
    } else {
        tracing::error!(request.id = %request_id, error = ?cause, message);
    }
}

/// The library's suggestions name fields; anonymous clients could read the schema from them.
fn forget_suggestions(message: &mut String) {
    if let Some(at) = message.find(" Did you mean") {
        message.truncate(at);
    }
}
