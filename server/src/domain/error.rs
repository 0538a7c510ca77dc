//! The errors of the domain, with messages for clients.

use std::{fmt::Display, time::Duration};

use calendar::UnknownTimeZoneError;
use sea_orm::{DbErr, SqlErr};
use serde_json::Value;

use crate::crypto::vault::VaultError;

pub type Result<T> = std::result::Result<T, Error>;

/// A domain error. Each interface of the server translates it into its own format.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("sign-in required")]
    Unauthenticated,
    #[error("{0}")]
    WrongCredentials(&'static str),
    #[error("the password is correct; send the code of your second factor as well")]
    SecondFactorRequired,
    #[error("your role does not allow this")]
    Forbidden,
    /// An administrator has not turned the feature on.
    #[error("{0}")]
    FeatureDisabled(&'static str),
    #[error("there is no {what} with this id")]
    NotFound { what: &'static str },
    #[error("{0}")]
    BadInput(String),
    /// The change has a consequence that the caller must confirm.
    #[error("{0}")]
    ConfirmationRequired(String),
    #[error("{0}")]
    Conflict(String),
    /// The change was based on an earlier version.
    #[error(
        "the {what} changed after the version that was expected (it is version {version} now); read the present state and send the change again"
    )]
    Outdated {
        what: &'static str,
        version: i32,
        /// The present state, without secrets.
        current: Box<Value>,
    },
    #[error("too many attempts; try again in {} seconds", retry_after.as_secs().max(1))]
    RateLimited { retry_after: Duration },
    #[error("{0}")]
    CsrfFailed(&'static str),
    #[error("{0}")]
    EngineUnavailable(String),
    /// The provider rejected a request or is unreachable.
    #[error("{0}")]
    Provider(String),
    #[error("internal server error")]
    Internal(#[source] anyhow::Error),
}

impl Error {
    /// The stable code that clients may match on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated | Self::WrongCredentials(_) => "UNAUTHENTICATED",
            Self::SecondFactorRequired => "SECOND_FACTOR_REQUIRED",
            Self::Forbidden => "FORBIDDEN",
            Self::FeatureDisabled(_) => "FEATURE_DISABLED",
            Self::NotFound { .. } => "NOT_FOUND",
            Self::BadInput(_) => "BAD_USER_INPUT",
            Self::ConfirmationRequired(_) => "CONFIRMATION_REQUIRED",
            Self::Conflict(_) | Self::Outdated { .. } => "CONFLICT",
            Self::RateLimited { .. } => "RATE_LIMITED",
            Self::CsrfFailed(_) => "CSRF_FAILED",
            Self::EngineUnavailable(_) => "ENGINE_UNAVAILABLE",
            Self::Provider(_) => "PROVIDER_ERROR",
            Self::Internal(_) => "INTERNAL",
        }
    }

    /// Whether the database failed or is unavailable.
    pub fn is_database_error(&self) -> bool {
        matches!(self, Self::Internal(cause) if cause.chain().any(<dyn std::error::Error>::is::<DbErr>))
    }

    /// Invalid input, with a message for the client.
    pub fn bad_input(message: impl Into<String>) -> Self {
        Self::BadInput(message.into())
    }

    /// Prefixes the message with the part of the input that is invalid.
    pub(super) fn about(self, part: impl Display) -> Self {
        if let Self::BadInput(message) = &self {
            return Self::BadInput(format!("{part}: {message}"));
        }
        self
    }

    /// Maps a violated unique index to a conflict with a message.
    pub(super) fn unless_taken(error: DbErr, message: impl FnOnce() -> String) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Self::Conflict(message()),
            _ => error.into(),
        }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        Self::Internal(error.into())
    }
}

impl From<UnknownTimeZoneError> for Error {
    fn from(error: UnknownTimeZoneError) -> Self {
        Self::BadInput(error.to_string())
    }
}

impl From<VaultError> for Error {
    fn from(error: VaultError) -> Self {
        Self::Internal(error.into())
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}
