//! Finds the model of a request and the bound of its answer while the body streams by.
//!
//! Limits hold only if this scanner, the engine and the provider read the same. The engine takes the first top-level
//! `"model"`; some providers take the last, some ignore case. A body that parsers read differently is
//! [`ScanResult::Ambiguous`]. Scanning continues after the model was found: the rest of the body may make it ambiguous.

mod bound;
mod fields;
mod form;
mod json;
mod multipart;
mod parameters;
mod requested_tier;
#[cfg(test)]
mod tests;
mod zstd;

use http::HeaderMap;

pub use self::bound::{Bound, BoundForm};
use self::fields::FieldsScanner;
pub use self::form::{BodyForm, BodyKind, FormError};
use self::json::JsonScanner;
use self::multipart::MultipartScanner;
pub use self::requested_tier::RequestedTier;
pub use self::zstd::DecompressionError;
use self::zstd::ZstdScanner;

/// The longest accepted model name, in bytes.
const MAX_MODEL_BYTES: usize = 512;

/// The model of a request, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanResult {
    /// Not found yet.
    NeedMore,
    /// Trimmed, never empty.
    Found(String),
    /// The body names no model, or an empty one. The engine rejects it or takes a default.
    Absent,
    /// The body is malformed, contradictory or in an unknown format: it is uncertain which model will serve it.
    Ambiguous,
}

/// The progress of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanStep {
    /// Bytes consumed.
    pub used: usize,
    /// Whether all bytes were consumed and all of their decompressed form was scanned.
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

/// Scans the body of one request.
#[derive(Debug)]
pub struct ModelScanner(Form);

#[derive(Debug)]
enum Form {
    Json(Box<JsonScanner>),
    Zstd(Box<ZstdScanner>),
    Multipart(Box<MultipartScanner>),
    Fields(FieldsScanner),
    /// In an unknown format.
    Opaque,
}

impl ModelScanner {
    /// Chooses the format as the engine does, from the headers that will be forwarded.
    pub fn for_request(kind: BodyKind, headers: &HeaderMap) -> Result<Self, FormError> {
        form::choose(kind, headers).map(Self)
    }

    /// For one message of a Responses WebSocket.
    pub fn for_message(is_limited: bool) -> Self {
        Self(Form::Json(Box::new(JsonScanner::for_message(is_limited))))
    }

    /// Scans the next bytes of the body, as received.
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

    /// Scans for a bounded time: a few compressed bytes may decompress to many.
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

    /// The result so far.
    pub fn verdict(&self) -> ScanResult {
        match &self.0 {
            Form::Json(scanner) => scanner.verdict(),
            Form::Zstd(scanner) => scanner.verdict(),
            Form::Multipart(scanner) => scanner.verdict(),
            Form::Fields(scanner) if !scanner.is_ambiguous() => ScanResult::NeedMore,
            Form::Fields(_) | Form::Opaque => ScanResult::Ambiguous,
        }
    }

    /// Whether the result so far is [`ScanResult::NeedMore`].
    pub fn needs_more(&self) -> bool {
        match &self.0 {
            Form::Json(scanner) => scanner.needs_more(),
            Form::Zstd(_) | Form::Multipart(_) | Form::Fields(_) | Form::Opaque => {
                self.verdict() == ScanResult::NeedMore
            }
        }
    }

    /// Whether the result is [`ScanResult::Ambiguous`], whatever follows.
    pub fn is_ambiguous(&self) -> bool {
        match &self.0 {
            Form::Json(scanner) => scanner.is_ambiguous(),
            Form::Zstd(scanner) => scanner.is_ambiguous(),
            Form::Multipart(scanner) => scanner.is_ambiguous(),
            Form::Fields(scanner) => scanner.is_ambiguous(),
            Form::Opaque => true,
        }
    }

