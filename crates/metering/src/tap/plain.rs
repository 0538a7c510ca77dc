//! Uncompressed answers: detects how documents are framed, and reads them.

use crate::protocols::Protocol;

use super::Observation;
use super::answer_reader::AnswerReader;
use super::sse::Events;
use crate::json::Walker;
use crate::tokens::Tokens;

/// Some servers send it before the first byte.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads one uncompressed answer.
#[derive(Debug)]
pub(super) struct PlainTap {
    framing: Framing,
    walker: Walker,
    reader: AnswerReader,
}

/// How documents are separated in an answer.
#[derive(Clone, Debug)]
enum Framing {
    /// Not detected yet; `mark` counts the bytes of the byte order mark that were read.
    Open {
        label: Label,
        mark: usize,
    },
    Events(Events),
    /// A single document is the answer, unless others follow.
    Document,
    /// Documents without separators: Gemini's streams without `alt=sse`.
    Documents,
}

/// The declared content type. Some servers send a wrong one, so the first byte decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Events,
    Text,
    Other,
}

impl PlainTap {
    /// An absent content type is an empty string.
    pub(super) fn new(protocol: Protocol, content_type: &str) -> Self {
        let label = Label::of(content_type);
        Self {
            framing: Framing::Open { label, mark: 0 },
            walker: Walker::default(),
            reader: AnswerReader::new(protocol),
        }
    }

    /// The answer is an error.
    pub(super) fn expect_error(&mut self) {
        self.reader.expect_error();
    }

    /// Reads the next bytes of the answer.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        let rest = match self.framing {
            Framing::Open { label, mark } => self.begin(label, mark, bytes),
            Framing::Events(_) | Framing::Document | Framing::Documents => bytes,
        };
        match &mut self.framing {
            Framing::Events(events) => events.feed(rest, &mut self.walker, &mut self.reader),
            Framing::Document | Framing::Documents => self.walker.feed(rest, &mut self.reader),
            Framing::Open { .. } => {}
        }
    }

    /// Skips a byte order mark and blanks, and detects the framing by the first other byte.
    fn begin<'a>(&mut self, label: Label, mut mark: usize, bytes: &'a [u8]) -> &'a [u8] {
        let mut rest = bytes;
        while let Some((first, tail)) = rest.split_first() {
            if BYTE_ORDER_MARK.get(mark) == Some(first) {
                mark += 1;
            } else if first.is_ascii_whitespace() {
                mark = BYTE_ORDER_MARK.len();
            } else {
                self.framing = self.choose(label, *first);
                return rest;
            }
            rest = tail;
        }
        self.framing = Framing::Open { label, mark };
        rest
    }

    fn choose(&mut self, label: Label, first: u8) -> Framing {
        if !matches!(first, b'{' | b'[') {
            return Framing::Events(Events::default());
        }
        if label == Label::Text {
            return Framing::Documents;
        }
        self.reader.end_with_document();
        Framing::Document
    }

    /// Whether a server-sent event may be appended here.
    pub(super) fn is_between_events(&self) -> bool {
        match &self.framing {
            Framing::Open { label, .. } => *label == Label::Events,
            Framing::Events(events) => events.is_between(),
            Framing::Document | Framing::Documents => false,
        }
    }

    /// Whether the answer is a stream of server-sent events, whatever its content type.
    pub(super) fn is_events(&self) -> bool {
        matches!(self.framing, Framing::Events(_))
    }

    /// All but the tokens.
    pub(super) fn observation(&self) -> &Observation {
        self.reader.observation()
    }

    /// The tokens, as far as they are reported.
    pub(super) fn tokens(&self) -> Option<Tokens> {
        self.reader.tokens()
    }

    pub(super) fn finish(&mut self) -> Observation {
        self.reader.take()
    }
}

impl Label {
    fn of(content_type: &str) -> Self {
        let kind = content_type.trim_start();
        let is = |name: &str| {
            let start = kind.as_bytes().get(..name.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
        };
        if is("text/event-stream") {
            Self::Events
        } else if is("text/plain") {
            Self::Text
        } else {
            Self::Other
        }
    }
}
