//! Server-sent events: which bytes of a stream are data.

use memchr::memchr2;

use super::reader::Reader;
use crate::json::Walker;

const FIELD: &[u8] = b"data:";

/// The data with which OpenAI's streams end.
const DONE: &[u8] = b"[DONE]";

/// Where in a line the stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// So many bytes are those of `data:`.
    Field(usize),
    /// In the data, of which so many bytes are those of `[DONE]`.
    Data(usize),
    /// In the data of a document.
    Document,
    /// In a comment or another field.
    Skipped,
}

/// Splits a stream into lines, and hands data to a walker as it comes.
#[derive(Clone, Debug)]
pub(super) struct Events {
    line: Line,
    /// Whether no line came since the last blank one.
    is_between: bool,
    /// Whether the last line ended with a carriage return, which a line feed may follow.
    after_return: bool,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            line: Line::Field(0),
            is_between: true,
            after_return: false,
        }
    }
}

impl Events {
    pub(super) fn feed(&mut self, bytes: &[u8], walker: &mut Walker, reader: &mut Reader) {
        let mut rest = bytes;
        while let Some(first) = rest.first() {
            if std::mem::take(&mut self.after_return) && *first == b'\n' {
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            // A line ends with a line feed, a carriage return or both.
            let Some(end) = memchr2(b'\n', b'\r', rest) else {
                self.part(rest, walker, reader);
                return;
            };
            self.part(rest.get(..end).unwrap_or_default(), walker, reader);
            self.end_line(walker);
            self.after_return = rest.get(end) == Some(&b'\r');
            rest = rest.get(end + 1..).unwrap_or_default();
        }
    }

    /// Whether the stream stands after a blank line, or at its start.
    pub(super) fn is_between(&self) -> bool {
        self.is_between && self.line == Line::Field(0)
    }

    /// Reads on within a line.
    fn part(&mut self, bytes: &[u8], walker: &mut Walker, reader: &mut Reader) {
        let mut rest = bytes;
        while let Some(byte) = rest.first().copied() {
            match self.line {
                Line::Field(seen) => self.line = field(seen, byte),
                Line::Data(seen) => {
                    self.line = data(seen, byte, reader);
                    if self.line == Line::Document {
                        walker.feed(DONE.get(..seen).unwrap_or_default(), reader);
                        continue;
                    }
                }
                Line::Document => {
                    walker.feed(rest, reader);
                    return;
                }
                Line::Skipped => return,
            }
            rest = rest.get(1..).unwrap_or_default();
        }
    }

    /// An event may have its data on several lines; a blank line ends it.
    fn end_line(&mut self, walker: &mut Walker) {
        self.is_between = self.is_blank();
        if self.is_between {
            walker.restart();
        }
        self.line = Line::Field(0);
    }

    fn is_blank(&self) -> bool {
        self.line == Line::Field(0)
    }
}

fn field(seen: usize, byte: u8) -> Line {
    if FIELD.get(seen) != Some(&byte) {
        Line::Skipped
    } else if seen + 1 == FIELD.len() {
        Line::Data(0)
    } else {
        Line::Field(seen + 1)
    }
}

/// Tells `[DONE]` from the start of a document.
fn data(seen: usize, byte: u8, reader: &mut Reader) -> Line {
    if seen == 0 && byte == b' ' {
        return Line::Data(0);
    }
    if DONE.get(seen) != Some(&byte) {
        return Line::Document;
    }
    if seen + 1 < DONE.len() {
        return Line::Data(seen + 1);
    }
    reader.end();
    Line::Skipped
}
