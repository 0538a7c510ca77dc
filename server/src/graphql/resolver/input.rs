//! Turning what callers write into what the domain takes.

use async_graphql::{ID, MaybeUndefined};
use uuid::Uuid;

use super::error::Result;
use crate::domain::{Error, patch::Patch};

/// Reads an id. One that is not ours belongs to nothing.
pub(crate) fn id(id: &ID, what: &'static str) -> Result<Uuid> {
    id.parse().map_err(|_| Error::NotFound { what }.into())
}

/// What to do with something that can be cleared.
pub(crate) fn patch<T>(value: MaybeUndefined<T>) -> Patch<T> {
    match value {
        MaybeUndefined::Undefined => Patch::Keep,
        MaybeUndefined::Null => Patch::Clear,
        MaybeUndefined::Value(value) => Patch::Set(value),
    }
}

/// What to do with something that cannot be cleared.
pub(crate) fn change<T>(field: &str, value: MaybeUndefined<T>) -> Result<Option<T>> {
    match value {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Null => Err(Error::BadInput(format!("{field} cannot be null")).into()),
        MaybeUndefined::Value(value) => Ok(Some(value)),
    }
}
