//! Answers to requests that do not get as far as the schema.

use axum::{
    Json,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use uuid::Uuid;

use super::report::log_internal;
use crate::{domain::Error, graphql::resolver::error, web::status_of};

/// Why a request does not get as far as the schema.
#[derive(Debug)]
pub(super) enum TransportError {
    /// It is not of the sort that is answered here.
    Status(StatusCode),
    /// Its sender may not send it.
    Error(Error),
}

impl From<StatusCode> for TransportError {
    fn from(status: StatusCode) -> Self {
        Self::Status(status)
    }
}

impl From<Error> for TransportError {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl IntoResponse for TransportError {
    fn into_response(self) -> Response {
        match self {
            Self::Status(status) => status.into_response(),
            Self::Error(error) => {
                let request_id = Uuid::now_v7();
                log_internal(&request_id, &error, "cannot tell who sends a request");
                let request_id = request_id.to_string();
                let headers = [
                    (CACHE_CONTROL, "no-store"),
                    (HeaderName::from_static("x-request-id"), &request_id),
                ];
                let body = Json(error::body(&error));
                let mut response = (status_of(&error), headers, body).into_response();
                if let Error::RateLimited { retry_after } = error {
                    let seconds = HeaderValue::from(retry_after.as_secs().max(1));
                    response.headers_mut().insert(RETRY_AFTER, seconds);
                }
                response
            }
        }
    }
}
