//! Conversions of inputs for the domain.

use async_graphql::{ID, MaybeUndefined};
use uuid::Uuid;

use super::error::Result;
use crate::domain::{Error, patch::Patch};

/// Parses an id; `NOT_FOUND` for one in another format.
pub(crate) fn id(id: &ID, what: &'static str) -> Result<Uuid> {
    id.parse().map_err(|_| Error::NotFound { what }.into())
}

/// The change of a nullable field.
pub(crate) fn patch<T>(value: MaybeUndefined<T>) -> Patch<T> {
    match value {
        MaybeUndefined::Undefined => Patch::Keep,
        MaybeUndefined::Null => Patch::Clear,
        MaybeUndefined::Value(value) => Patch::Set(value),
    }
}

/// The change of a field that cannot be null.
pub(crate) fn change<T>(field: &str, value: MaybeUndefined<T>) -> Result<Option<T>> {
    match value {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Null => Err(Error::BadInput(format!("{field} must not be null")).into()),
        MaybeUndefined::Value(value) => Ok(Some(value)),
    }
}
