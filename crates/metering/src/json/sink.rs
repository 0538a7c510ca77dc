//! Who listens to a walk, and what it may ask for.

use super::path::Key;
use super::text::Text;

/// What to do with a string value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Want {
    /// Pass over it.
    #[default]
    Nothing,
    /// Tell how many bytes it has.
    Length,
    /// Tell what it says, up to a bound.
    Text,
}

/// The two kinds of values that hold others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    Object,
    Array,
}

/// Hears about the values of a document. A path names the keys from the root down to the value; deeper
/// than the walker tracks, it is [`Key::Other`] alone.
pub(crate) trait JsonSink {
    /// What to do with the string that starts at this path.
    fn want(&self, path: &[Key]) -> Want;

    /// A key, whose object is at this path.
    fn key(&mut self, _object: &[Key], _text: &Text) {}

    /// A string that was wanted.
    fn string(&mut self, _path: &[Key], _text: &Text) {}

    /// Some bytes of a string whose length was wanted, as written, escapes and all.
    fn length(&mut self, _path: &[Key], _bytes: usize) {}

    /// A number, `true`, `false` or `null`.
    fn scalar(&mut self, _path: &[Key], _text: &Text) {}

    /// A container began.
    fn opened(&mut self, _path: &[Key], _container: Container) {}

    /// A container ended.
    fn closed(&mut self, _path: &[Key], _container: Container) {}

    /// A document ended.
    fn ended(&mut self) {}
}
