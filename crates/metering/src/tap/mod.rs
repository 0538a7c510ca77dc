//! Reads the answer over its shoulder: what it used, who served it, whether it came to its end.
//!
//! One walk over the bytes, whatever their number: no line and no body is kept, so an event of many
//! megabytes costs no more memory than a short one. What cannot be read is passed over, and counted in bytes.

mod anthropic;
mod coded;
mod counts;
mod error;
mod field_kind;
mod gemini;
mod openai;
mod plain;
mod reader;
mod sse;
#[cfg(test)]
mod tests;
mod turn;
mod usage;

use crate::Protocol;

use self::{coded::Coded, plain::Plain};
use crate::tokens::Tokens;

pub use turn::TurnTap;

/// What was learnt from an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observation {
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
    /// Bytes of images and sounds that the model made, or of their addresses.
    pub media_bytes: u64,
    /// Of both, those after the document that last told counts.
    pub uncounted_bytes: u64,
    /// Bytes of the whole answer, as far as it could be read.
    pub body_bytes: u64,
    /// Bytes of the answer that are compressed and could not be opened.
    pub sealed_bytes: u64,
}

/// Reads one answer.
#[derive(Debug)]
pub struct Tap {
    source: Source,
    /// Seen on the wire.
    bytes: u64,
}

#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "the usual one is large, and not allocated apart for each request"
)]
enum Source {
    Plain(Plain),
    /// Rare and large.
    Coded(Box<Coded>),
    /// Compressed in a way that we do not know.
    Sealed,
}

impl Tap {
    /// For an answer with these headers; empty when it has none.
    pub fn new(protocol: Protocol, content_type: &str, content_encoding: &str) -> Self {
        let plain = Plain::new(protocol, content_type);
        let coding = content_encoding.trim();
        let source = if coding.is_empty() || coding.eq_ignore_ascii_case("identity") {
            Source::Plain(plain)
        } else if let Some(coded) = Coded::new(coding, plain) {
            Source::Coded(Box::new(coded))
        } else {
            Source::Sealed
        };
        Self { source, bytes: 0 }
    }

    /// Reads some more of the answer.
    pub fn observe(&mut self, bytes: &[u8]) {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        match &mut self.source {
            Source::Plain(plain) => plain.feed(bytes),
            Source::Coded(coded) => coded.feed(bytes),
            Source::Sealed => {}
        }
    }

    /// Whether an event of ours may be appended: always false but between server-sent events.
    pub fn is_between_events(&self) -> bool {
        match &self.source {
            Source::Plain(plain) => plain.is_between_events(),
            Source::Coded(_) | Source::Sealed => false,
        }
    }

    /// Whether the answer is a stream of events.
    pub fn is_events(&self) -> bool {
        self.plain().is_some_and(Plain::is_events)
    }

    /// Whether the protocol's own end was seen.
    pub fn has_ended(&self) -> bool {
        self.plain().is_some_and(|plain| plain.observation().ended)
    }

    /// Whether an error was seen in the answer.
    pub fn has_failed(&self) -> bool {
        self.plain()
            .is_some_and(|plain| plain.observation().error_code.is_some())
    }

    /// Whether the protocol's own end was seen, and what the answer used is told.
    pub fn is_complete(&self) -> bool {
        self.has_ended() && self.plain().is_some_and(|plain| plain.tokens().is_some())
    }

    /// What was learnt so far.
    pub fn so_far(&self) -> Observation {
        let seen = self.plain().map(|plain| Observation {
            tokens: plain.tokens(),
            ..plain.observation().clone()
        });
        self.with_bytes(seen)
    }

    /// All that was learnt.
    pub fn finish(mut self) -> Observation {
        let seen = match &mut self.source {
            Source::Plain(plain) => Some(plain.finish()),
            Source::Coded(coded) => coded.plain_mut().map(Plain::finish),
            Source::Sealed => None,
        };
        self.with_bytes(seen)
    }

    fn plain(&self) -> Option<&Plain> {
        match &self.source {
            Source::Plain(plain) => Some(plain),
            Source::Coded(coded) => coded.plain(),
            Source::Sealed => None,
        }
    }

    fn with_bytes(&self, seen: Option<Observation>) -> Observation {
        let (body_bytes, sealed_bytes) = match &self.source {
            Source::Plain(_) => (self.bytes, 0),
            Source::Coded(coded) => (coded.opened(), coded.sealed()),
            Source::Sealed => (0, self.bytes),
        };
        Observation {
            body_bytes,
            sealed_bytes,
            ..seen.unwrap_or_default()
        }
    }
}
