//! Reads an answer as it passes: its usage, its model, its error, and whether it is complete.
//!
//! One pass over the bytes: neither lines nor bodies are kept, so an event of many megabytes needs no more memory than a
//! short one. Bytes that cannot be parsed are skipped and counted.

mod answer_reader;
mod compressed;
mod counts;
mod error;
mod plain;
mod sse;
mod template;
#[cfg(test)]
mod tests;
mod turn;
mod usage;

use crate::protocols::Protocol;

use self::{compressed::CompressedTap, plain::PlainTap};
use crate::tokens::{MediaCounts, Tokens};

pub use turn::TurnTap;

/// The usage and the end of an answer, as observed by a tap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// The reported tokens; `None` when the answer has no usage.
    pub tokens: Option<Tokens>,
    /// The model that answered, as the answer names it.
    pub served_model: Option<String>,
    /// The service tier that served the request, as the answer names it: up to 32 printable characters. `fast` for
    /// Anthropic's fast mode.
    pub service_tier: Option<String>,
    /// The error code of the provider or the engine, in the body or in the stream.
    pub error_code: Option<String>,
    /// The message of the first error that has one: up to 2 KiB, as it was sent.
    pub error_message: Option<String>,
    /// Whether the protocol's end of an answer was read.
    pub ended: bool,
    /// Bytes of text that the model wrote, as escaped in JSON; for estimates.
    pub text_bytes: u64,
    /// The images in the answer, and the seconds of the ordered video that it repeats.
    pub media: MediaCounts,
    /// Bytes of images and sounds that the model made, or of their URLs.
    pub media_bytes: u64,
    /// Bytes of text and media after the last document with counts.
    pub uncounted_bytes: u64,
    /// Bytes of the answer, decompressed, as far as that was possible.
    pub body_bytes: u64,
    /// Compressed bytes that could not be decompressed.
    pub undecoded_bytes: u64,
}

/// Reads one answer.
#[derive(Debug)]
pub struct Tap {
    source: Source,
    /// As received, compressed or not.
    bytes: u64,
}

#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "the usual one is large, and not allocated apart for each request"
)]
enum Source {
    Plain(PlainTap),
    /// Boxed because it is rare and large.
    Compressed(Box<CompressedTap>),
    /// In an unsupported content encoding.
    Unsupported,
}

impl Tap {
    /// For an answer with these headers; an absent header is an empty string.
    pub fn new(protocol: Protocol, content_type: &str, content_encoding: &str) -> Self {
        let plain = PlainTap::new(protocol, content_type);
        let coding = content_encoding.trim();
        let source = if coding.is_empty() || coding.eq_ignore_ascii_case("identity") {
            Source::Plain(plain)
        } else if let Some(compressed) = CompressedTap::new(coding, plain) {
            Source::Compressed(Box::new(compressed))
        } else {
            Source::Unsupported
        };
        Self { source, bytes: 0 }
    }

    /// The answer is an error, whatever its documents look like.
    #[must_use]
    pub fn of_error(mut self) -> Self {
        match &mut self.source {
            Source::Plain(plain) => plain.expect_error(),
            Source::Compressed(compressed) => {
                if let Some(plain) = compressed.plain_mut() {
                    plain.expect_error();
                }
            }
            Source::Unsupported => {}
        }
        self
    }

    /// Reads the next bytes of the answer.
    pub fn observe(&mut self, bytes: &[u8]) {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        match &mut self.source {
            Source::Plain(plain) => plain.feed(bytes),
            Source::Compressed(compressed) => compressed.feed(bytes),
            Source::Unsupported => {}
        }
    }

    /// Whether a server-sent event may be appended here. False for all answers but streams of events.
    pub fn is_between_events(&self) -> bool {
        match &self.source {
            Source::Plain(plain) => plain.is_between_events(),
            Source::Compressed(_) | Source::Unsupported => false,
        }
    }

    /// Whether the answer is a stream of server-sent events, whatever its content type.
    pub fn is_events(&self) -> bool {
        self.plain().is_some_and(PlainTap::is_events)
    }

    /// Whether the protocol's end of an answer was read.
    pub fn has_ended(&self) -> bool {
        self.plain().is_some_and(|plain| plain.observation().ended)
    }

    /// Whether the answer has reported an error.
    pub fn has_failed(&self) -> bool {
        self.plain()
            .is_some_and(|plain| plain.observation().error_code.is_some())
    }

    /// Whether the protocol's end and the usage were read.
    pub fn is_complete(&self) -> bool {
        self.has_ended() && self.plain().is_some_and(|plain| plain.tokens().is_some())
    }

    /// The observation so far.
    pub fn snapshot(&self) -> Observation {
        let seen = self.plain().map(|plain| Observation {
            tokens: plain.tokens(),
            ..plain.observation().clone()
        });
        self.with_bytes(seen)
    }

    /// Ends the answer.
    pub fn finish(mut self) -> Observation {
        let seen = match &mut self.source {
            Source::Plain(plain) => Some(plain.finish()),
            Source::Compressed(compressed) => compressed.plain_mut().map(PlainTap::finish),
            Source::Unsupported => None,
        };
        self.with_bytes(seen)
    }

    fn plain(&self) -> Option<&PlainTap> {
        match &self.source {
            Source::Plain(plain) => Some(plain),
            Source::Compressed(compressed) => compressed.plain(),
            Source::Unsupported => None,
        }
    }

    fn with_bytes(&self, seen: Option<Observation>) -> Observation {
        let (body_bytes, undecoded_bytes) = match &self.source {
            Source::Plain(_) => (self.bytes, 0),
            Source::Compressed(compressed) => (
                compressed.decompressed_bytes(),
                compressed.undecoded_bytes(),
            ),
            Source::Unsupported => (0, self.bytes),
        };
        Observation {
            body_bytes,
            undecoded_bytes,
            ..seen.unwrap_or_default()
        }
    }
}
