//! Finds the model that a request asks for, and how much it may be answered, while its body streams by.
//!
//! A limit is only as good as the agreement between what is read here and what the engine and the provider
//! read. The engine takes the first top-level `"model"`; some providers take the last, some ignore case. So a
//! body that could be read in two ways is [`Verdict::Ambiguous`], and stays under watch after the model was
//! found: the verdict may still turn while the body is being sent.

mod bound;
mod fields;
mod form;
mod json;
mod multipart;
mod parameters;
#[cfg(test)]
mod tests;
mod zstd;

use http::HeaderMap;

pub use self::bound::{Bound, BoundForm};
use self::fields::FieldsScanner;
pub use self::form::{BodyForm, BodyKind, FormError};
use self::json::JsonScanner;
use self::multipart::MultipartScanner;
pub use self::zstd::OpenError;
use self::zstd::ZstdScanner;

/// The longest name of a model that is believed, in bytes.
const LONGEST_MODEL: usize = 512;

/// What is known about the model of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanResult {
    /// Not seen yet.
    NeedMore,
    /// This one; without blanks around it, and never empty.
    Found(String),
    /// The body names none, or an empty one. The engine refuses that, or takes a default.
    Absent,
    /// The body is malformed, contradicts itself, or is in a form that is not understood: it is not certain
    /// which model will serve it.
    Ambiguous,
}

/// How far one turn of reading came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanStep {
    /// Bytes read.
    pub used: usize,
    /// Whether all of them were read, and all that they open to.
    pub is_done: bool,
}

impl ScanStep {
    fn done(bytes: &[u8]) -> Self {
        Self {
            used: bytes.len(),
            is_done: true,
        }
    }
}

/// Reads the body of one request.
#[derive(Debug)]
pub struct ModelScanner(Form);

#[derive(Debug)]
enum Form {
    Json(Box<JsonScanner>),
    Zstd(Box<ZstdScanner>),
    Multipart(Box<MultipartScanner>),
    Fields(FieldsScanner),
    /// A form that is not understood.
    Opaque,
}

impl ModelScanner {
    /// Picks the reader that reads as the engine does, from the headers that will be forwarded.
    pub fn for_request(kind: BodyKind, headers: &HeaderMap) -> Result<Self, FormError> {
        form::choose(kind, headers).map(Self)
    }

    /// A reader for one message of a Responses WebSocket.
    pub fn for_message(is_limited: bool) -> Self {
        Self(Form::Json(Box::new(JsonScanner::for_message(is_limited))))
    }

    /// Reads some more of the body, as it is on the wire.
    pub fn observe(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        loop {
            let step = self.observe_some(rest);
            rest = rest.get(step.used..).unwrap_or_default();
            if step.is_done {
                return;
            }
        }
    }

    /// Reads as much as one turn may: a few bytes may open to many.
    pub fn observe_some(&mut self, bytes: &[u8]) -> ScanStep {
        match &mut self.0 {
            Form::Json(scanner) => scanner.observe(bytes),
            Form::Zstd(scanner) => return scanner.observe(bytes),
            Form::Multipart(scanner) => scanner.observe(bytes),
            Form::Fields(scanner) => scanner.observe(bytes),
            Form::Opaque => {}
        }
        ScanStep::done(bytes)
    }

    /// What is known so far.
    pub fn verdict(&self) -> ScanResult {
        match &self.0 {
            Form::Json(scanner) => scanner.verdict(),
            Form::Zstd(scanner) => scanner.verdict(),
            Form::Multipart(scanner) => scanner.verdict(),
            Form::Fields(scanner) if !scanner.is_ambiguous() => ScanResult::NeedMore,
            Form::Fields(_) | Form::Opaque => ScanResult::Ambiguous,
        }
    }

    /// Whether it is certain that the model is not.
    pub fn is_ambiguous(&self) -> bool {
        match &self.0 {
            Form::Json(scanner) => scanner.is_ambiguous(),
            Form::Zstd(scanner) => scanner.is_ambiguous(),
            Form::Multipart(scanner) => scanner.is_ambiguous(),
            Form::Fields(scanner) => scanner.is_ambiguous(),
            Form::Opaque => true,
        }
    }

