//! The state machine of the JSON grammar.

use memchr::memchr2;

use super::nesting::Nesting;
use super::path::{Key, Path};
use super::scalar::{is_json_scalar, is_scalar};
use super::sink::{Container, JsonSink, StringMode};
use super::text::{MAX_MESSAGE_BYTES, MAX_TEXT_BYTES, Text};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Before a document.
    #[default]
    Start,
    Value,
    FirstElement,
    FirstKey,
    NextKey,
    Key,
    Colon,
    String,
    Scalar,
    /// After a value: a comma or the end of its container.
    Next,
    /// After a document.
    Ended,
    /// The bytes are not JSON; the sink receives no more.
    Broken,
}

/// Parses one JSON document after the other, without keeping them.
///
/// Invalid structure ends the walk. Control characters, unknown escapes, `NaN` and the like do not; a strict walker
/// reports them by [`Walker::is_malformed`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Walker {
    state: State,
    nesting: Nesting,
    path: Path,
    text: Text,
    string_mode: StringMode,
    escape: Escape,
    /// Whether skipped strings are checked too.
    is_strict: bool,
    is_malformed: bool,
}

/// The position in an escape of a skipped string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    Backslash,
    /// The number of hexadecimal digits that are missing.
    Digits(u8),
}

impl Walker {
    /// A walker that checks everything that JSON forbids: some parsers reject it, others continue.
    pub(crate) fn strict() -> Self {
        Self {
            is_strict: true,
            ..Self::default()
        }
    }

    /// Whether anything was found that JSON forbids; only a strict walker checks everything.
    pub(crate) fn is_malformed(&self) -> bool {
        self.is_malformed
    }

