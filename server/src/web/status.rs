//! Maps domain errors to HTTP status codes.

use axum::http::StatusCode;

use crate::domain::Error;

/// The HTTP status of an error.
pub fn status_of(error: &Error) -> StatusCode {
    match error {
        Error::Unauthenticated | Error::WrongCredentials(_) | Error::SecondFactorRequired => {
            StatusCode::UNAUTHORIZED
        }
        Error::Forbidden | Error::FeatureDisabled(_) | Error::CsrfFailed(_) => {
            StatusCode::FORBIDDEN
        }
        Error::NotFound { .. } => StatusCode::NOT_FOUND,
        Error::BadInput(_) => StatusCode::BAD_REQUEST,
        Error::Conflict(_) | Error::ConfirmationRequired(_) | Error::Outdated { .. } => {
            StatusCode::CONFLICT
        }
        Error::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::EngineUnavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Provider(_) => StatusCode::BAD_GATEWAY,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
