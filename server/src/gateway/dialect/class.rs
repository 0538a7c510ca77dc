//! Classes of errors by what a client can do about them: [`GatewayError::class`] is the one place that assigns them.

use std::time::Duration;

use http::StatusCode;

use super::GatewayError;
use crate::domain::users::api_keys::KeyProblem;

/// Tools wait for this long without asking their users; beyond it most stop, and one waits however long it takes.
pub(in crate::gateway) const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// When to try again after the engine broke an answer off: it restarts within seconds.
const ENGINE_RESTART: Duration = Duration::from_secs(2);
/// When to try again after a provider that did not answer in time.
const SLOW_PROVIDER: Duration = Duration::from_secs(10);

/// An error by the action that resolves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum ErrorClass {
    /// Use another key: this one is unknown or has ended.
    Key,
    /// Stop until the reset: a quota, a share or the window of an account is used up.
    UsedUp {
        /// `None` if it does not reset by itself.
        resets_in: Option<Duration>,
    },
    /// Wait: too much was sent in a short time.
    Rate { retry_after: Duration },
    /// Wait: the engine, a provider or this server cannot serve now.
    Unavailable {
        status: StatusCode,
        retry_after: Duration,
    },
    /// Ask for something else: this key may not do this, however long it waits.
    NotAllowed,
    /// Change the request.
    Request { status: StatusCode },
}

impl ErrorClass {
    /// Waiting helps if the reset is near.
    fn used_up(resets_in: Option<Duration>) -> Self {
        match resets_in {
            Some(retry_after) if retry_after <= LONGEST_WAIT => Self::Rate { retry_after },
            resets_in => Self::UsedUp { resets_in },
        }
    }

    fn unavailable(status: StatusCode, retry_after: Duration) -> Self {
        Self::Unavailable {
            status,
            retry_after,
        }
    }
}

impl GatewayError {
    /// The answers of each dialect depend on it and on nothing else of the error.
    pub(in crate::gateway) fn class(&self) -> ErrorClass {
        let request = |status| ErrorClass::Request { status };
        match self {
            // The key is valid: signing in again or another key of the same kind would not help.
            Self::KeyProblem(KeyProblem::WrongNetwork(_) | KeyProblem::WrongClient)
            | Self::ModelNotAllowed { .. }
            | Self::AccountNotAllowed
            | Self::Unpriced { .. } => ErrorClass::NotAllowed,
            Self::UnknownKey | Self::KeyProblem(_) => ErrorClass::Key,
            Self::QuotaExceeded { retry_after, .. } => ErrorClass::used_up(*retry_after),
            Self::ShareUsed { retry_after, .. }
            | Self::AccountsStopped { retry_after, .. }
            | Self::AccountsRefused { retry_after } => ErrorClass::used_up(Some(*retry_after)),
            Self::RateLimited { retry_after, .. } | Self::AccountsBusy { retry_after } => {
                ErrorClass::Rate {
                    retry_after: *retry_after,
                }
            }
            Self::EngineUnavailable { retry_after } | Self::Overloaded { retry_after } => {
                ErrorClass::unavailable(StatusCode::SERVICE_UNAVAILABLE, *retry_after)
            }
            Self::EngineFailed => ErrorClass::unavailable(StatusCode::BAD_GATEWAY, ENGINE_RESTART),
            Self::EngineTooSlow => {
                ErrorClass::unavailable(StatusCode::GATEWAY_TIMEOUT, SLOW_PROVIDER)
            }
            Self::NotFound { .. } | Self::Blocked => request(StatusCode::NOT_FOUND),
            Self::BodyTooLarge { .. } => request(StatusCode::PAYLOAD_TOO_LARGE),
            Self::BodyTooSlow => request(StatusCode::REQUEST_TIMEOUT),
            Self::SocketElsewhere => request(StatusCode::CONFLICT),
            Self::UnsupportedEncoding => request(StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Self::ModelRequired
            | Self::ModelAmbiguous
            | Self::ModelUnspecific { .. }
            | Self::HeadersAmbiguous
            | Self::UnsupportedQuery
            | Self::BodyUnreadable
            | Self::Unbounded { .. } => request(StatusCode::BAD_REQUEST),
        }
    }
}
