//! Finds the data in a stream of server-sent events.

use memchr::memchr2;

use super::answer_reader::AnswerReader;
use super::template::Recognizer;
use crate::json::Walker;

const FIELD: &[u8] = b"data:";

/// The last data of OpenAI's streams.
const DONE: &[u8] = b"[DONE]";

/// The position in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// After this many bytes of `data:`.
    Field(usize),
    /// In the data, after this many bytes of `[DONE]`.
    Data(usize),
    /// In the data of a document.
    Document,
    /// In a comment or another field.
    Skipped,
}

/// Splits a stream into lines and feeds their data to a walker as it arrives.
#[derive(Clone, Debug)]
pub(super) struct Events {
    line: Line,
    /// Whether the last line was blank.
    is_between: bool,
    /// Whether the last line ended with a carriage return: a line feed after it is part of the line end.
    after_return: bool,
    recognizer: Recognizer,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            line: Line::Field(0),
            is_between: true,
            after_return: false,
            recognizer: Recognizer::default(),
        }
    }
}

impl Events {
    pub(super) fn feed(&mut self, bytes: &[u8], walker: &mut Walker, reader: &mut AnswerReader) {
        // An event that started in earlier bytes is not whole in these.
        self.recognizer.spoil();
        let mut at = 0;
        while let Some(rest) = bytes.get(at..)
            && let Some(first) = rest.first()
        {
            if std::mem::take(&mut self.after_return) && *first == b'\n' {
                at += 1;
                continue;
            }
            if self.is_between() && walker.is_fresh() {
                if let Some(length) = self.recognizer.recognize(rest, reader) {
                    at += length;
                    self.after_return = bytes.get(at - 1) == Some(&b'\r');
                    continue;
                }
                self.recognizer.begin(at, reader);
            }
            // A line ends with a line feed, a carriage return or both.
            let Some(end) = memchr2(b'\n', b'\r', rest) else {
                self.recognizer.spoil();
                self.part(rest, walker, reader);
                return;
            };
            self.recognizer.line_ends(at + end);
            self.part(rest.get(..end).unwrap_or_default(), walker, reader);
            self.end_line(walker);
            self.after_return = rest.get(end) == Some(&b'\r');
            at += end + 1;
            if self.is_between {
                self.recognizer.end(bytes, at, reader);
            }
        }
    }

    /// Whether the position is after a blank line or at the start.
    pub(super) fn is_between(&self) -> bool {
        self.is_between && self.line == Line::Field(0)
    }

    /// Reads bytes within a line.
    fn part(&mut self, bytes: &[u8], walker: &mut Walker, reader: &mut AnswerReader) {
        let mut rest = bytes;
        while let Some(byte) = rest.first().copied() {
            match self.line {
                Line::Field(seen) => self.line = field(seen, byte),
                Line::Data(seen) => {
                    self.line = data(seen, byte, reader);
                    if self.line == Line::Document {
                        if seen > 0 {
                            self.recognizer.spoil();
                        }
                        walker.feed(DONE.get(..seen).unwrap_or_default(), reader);
                        continue;
                    }
                }
                Line::Document => {
                    match self.recognizer.recorder(reader) {
                        Some(mut recorder) => walker.feed(rest, &mut recorder),
                        None => walker.feed(rest, reader),
                    }
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

/// Distinguishes `[DONE]` from the start of a document.
fn data(seen: usize, byte: u8, reader: &mut AnswerReader) -> Line {
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
