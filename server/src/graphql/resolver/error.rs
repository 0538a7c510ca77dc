//! Domain errors as GraphQL errors: a message for people, a code for programs.

use std::sync::Arc;

use async_graphql::{Error as GraphqlError, ErrorExtensionValues};
use serde_json::{Value, json};

use crate::{
    domain::Error,
    engine::{EngineError, UpdateError},
};

pub(crate) type Result<T> = std::result::Result<T, ResolverError>;

/// Carries a domain error out of a resolver. It must not implement `Display`, or the blanket
/// conversion in `async_graphql` would apply and drop the code.
#[derive(Clone, Debug)]
pub(crate) struct ResolverError(Arc<Error>);

impl From<Error> for ResolverError {
    fn from(error: Error) -> Self {
        Self(Arc::new(error))
    }
}

impl From<Arc<Error>> for ResolverError {
    fn from(error: Arc<Error>) -> Self {
        Self(error)
    }
}

impl From<EngineError> for ResolverError {
    fn from(error: EngineError) -> Self {
        Error::EngineUnavailable(error.to_string()).into()
    }
}

impl From<UpdateError> for ResolverError {
    fn from(error: UpdateError) -> Self {
        let message = error.to_string();
        match error {
            UpdateError::UnknownVersion(_)
            | UpdateError::NoArchive(_)
            | UpdateError::NoPrevious
            | UpdateError::NotManaged => Error::BadInput(message),
            UpdateError::Busy => Error::Conflict(message),
            UpdateError::Unreachable(..)
            | UpdateError::Status(..)
            | UpdateError::TooLarge(..)
            | UpdateError::InvalidFeed(..)
            | UpdateError::NoChecksum(_)
            | UpdateError::Install(_)
            | UpdateError::WrongMachine(_)
            | UpdateError::TrialFailed(..)
            | UpdateError::NotSwitched(_)
            | UpdateError::Disk(..)
            | UpdateError::Interrupted(_) => Error::EngineUnavailable(message),
        }
        .into()
    }
}

impl From<ResolverError> for GraphqlError {
    fn from(ResolverError(error): ResolverError) -> Self {
        Self {
            message: error.to_string(),
            extensions: Some(extensions(&error)),
            // The report extension logs and removes it.
            source: Some(error),
        }
    }
}

fn extensions(error: &Error) -> ErrorExtensionValues {
    let mut values = ErrorExtensionValues::default();
    values.set("code", error.code());
    if let Error::RateLimited { retry_after } = error {
        values.set("retryAfterSeconds", retry_after.as_secs().max(1));
    }
    if let Error::Outdated {
        version, current, ..
    } = error
    {
        values.set("currentVersion", *version);
        if let Ok(current) = async_graphql::Value::from_json(Value::clone(current)) {
            values.set("current", current);
        }
    }
    values
}

/// The body of the response to a request that is rejected before execution.
pub(crate) fn body(error: &Error) -> Value {
    json!({ "errors": [{ "message": error.to_string(), "extensions": extensions(error) }] })
}
