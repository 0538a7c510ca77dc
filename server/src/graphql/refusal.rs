//! Answers to requests that do not get as far as the schema.

use axum::{
    Json,
    http::{StatusCode, header::CACHE_CONTROL},
    response::{IntoResponse, Response},
};

use super::error;
use crate::{domain::Error, web::status_of};

/// Why a request does not get as far as the schema.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is not of the sort that is answered here.
    Status(StatusCode),
    /// Its sender may not send it.
    Error(Error),
}

impl From<StatusCode> for Refusal {
    fn from(status: StatusCode) -> Self {
        Self::Status(status)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Status(status) => status.into_response(),
            Self::Error(error) => {
                if let Error::Internal(cause) = &error {
                    tracing::error!(error = ?cause, "cannot tell who sends a request");
                }
                let body = Json(error::body(&error));
                (status_of(&error), [(CACHE_CONTROL, "no-store")], body).into_response()
            }
        }
    }
}
