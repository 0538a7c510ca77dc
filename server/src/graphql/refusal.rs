//! Answers to requests that do not get as far as the schema.

use axum::{
    Json,
    http::{StatusCode, header::CACHE_CONTROL},
    response::{IntoResponse, Response},
};

use super::error;
use crate::domain::Error;

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
                (status(&error), [(CACHE_CONTROL, "no-store")], body).into_response()
            }
        }
    }
}

fn status(error: &Error) -> StatusCode {
    match error {
        Error::Unauthenticated | Error::WrongCredentials(_) | Error::SecondFactorRequired => {
            StatusCode::UNAUTHORIZED
        }
        Error::Forbidden | Error::CsrfFailed(_) => StatusCode::FORBIDDEN,
        Error::NotFound { .. } => StatusCode::NOT_FOUND,
        Error::BadInput(_) => StatusCode::BAD_REQUEST,
        Error::Conflict(_) => StatusCode::CONFLICT,
        Error::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::EngineUnavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
