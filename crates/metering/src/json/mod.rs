//! Reads JSON as it streams by, in chunks of any size and in constant memory.
//!
//! A [`Walker`] checks the grammar, keeps the path of keys down to the current value, and tells a
//! [`Sink`] about it. Arrays leave no trace in a path: an element stands at the path of its array.

mod nesting;
mod path;
mod scalar;
mod sink;
mod text;
mod walker;

#[cfg(test)]
pub(super) mod tests;

pub(super) use path::Key;
pub(super) use sink::{Container, JsonSink, Want};
pub(super) use text::Text;
pub(super) use walker::Walker;
