//! Why an agent gets no tokens.

use crate::domain::Error;

/// A refusal of the token endpoint.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    #[error("the user has not confirmed the sign-in yet")]
    Pending,
    #[error("poll at most every 5 seconds")]
    SlowDown,
    #[error("the user denied the sign-in")]
    Denied,
    #[error("the sign-in was not confirmed in time; start it again")]
    Expired,
    /// The code or token is not valid, or no longer.
    #[error("{0}")]
    Invalid(&'static str),
    #[error(transparent)]
    Domain(Error),
}

impl<E: Into<Error>> From<E> for GrantError {
    fn from(error: E) -> Self {
        Self::Domain(error.into())
    }
}
