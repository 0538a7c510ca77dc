//! The responses that the gateway writes itself when a request fails.

use std::sync::Arc;

use axum::{body::Body, http::Response};
use chrono::{DateTime, Utc};
use url::Url;
use uuid::Uuid;

use super::{
    dialect::{ErrorRecipient, GatewayError},
    headers,
    metrics::GatewayMetrics,
    route::RouteError,
};

/// Writes and counts them.
#[derive(Debug)]
pub(super) struct ErrorResponses {
    metrics: GatewayMetrics,
    /// The public URL without a slash at the end.
    base_url: Arc<str>,
}

impl ErrorResponses {
    pub(super) fn new(metrics: GatewayMetrics, public_url: &Url) -> Self {
        Self {
            metrics,
            base_url: public_url.as_str().trim_end_matches('/').into(),
        }
    }

    /// The error in the shape that the client's SDK parses, with the request id.
    pub(super) fn respond(
        &self,
        recipient: ErrorRecipient,
        error: &GatewayError,
        request_id: Uuid,
        received_at: DateTime<Utc>,
    ) -> Response<Body> {
        self.metrics.refused(error);
        let response = recipient.refuse(error, &request_id.to_string(), received_at);
        let mut response = response.map(Body::from);
        headers::identify(response.headers_mut(), request_id);
        if let Some(status) = error.rate_limits() {
            headers::set_rate_limits(response.headers_mut(), status, received_at);
        }
        response
    }

    /// Why a path is not served.
    pub(super) fn of_route(&self, error: RouteError) -> GatewayError {
        match error {
            RouteError::NotFound => GatewayError::NotFound {
                base_url: Arc::clone(&self.base_url),
            },
            RouteError::Blocked => GatewayError::Blocked,
        }
    }
}
