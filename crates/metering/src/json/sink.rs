//! The receiver of a walk.

use super::path::Key;
use super::text::Text;

/// How to read a string value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum StringMode {
    /// Skip it.
    #[default]
    Skip,
    /// Report its length in bytes.
    Length,
    /// Decode it, up to the longest name.
    Read,
    /// Decode it, up to the longest message.
    ReadMessage,
}

/// The kinds of values that contain others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    Object,
    Array,
}

/// Receives the values of a document. A path is the keys from the root down to the value; deeper than the walker tracks,
/// it is [`Key::Other`] alone.
pub(crate) trait JsonSink {
    /// How to read the string that starts at this path.
    fn string_mode(&self, path: &[Key]) -> StringMode;

    /// A key of the object at this path.
    fn key(&mut self, _object: &[Key], _text: &Text) {}

    /// A string with [`StringMode::Read`] or [`StringMode::ReadMessage`].
    fn string(&mut self, _path: &[Key], _text: &Text) {}

    /// The length of a part of a string with [`StringMode::Length`], in bytes before unescaping.
    fn length(&mut self, _path: &[Key], _bytes: usize) {}

    /// A number, `true`, `false` or `null`.
    fn scalar(&mut self, _path: &[Key], _text: &Text) {}

    /// A string that was not read, if it is whole in the bytes of one call of [`super::Walker::feed`]; otherwise its end.
    /// `remaining` bytes of the call are left where it starts.
    fn skipped_string(&mut self, _path: &[Key], _length: usize, _remaining: usize) {}

    /// A scalar that is whole in the bytes of one call; `remaining` bytes are left where it starts.
    fn whole_scalar(&mut self, _path: &[Key], _text: &[u8], _remaining: usize) {}

    /// A container began.
    fn opened(&mut self, _path: &[Key], _container: Container) {}

    /// A container ended.
    fn closed(&mut self, _path: &[Key], _container: Container) {}

    /// A document ended.
    fn ended(&mut self) {}
}
