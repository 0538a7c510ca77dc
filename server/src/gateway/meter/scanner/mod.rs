//! Finds the model that a request asks for, while its body streams by.
//!
//! An allow-list is only as good as the agreement between what is read here and what the engine and the
//! provider read. The engine takes the first top-level `"model"`; some providers take the last, some
//! ignore case. So a body that could be read in two ways is [`Verdict::Ambiguous`], and stays under
//! watch after the model was found: the verdict may still turn while the body is being sent.

mod bound;
mod form;
mod json;
mod multipart;
mod parameters;
#[cfg(test)]
mod tests;
mod zstd;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

pub(in crate::gateway) use self::bound::Bound;
use self::json::JsonScanner;
use self::multipart::MultipartScanner;
use self::zstd::ZstdScanner;
use crate::gateway::route::BodyForm;

/// The longest name of a model that is believed, in bytes.
const LONGEST_MODEL: usize = 512;

/// What is known about the model of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum Verdict {
    /// Not seen yet.
    NeedMore,
    /// This one; without blanks around it, and never empty.
    Found(String),
    /// The body names none, or an empty one. The engine refuses that, or takes a default.
    Absent,
    /// The body is malformed, contradicts itself, or is in an encoding that is not understood: nobody
    /// can say which model will serve it.
    Ambiguous,
}

/// Reads the body of one request.
#[derive(Debug)]
pub(in crate::gateway) struct ModelScanner(Form);

#[derive(Debug)]
enum Form {
    Json(Box<JsonScanner>),
    Zstd(Box<ZstdScanner>),
    Multipart(Box<MultipartScanner>),
    /// A form that is not understood.
    Opaque,
}

impl ModelScanner {
    /// Picks the reader that reads as the engine does, on a route whose body has this form.
    pub(in crate::gateway) fn for_request(form: BodyForm, headers: &HeaderMap) -> Self {
        let text = |name| {
            headers
                .get(name)
                .map_or(Some(""), |value| value.to_str().ok())
        };
        let (Some(kind), Some(encoding)) = (text(CONTENT_TYPE), text(CONTENT_ENCODING)) else {
            return Self(Form::Opaque);
        };
        Self(form::choose(form, kind, encoding))
    }

    /// A reader for one message of a Responses WebSocket.
    pub(in crate::gateway) fn for_message() -> Self {
        Self(Form::Json(Box::default()))
    }

    /// Reads some more of the body, as it is on the wire.
    pub(in crate::gateway) fn observe(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Form::Json(scanner) => scanner.observe(bytes),
            Form::Zstd(scanner) => scanner.observe(bytes),
            Form::Multipart(scanner) => scanner.observe(bytes),
            Form::Opaque => {}
        }
    }

    /// What is known so far.
    pub(in crate::gateway) fn verdict(&self) -> Verdict {
        match &self.0 {
            Form::Json(scanner) => scanner.verdict(),
            Form::Zstd(scanner) => scanner.verdict(),
            Form::Multipart(scanner) => scanner.verdict(),
            Form::Opaque => Verdict::Ambiguous,
        }
    }

    /// What is known when there is no more body: never [`Verdict::NeedMore`].
    pub(in crate::gateway) fn finish(&self) -> Verdict {
        match self.verdict() {
            Verdict::NeedMore if self.is_untouched() => Verdict::Absent,
            Verdict::NeedMore => Verdict::Ambiguous,
            verdict @ (Verdict::Found(_) | Verdict::Absent | Verdict::Ambiguous) => verdict,
        }
    }

    /// The top-level `"type"`, if it was seen so far.
    pub(in crate::gateway) fn kind(&self) -> Option<&str> {
        self.json().and_then(JsonScanner::kind)
    }

    /// How much the request may be answered, as far as it was seen.
    pub(in crate::gateway) fn bound(&self) -> Bound {
        match &self.0 {
            Form::Json(scanner) => scanner.bound(),
            Form::Zstd(scanner) => scanner.bound(),
            Form::Multipart(_) | Form::Opaque => Bound::default(),
        }
    }

    /// Whether nothing that follows can raise the bound, or nothing could be read anyway.
    pub(in crate::gateway) fn is_bound_known(&self) -> bool {
        match &self.0 {
            Form::Json(scanner) => scanner.is_over(),
            Form::Zstd(scanner) => scanner.is_over(),
            Form::Multipart(_) | Form::Opaque => true,
        }
    }

    fn json(&self) -> Option<&JsonScanner> {
        match &self.0 {
            Form::Json(scanner) => Some(scanner),
            Form::Zstd(scanner) => Some(scanner.json()),
            Form::Multipart(_) | Form::Opaque => None,
        }
    }

    /// Whether there was no body to speak of.
    fn is_untouched(&self) -> bool {
        match &self.0 {
            Form::Json(scanner) => scanner.is_untouched(),
            Form::Zstd(scanner) => scanner.is_untouched(),
            Form::Multipart(_) | Form::Opaque => false,
        }
    }
}