    /// Parses the next bytes.
    pub(crate) fn feed(&mut self, bytes: &[u8], sink: &mut impl JsonSink) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = match self.state {
                State::Key => self.key(rest, sink),
                State::String => match self.string_mode {
                    StringMode::Read | StringMode::ReadMessage => self.string(rest, sink),
                    StringMode::Skip | StringMode::Length => self.skip_string(rest, sink),
                },
                State::Scalar => self.scalar(rest, sink),
                State::Broken => return,
                State::Start
                | State::Value
                | State::FirstElement
                | State::FirstKey
                | State::NextKey
                | State::Colon
                | State::Next
                | State::Ended => self.structure(rest, sink),
            };
            rest = rest.get(used..).unwrap_or_default();
        }
    }

    /// Begins a new document, whatever the state of the current one.
    pub(crate) fn restart(&mut self) {
        self.state = State::Start;
        self.nesting = Nesting::default();
        self.path = Path::default();
        self.escape = Escape::None;
    }

    /// Whether only white space was read since the last restart.
    pub(crate) fn is_fresh(&self) -> bool {
        self.state == State::Start
    }

    /// Whether the last document is complete.
    pub(crate) fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// Whether the structure is invalid.
    pub(crate) fn is_broken(&self) -> bool {
        self.state == State::Broken
    }

    fn structure(&mut self, bytes: &[u8], sink: &mut impl JsonSink) -> usize {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        let blanks = bytes.iter().take_while(|byte| blank(byte)).count();
        let Some(byte) = bytes.get(blanks).copied() else {
            return blanks;
        };
        match (self.state, byte) {
            (State::FirstKey | State::NextKey, b'"') => {
                self.start_text(State::Key, MAX_TEXT_BYTES);
            }
            (State::Colon, b':') => self.state = State::Value,
            (State::Next, b',') => self.comma(),
            (State::FirstKey | State::Next, b'}') => self.close(Container::Object, sink),
            (State::FirstElement | State::Next, b']') => self.close(Container::Array, sink),
            (State::Start | State::Ended | State::Value | State::FirstElement, _) => {
                return blanks + self.value(byte, sink);
            }
            _ => self.state = State::Broken,
        }
        blanks + 1
    }

    /// Starts a value with its first byte; returns the number of bytes consumed.
    fn value(&mut self, byte: u8, sink: &mut impl JsonSink) -> usize {
        match byte {
            b'{' => self.open(Container::Object, sink),
            b'[' => self.open(Container::Array, sink),
            b'"' => {
                self.string_mode = sink.string_mode(self.path.keys());
                let limit = match self.string_mode {
                    StringMode::ReadMessage => MAX_MESSAGE_BYTES,
                    StringMode::Read | StringMode::Skip | StringMode::Length => MAX_TEXT_BYTES,
                };
                self.start_text(State::String, limit);
            }
            b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                self.start_text(State::Scalar, MAX_TEXT_BYTES);
                return 0;
            }
            _ => self.state = State::Broken,
        }
        1
    }

    fn start_text(&mut self, state: State, limit: usize) {
        self.text.clear(limit);
        self.escape = Escape::None;
        self.state = state;
    }

    fn open(&mut self, container: Container, sink: &mut impl JsonSink) {
        sink.opened(self.path.keys(), container);
        if !self.nesting.open(container) {
            self.state = State::Broken;
            return;
        }
        self.state = match container {
            Container::Object => State::FirstKey,
            Container::Array => State::FirstElement,
        };
        if container == Container::Object {
            self.path.enter();
        }
    }

    fn close(&mut self, container: Container, sink: &mut impl JsonSink) {
        if self.nesting.innermost() != Some(container) {
            self.state = State::Broken;
            return;
        }
        self.nesting.close();
        if container == Container::Object {
            self.path.leave();
        }
        sink.closed(self.path.keys(), container);
        self.end_value(sink);
    }

    fn end_value(&mut self, sink: &mut impl JsonSink) {
        if self.nesting.innermost().is_some() {
            self.state = State::Next;
        } else {
            self.state = State::Ended;
            sink.ended();
        }
    }

    fn comma(&mut self) {
        self.state = match self.nesting.innermost() {
            Some(Container::Object) => State::NextKey,
            Some(Container::Array) => State::Value,
            None => State::Broken,
        };
    }

    fn key(&mut self, bytes: &[u8], sink: &mut impl JsonSink) -> usize {
        if !self.path.is_tracked() {
            let (used, ended) = self.skip(bytes);
            if ended {
                self.state = State::Colon;
            }
            return used;
        }
        let progress = self.text.read(bytes);
        if progress.ended {
            self.is_malformed |= self.text.is_malformed();
            sink.key(self.path.object(), &self.text);
            self.path.replace(Key::of(&self.text));
            self.state = State::Colon;
        }
        progress.used
    }

    fn string(&mut self, bytes: &[u8], sink: &mut impl JsonSink) -> usize {
        let progress = self.text.read(bytes);
        if progress.ended {
            self.is_malformed |= self.text.is_malformed();
            sink.string(self.path.keys(), &self.text);
            self.end_value(sink);
        }
        progress.used
    }

    /// Skips a string, or reports its length.
    fn skip_string(&mut self, bytes: &[u8], sink: &mut impl JsonSink) -> usize {
        let (used, ended) = self.skip(bytes);
        if self.string_mode == StringMode::Length {
            sink.length(self.path.keys(), used - usize::from(ended));
        }
        if ended {
            sink.skipped_string(self.path.keys(), used - 1, bytes.len());
            self.end_value(sink);
        }
        used
    }

    /// Returns the number of bytes up to and including the closing quote, and whether it was found.
    fn skip(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut used = 0;
        loop {
            used += self.skip_escape(bytes.get(used..).unwrap_or_default());
            let rest = bytes.get(used..).unwrap_or_default();
            let stop = memchr2(b'"', b'\\', rest);
            let plain = rest.get(..stop.unwrap_or(rest.len())).unwrap_or_default();
            if self.is_strict {
                // The minimum instead of a search: without an early exit it is vectorised.
                self.is_malformed |= plain.iter().fold(b' ', |least, byte| least.min(*byte)) < b' ';
            }
            let Some(stop) = stop else {
                return (bytes.len(), false);
            };
            used += stop + 1;
            if rest.get(stop) == Some(&b'"') {
                return (used, true);
            }
            self.escape = Escape::Backslash;
        }
    }

    /// Returns the number of bytes of an open escape. One without its digits does not escape a quote: for most parsers only
    /// the byte after a backslash is special.
    fn skip_escape(&mut self, bytes: &[u8]) -> usize {
        let mut used = 0;
        while self.escape != Escape::None
            && let Some(byte) = bytes.get(used)
        {
            self.escape = match (self.escape, byte) {
                (Escape::Backslash, b'u') => Escape::Digits(4),
                (Escape::Digits(1), digit) if digit.is_ascii_hexdigit() => Escape::None,
                (Escape::Digits(due), digit) if digit.is_ascii_hexdigit() => {
                    Escape::Digits(due - 1)
                }
                (Escape::Digits(_), _) => {
                    self.is_malformed = true;
                    self.escape = Escape::None;
                    return used;
                }
                (_, byte) => {
                    self.is_malformed |= !b"\"\\/bfnrt".contains(byte);
                    Escape::None
                }
            };
            used += 1;
        }
        used
    }

    fn scalar(&mut self, bytes: &[u8], sink: &mut impl JsonSink) -> usize {
        let part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'+' | b'.');
        let length = bytes.iter().take_while(|byte| part(byte)).count();
        let text = bytes.get(..length).unwrap_or_default();
        let is_start = self.text.is_empty();
        self.text.plain(text);
        if length < bytes.len() {
            if is_start {
                sink.whole_scalar(self.path.keys(), text, bytes.len());
            }
            self.end_scalar(sink);
        }
        length
    }

    fn end_scalar(&mut self, sink: &mut impl JsonSink) {
        if is_scalar(&self.text) {
            self.is_malformed |= self.is_strict && !is_json_scalar(&self.text);
            sink.scalar(self.path.keys(), &self.text);
            self.end_value(sink);
        } else {
            self.state = State::Broken;
        }
    }
}