    /// The result at the end of the body: never [`ScanResult::NeedMore`].
    pub fn finish(&self) -> ScanResult {
        if self.error_at_end().is_some() {
            return ScanResult::Ambiguous;
        }
        if let Form::Fields(scanner) = &self.0 {
            return scanner.finish();
        }
        match self.verdict() {
            ScanResult::NeedMore if self.is_blank() => ScanResult::Absent,
            ScanResult::NeedMore => ScanResult::Ambiguous,
            ScanResult::Found(_) if !self.is_whole() => ScanResult::Ambiguous,
            verdict @ (ScanResult::Found(_) | ScanResult::Absent | ScanResult::Ambiguous) => {
                verdict
            }
        }
    }

    /// The top-level `"type"`, if it was found so far.
    pub fn kind(&self) -> Option<&str> {
        match &self.0 {
            Form::Json(scanner) => scanner.kind(),
            Form::Zstd(scanner) => scanner.json().kind(),
            Form::Multipart(_) | Form::Fields(_) | Form::Opaque => None,
        }
    }

    /// The bound of the answer, as far as it was found.
    pub fn bound(&self) -> Bound {
        match &self.0 {
            Form::Json(scanner) => scanner.bound(),
            Form::Zstd(scanner) => scanner.bound(),
            Form::Multipart(scanner) => scanner.bound(),
            Form::Fields(_) | Form::Opaque => Bound::default(),
        }
    }

    /// The service tier that the request asks for, as far as it was found. Forms name none.
    pub fn requested_tier(&self) -> RequestedTier {
        match &self.0 {
            Form::Json(scanner) => scanner.requested_tier().clone(),
            Form::Zstd(scanner) => scanner.json().requested_tier().clone(),
            Form::Multipart(_) | Form::Fields(_) | Form::Opaque => RequestedTier::default(),
        }
    }

    /// Whether the rest of the body cannot change the bound or the service tier, or cannot be read.
    pub fn is_bound_known(&self) -> bool {
        match &self.0 {
            Form::Json(scanner) => scanner.is_ended() || scanner.is_broken(),
            Form::Zstd(scanner) => scanner.error().is_some(),
            Form::Multipart(_) | Form::Fields(_) | Form::Opaque => true,
        }
    }

    /// Whether the body must be read to its end before it is forwarded, because it is compressed.
    pub fn needs_whole(&self) -> bool {
        matches!(self.0, Form::Zstd(_))
    }

    /// The decompressed size so far, in bytes; `None` for uncompressed bodies.
    pub fn decompressed_bytes(&self) -> Option<u64> {
        match &self.0 {
            Form::Zstd(scanner) => Some(scanner.decompressed_bytes()),
            Form::Json(_) | Form::Multipart(_) | Form::Fields(_) | Form::Opaque => None,
        }
    }

    /// Why the body cannot be decompressed, whatever follows.
    pub fn error(&self) -> Option<DecompressionError> {
        match &self.0 {
            Form::Zstd(scanner) => scanner.error(),
            Form::Json(_) | Form::Multipart(_) | Form::Fields(_) | Form::Opaque => None,
        }
    }

    /// Why the body cannot be decompressed, if it ends here.
    pub fn error_at_end(&self) -> Option<DecompressionError> {
        match &self.0 {
            Form::Zstd(scanner) => scanner.error_at_end(),
            Form::Json(_) | Form::Multipart(_) | Form::Fields(_) | Form::Opaque => None,
        }
    }

    /// Whether the body is one complete document; true for forms, which have no end of their own.
    pub fn is_whole(&self) -> bool {
        match &self.0 {
            Form::Json(scanner) => scanner.is_ended(),
            Form::Zstd(scanner) => scanner.error_at_end().is_none() && scanner.json().is_ended(),
            Form::Multipart(_) | Form::Fields(_) | Form::Opaque => true,
        }
    }

    /// Whether the body is empty or white space.
    fn is_blank(&self) -> bool {
        match &self.0 {
            Form::Json(scanner) => scanner.is_blank(),
            Form::Zstd(scanner) => scanner.is_blank(),
            Form::Multipart(_) | Form::Fields(_) | Form::Opaque => false,
        }
    }
}
