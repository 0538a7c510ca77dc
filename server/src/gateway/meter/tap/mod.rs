//! Reads the answer over its shoulder: what it used, who served it, whether it came to its end.
//!
//! One walk over the bytes, whatever their number: no line and no body is kept, so an event of many
//! megabytes costs no more memory than a short one. What cannot be read is passed over.

mod anthropic;
mod error;
mod fact;
mod gemini;
mod openai;
mod reader;
mod sse;
#[cfg(test)]
mod tests;
mod turn;
mod usage;

use entity::request::Protocol;

use self::reader::Reader;
use self::sse::Events;
use super::json::Walker;
use crate::domain::tokens::Tokens;

pub(in crate::gateway) use turn::TurnTap;

/// What was learnt from an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::gateway) struct Observation {
    /// What the answer says it used; `None` when it did not say.
    pub tokens: Option<Tokens>,
    /// The model that the answer says it came from.
    pub served_model: Option<String>,
    /// The provider's or the engine's code of an error, in the body or in the stream.
    pub error_code: Option<String>,
    /// Whether the protocol's own end of an answer was seen.
    pub ended: bool,
    /// Bytes of text that the model wrote, as written in JSON: a base for an estimate, not for a bill.
    pub text_bytes: u64,
}

/// Reads one answer.
#[derive(Debug)]
pub(in crate::gateway) struct Tap {
    framing: Framing,
    walker: Walker,
    reader: Reader,
}

/// How documents follow each other in an answer.
#[derive(Clone, Debug)]
enum Framing {
    Events(Events),
    /// One document is the whole answer.
    Document,
    /// Documents without anything between them, as Gemini streams without `alt=sse`.
    Documents,
    /// Nothing that can be read.
    Opaque,
}

impl Tap {
    /// For an answer with these headers; empty when it has none.
    pub(in crate::gateway) fn new(
        protocol: Protocol,
        content_type: &str,
        content_encoding: &str,
    ) -> Self {
        let framing = Framing::choose(content_type, content_encoding);
        let mut reader = Reader::new(protocol);
        if matches!(framing, Framing::Document) {
            reader = reader.ending_with_document();
        }
        Self {
            framing,
            walker: Walker::default(),
            reader,
        }
    }

    /// Reads some more of the answer.
    pub(in crate::gateway) fn observe(&mut self, bytes: &[u8]) {
        match &mut self.framing {
            Framing::Events(events) => events.feed(bytes, &mut self.walker, &mut self.reader),
            Framing::Document | Framing::Documents => self.walker.feed(bytes, &mut self.reader),
            Framing::Opaque => {}
        }
    }

    /// Whether an event of ours may be appended: always false but between server-sent events.
    pub(in crate::gateway) fn is_between_events(&self) -> bool {
        match &self.framing {
            Framing::Events(events) => events.is_between(),
            Framing::Document | Framing::Documents | Framing::Opaque => false,
        }
    }

    /// Whether the protocol's own end was seen, and what the answer used is told.
    pub(in crate::gateway) fn has_ended(&self) -> bool {
        self.reader.observation().ended && self.reader.tokens().is_some()
    }

    /// What was learnt so far.
    pub(in crate::gateway) fn so_far(&self) -> Observation {
        Observation {
            tokens: self.reader.tokens(),
            ..self.reader.observation().clone()
        }
    }

    /// All that was learnt.
    pub(in crate::gateway) fn finish(mut self) -> Observation {
        self.reader.take()
    }
}

impl Framing {
    fn choose(content_type: &str, content_encoding: &str) -> Self {
        let encoding = content_encoding.trim();
        let kind = content_type.trim().to_ascii_lowercase();
        if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
            Self::Opaque
        } else if kind.starts_with("text/event-stream") {
            Self::Events(Events::default())
        } else if kind.starts_with("text/plain") {
            Self::Documents
        } else {
            Self::Document
        }
    }
}
