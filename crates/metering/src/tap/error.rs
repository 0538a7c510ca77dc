//! What an error is called.

use super::field_kind::FieldKind;
use crate::json::Text;

/// The longest code that is kept, in bytes.
const LONGEST_CODE: usize = 64;

/// The names that one document has for its error.
#[derive(Clone, Debug, Default)]
pub(super) struct ErrorNames {
    is_error: bool,
    code: Option<String>,
    status: Option<String>,
    kind: Option<String>,
    number: Option<String>,
}

impl ErrorNames {
    /// Says that the document is about an error; names alone do not.
    pub(super) fn mark(&mut self) {
        self.is_error = true;
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
            | FieldKind::Text
            | FieldKind::Media
            | FieldKind::Finish
            | FieldKind::Usage
            | FieldKind::Count(_)
            | FieldKind::Iteration(_)
            | FieldKind::Loose(_)
            | FieldKind::Error => {}
        }
    }

    /// A number for a code says less than a word.
    pub(super) fn number(&mut self, text: &Text) {
        let is_number = |text: &&str| text.starts_with(|first: char| first.is_ascii_digit());
        self.number = text.as_str().filter(is_number).and_then(printable);
    }

    /// The best name of the error, if the document was about one.
    pub(super) fn take(&mut self) -> Option<String> {
        let names = std::mem::take(self);
        let best = names.code.or(names.status).or(names.kind).or(names.number);
        names
            .is_error
            .then(|| best.unwrap_or_else(|| "error".to_owned()))
    }
}

fn printable(text: &str) -> Option<String> {
    let is_fit = !text.is_empty()
        && text.len() <= LONGEST_CODE
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_fit.then(|| text.to_owned())
}
