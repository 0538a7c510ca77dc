//! Uncompressed answers: detects how documents are framed, and reads them.

use crate::Protocol;

use super::Observation;
use super::reader::Reader;
use super::sse::Events;
use crate::json::Walker;
use crate::tokens::Tokens;

/// The mark that some servers put before the first byte.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads one answer.
#[derive(Debug)]
pub(super) struct Plain {
    framing: Framing,
    walker: Walker,
    reader: Reader,
}

/// How documents follow each other in an answer.
#[derive(Clone, Debug)]
enum Framing {
    /// Not detected yet. So many bytes of the byte order mark were seen.
    Open {
        label: Label,
        mark: usize,
    },
    Events(Events),
    /// One document is the whole answer, unless others follow it.
    Document,
    /// Documents without anything between them, as Gemini streams without `alt=sse`.
    Documents,
}

/// What the content type says. Some servers send a wrong one, so the first byte decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Events,
    Text,
    Other,
}

impl Plain {
    /// For an answer with this content type; empty when it has none.
    pub(super) fn new(protocol: Protocol, content_type: &str) -> Self {
        let label = Label::of(content_type);
        Self {
            framing: Framing::Open { label, mark: 0 },
            walker: Walker::default(),
            reader: Reader::new(protocol),
        }
    }

    /// Reads some more of the answer.
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

    /// Whether an event of ours may be appended: always false but between server-sent events.
    pub(super) fn is_between_events(&self) -> bool {
        match &self.framing {
            Framing::Open { label, .. } => *label == Label::Events,
            Framing::Events(events) => events.is_between(),
            Framing::Document | Framing::Documents => false,
        }
    }

    /// Whether the answer is a stream of events, whatever its label says.
    pub(super) fn is_events(&self) -> bool {
        matches!(self.framing, Framing::Events(_))
    }

    /// What was learnt, but for the tokens.
    pub(super) fn observation(&self) -> &Observation {
        self.reader.observation()
    }

    /// What was used, as far as it is told.
    pub(super) fn tokens(&self) -> Option<Tokens> {
        self.reader.tokens()
    }

    /// All that was learnt.
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
