//! A change to something that may be absent: leave it, clear it, or set it.

/// A change of an optional value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Leave it as it is.
    #[default]
    Keep,
    /// Make it absent.
    Clear,
    /// Replace it.
    Set(T),
}

impl<T> Patch<T> {
    /// `None` to leave the value; otherwise what it becomes.
    pub fn into_change(self) -> Option<Option<T>> {
        match self {
            Self::Keep => None,
            Self::Clear => Some(None),
            Self::Set(value) => Some(Some(value)),
        }
    }
}