    /// What is known when there is no more body: never [`Verdict::NeedMore`].
    pub fn finish(&self) -> ScanResult {
        if self.error_at_end().is_some() {
            return ScanResult::Ambiguous;
        }
        if let Form::Fields(scanner) = &self.0 {
            return scanner.finish();
        }
        match self.verdict() {
            ScanResult::NeedMore if self.is_untouched() => ScanResult::Absent,
            ScanResult::NeedMore => ScanResult::Ambiguous,
            ScanResult::Found(_) if !self.is_whole() => ScanResult::Ambiguous,
            verdict @ (ScanResult::Found(_) | ScanResult::Absent | ScanResult::Ambiguous) => {
                verdict
            }
        }
    }

    /// The top-level `"type"`, if it was seen so far.
    pub fn kind(&self) -> Option<&str> {
        match &self.0 {
            Form::Json(scanner) => scanner.kind(),
            Form::Zstd(scanner) => scanner.json().kind(),
            Form::Multipart(_) | Form::Fields(_) | Form::Opaque => None,
        }
    }

    /// How much the request may be answered, as far as it was seen.
    pub fn bound(&self) -> Bound {
        match &self.0 {
            Form::Json(scanner) => scanner.bound(),
            Form::Zstd(scanner) => scanner.bound(),
            Form::Multipart(scanner) => scanner.bound(),
            Form::Fields(_) | Form::Opaque => Bound::default(),
        }
    }

    /// Whether nothing that follows can change the bound, or nothing could be read anyway.
    pub fn is_bound_known(&self) -> bool {
        match &self.0 {
            Form::Json(scanner) => scanner.is_ended() || scanner.is_broken(),
            Form::Zstd(scanner) => scanner.error().is_some(),
            Form::Multipart(_) | Form::Fields(_) | Form::Opaque => true,
        }
    }

    /// Whether the body must be read to its end before it may be forwarded: what it opens to is not what
    /// arrives.
    pub fn needs_whole(&self) -> bool {
        matches!(self.0, Form::Zstd(_))
    }

    /// What the body opens to so far, in bytes, when that is not what arrives.
    pub fn opened_bytes(&self) -> Option<u64> {
        match &self.0 {
            Form::Zstd(scanner) => Some(scanner.opened_bytes()),
            Form::Json(_) | Form::Multipart(_) | Form::Fields(_) | Form::Opaque => None,
        }
    }

    /// Why the body cannot be opened, whatever follows.
    pub fn error(&self) -> Option<OpenError> {
        match &self.0 {
            Form::Zstd(scanner) => scanner.error(),
            Form::Json(_) | Form::Multipart(_) | Form::Fields(_) | Form::Opaque => None,
        }
    }

    /// Why the body, which has ended, cannot be opened.
    pub fn error_at_end(&self) -> Option<OpenError> {
        match &self.0 {
            Form::Zstd(scanner) => scanner.error_at_end(),
            Form::Json(_) | Form::Multipart(_) | Form::Fields(_) | Form::Opaque => None,
        }
    }

    /// Whether the body is one whole document, as far as that can be told.
    pub fn is_whole(&self) -> bool {
        match &self.0 {
            Form::Json(scanner) => scanner.is_ended(),
            Form::Zstd(scanner) => scanner.error_at_end().is_none() && scanner.json().is_ended(),
            Form::Multipart(_) | Form::Fields(_) | Form::Opaque => true,
        }
    }

    /// Whether there was no body to speak of.
    fn is_untouched(&self) -> bool {
        match &self.0 {
            Form::Json(scanner) => scanner.is_untouched(),
            Form::Zstd(scanner) => scanner.is_untouched(),
            Form::Multipart(_) | Form::Fields(_) | Form::Opaque => false,
        }
    }
}
