//! The state machine: which byte may come next, and what it means.

use memchr::memchr2;

use super::nesting::Nesting;
use super::path::{Key, Path};
use super::sink::{Container, Sink, Want};
use super::text::Text;

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
    /// The bytes are not JSON; nothing more is told.
    Broken,
}

/// Walks along the bytes of one JSON document after the other.
///
/// Lenient where readers agree on the meaning: control characters and bytes that are not UTF-8 in
/// strings, `NaN` and `Infinity`. Strict about all structure.
#[derive(Clone, Debug, Default)]
pub(in crate::gateway::meter) struct Walker {
    state: State,
    nesting: Nesting,
    path: Path,
    text: Text,
    want: Want,
    is_escaped: bool,
}

impl Walker {
    /// Walks over some more bytes.
    pub(in crate::gateway::meter) fn feed(&mut self, bytes: &[u8], sink: &mut impl Sink) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = match self.state {
                State::Key => self.key(rest, sink),
                State::String if self.want == Want::Text => self.string(rest, sink),
                State::String => self.skim(rest, sink),
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

    /// Forgets the document, whatever state it is in.
    pub(in crate::gateway::meter) fn restart(&mut self) {
        self.state = State::Start;
        self.nesting = Nesting::default();
        self.path = Path::default();
        self.is_escaped = false;
    }

    /// Whether nothing but blanks was seen since the last restart.
    pub(in crate::gateway::meter) fn is_fresh(&self) -> bool {
        self.state == State::Start
    }

    /// Whether the last document is complete.
    pub(in crate::gateway::meter) fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// Whether the bytes are no JSON.
    pub(in crate::gateway::meter) fn is_broken(&self) -> bool {
        self.state == State::Broken
    }

    fn structure(&mut self, bytes: &[u8], sink: &mut impl Sink) -> usize {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        let blanks = bytes.iter().take_while(|byte| blank(byte)).count();
        let Some(byte) = bytes.get(blanks).copied() else {
            return blanks;
        };
        match (self.state, byte) {
            (State::FirstKey | State::NextKey, b'"') => self.start_text(State::Key),
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

    /// Starts a value with its first byte; says how many bytes it took.
    fn value(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        match byte {
            b'{' => self.open(Container::Object, sink),
            b'[' => self.open(Container::Array, sink),
            b'"' => {
                self.want = sink.want(self.path.keys());
                self.start_text(State::String);
            }
            b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                self.start_text(State::Scalar);
                return 0;
            }
            _ => self.state = State::Broken,
        }
        1
    }

    fn start_text(&mut self, state: State) {
        self.text.clear();
        self.is_escaped = false;
        self.state = state;
    }

    fn open(&mut self, container: Container, sink: &mut impl Sink) {
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

    fn close(&mut self, container: Container, sink: &mut impl Sink) {
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

    fn end_value(&mut self, sink: &mut impl Sink) {
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

    fn key(&mut self, bytes: &[u8], sink: &mut impl Sink) -> usize {
        if !self.path.is_tracked() {
            let (used, ended) = self.skip(bytes);
            if ended {
                self.state = State::Colon;
            }
            return used;
        }
        let progress = self.text.read(bytes);
        if progress.ended {
            sink.key(self.path.object(), &self.text);
            self.path.replace(Key::of(&self.text));
            self.state = State::Colon;
        }
        progress.used
    }

    fn string(&mut self, bytes: &[u8], sink: &mut impl Sink) -> usize {
        let progress = self.text.read(bytes);
        if progress.ended {
            sink.string(self.path.keys(), &self.text);
            self.end_value(sink);
        }
        progress.used
    }

    /// Passes over a string that nobody wants to read.
    fn skim(&mut self, bytes: &[u8], sink: &mut impl Sink) -> usize {
        let (used, ended) = self.skip(bytes);
        if self.want == Want::Length {
            sink.length(self.path.keys(), used - usize::from(ended));
        }
        if ended {
            self.end_value(sink);
        }
        used
    }

    /// Bytes up to and with the next quote or backslash, and whether the string ended there.
    fn skip(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut used = usize::from(self.is_escaped);
        self.is_escaped = false;
        while let Some(stop) = memchr2(b'"', b'\\', bytes.get(used..).unwrap_or_default()) {
            used += stop + 1;
            if bytes.get(used - 1) == Some(&b'"') {
                return (used, true);
            }
            if used == bytes.len() {
                self.is_escaped = true;
                return (used, false);
            }
            used += 1;
        }
        (bytes.len(), false)
    }

    fn scalar(&mut self, bytes: &[u8], sink: &mut impl Sink) -> usize {
        let part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'+' | b'.');
        let length = bytes.iter().take_while(|byte| part(byte)).count();
        self.text.plain(bytes.get(..length).unwrap_or_default());
        if length < bytes.len() {
            self.end_scalar(sink);
        }
        length
    }

    fn end_scalar(&mut self, sink: &mut impl Sink) {
        if is_scalar(&self.text) {
            sink.scalar(self.path.keys(), &self.text);
            self.end_value(sink);
        } else {
            self.state = State::Broken;
        }
    }
}

/// Whether the text is a literal, or looks like a number to every reader. What is too long to be kept
/// is a number, or nothing.
fn is_scalar(text: &Text) -> bool {
    let Some(bytes) = text.whole() else {
        return false;
    };
    match bytes {
        b"true" | b"false" | b"null" | b"NaN" | b"Infinity" | b"-Infinity" => true,
        [b'-' | b'0'..=b'9', rest @ ..] => rest
            .iter()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')),
        _ => false,
    }
}
