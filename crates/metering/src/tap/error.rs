//! The code and the message of an error.

use crate::json::Text;
use crate::protocols::FieldKind;

/// The longest code that is kept, in bytes.
const MAX_CODE_BYTES: usize = 64;

/// The code and the message of one document's error, as far as it is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ErrorNames {
    is_error: bool,
    code: Option<String>,
    status: Option<String>,
    kind: Option<String>,
    number: Option<String>,
    message: Option<String>,
}

impl ErrorNames {
    /// Marks the document as an error; codes alone do not.
    pub(super) fn mark(&mut self) {
        self.is_error = true;
    }

    pub(super) fn message(&mut self, text: &Text) {
        self.message = Some(text.lossy());
    }

    /// A message that counts only if there is no other.
    pub(super) fn detail(&mut self, text: &Text) {
        self.message.get_or_insert_with(|| text.lossy());
    }

    pub(super) fn name(&mut self, field_kind: FieldKind, text: &Text) {
        let name = text.as_str().and_then(printable);
        match field_kind {
            FieldKind::ErrorCode => self.code = name.or(self.code.take()),
            FieldKind::ErrorStatus => self.status = name.or(self.status.take()),
            FieldKind::ErrorType => self.kind = name.or(self.kind.take()),
            FieldKind::Nothing
            | FieldKind::Type
            | FieldKind::Model
            | FieldKind::ServiceTier
            | FieldKind::Speed
            | FieldKind::Text
            | FieldKind::Media
            | FieldKind::Image
            | FieldKind::VideoSeconds
            | FieldKind::Finish
            | FieldKind::Usage
            | FieldKind::Count(_)
            | FieldKind::Iteration(_)
            | FieldKind::FallbackCount(_)
            | FieldKind::Error
            | FieldKind::ErrorMessage
            | FieldKind::ErrorDetail => {}
        }
    }

    /// Numeric codes are less specific than words.
    pub(super) fn number(&mut self, text: &Text) {
        let is_number = |text: &&str| text.starts_with(|first: char| first.is_ascii_digit());
        self.number = text.as_str().filter(is_number).and_then(printable);
    }

    /// The most specific code; `None` if the document is not marked as an error.
    pub(super) fn code(&mut self) -> Option<String> {
        if !self.is_error {
            return None;
        }
        let best = self.code.take().or(self.status.take());
        let best = best.or(self.kind.take()).or(self.number.take());
        Some(best.unwrap_or_else(|| "error".to_owned()))
    }

    /// The message; `None` if neither the document is marked as an error nor the whole answer is known to be one.
    pub(super) fn take_message(&mut self, is_error_answer: bool) -> Option<String> {
        let message = self.message.take();
        message.filter(|text| (self.is_error || is_error_answer) && !text.is_empty())
    }
}

fn printable(text: &str) -> Option<String> {
    let is_valid = !text.is_empty()
        && text.len() <= MAX_CODE_BYTES
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_valid.then(|| text.to_owned())
}
