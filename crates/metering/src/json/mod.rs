//! Reads JSON as it streams by, in chunks of any size and in constant memory.
//!
//! A [`Walker`] checks the grammar, keeps the path of keys down to the current value, and reports to a [`JsonSink`].
//! Arrays are not part of a path: an element has the path of its array.

mod nesting;
mod path;
mod scalar;
mod sink;
mod text;
mod walker;

#[cfg(test)]
pub(super) mod tests;

pub(super) use path::Key;
pub(super) use sink::{Container, JsonSink, StringMode};
pub(super) use text::Text;
pub(super) use walker::Walker;
