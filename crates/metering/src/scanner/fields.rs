//! URL-encoded forms: `model=m&prompt=p`.

use percent_encoding::percent_decode;

use super::{MAX_MODEL_BYTES, ScanResult};

/// The longest form, in bytes: it contains a prompt, not an image.
const MAX_FORM_BYTES: usize = 1024 * 1024;

/// Buffers the form until its end.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldsScanner {
    form: Vec<u8>,
    is_too_long: bool,
}

impl FieldsScanner {
    pub(super) fn observe(&mut self, bytes: &[u8]) {
        self.is_too_long |= self.form.len() + bytes.len() > MAX_FORM_BYTES;
        if !self.is_too_long {
            self.form.extend_from_slice(bytes);
        }
    }

    pub(super) fn is_ambiguous(&self) -> bool {
        self.is_too_long
    }

    /// The result for the whole form.
    pub(super) fn finish(&self) -> ScanResult {
        if self.is_too_long {
            return ScanResult::Ambiguous;
        }
        match self.model() {
            Ok(Some(model)) => ScanResult::Found(model),
            Ok(None) => ScanResult::Absent,
            Err(Ambiguous) => ScanResult::Ambiguous,
        }
    }

    fn model(&self) -> Result<Option<String>, Ambiguous> {
        let mut model: Option<String> = None;
        for pair in self.form.split(|byte| *byte == b'&') {
            // Some parsers separate fields here too.
            if pair.contains(&b';') {
                return Err(Ambiguous);
            }
            let mut parts = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(parts.next().unwrap_or_default()).ok_or(Ambiguous)?;
            if !name.eq_ignore_ascii_case("model") {
                continue;
            }
            let value = decode(parts.next().unwrap_or_default()).ok_or(Ambiguous)?;
            let value = value.trim();
            let is_valid = name == "model" && value.len() <= MAX_MODEL_BYTES;
            if !is_valid || model.as_ref().is_some_and(|first| first != value) {
                return Err(Ambiguous);
            }
            model = Some(value.to_owned());
        }
        Ok(model.filter(|model| !model.is_empty()))
    }
}

/// Parsers read the form differently.
struct Ambiguous;

/// A plus is a space. `None` for invalid UTF-8 or an incomplete percent escape.
fn decode(bytes: &[u8]) -> Option<String> {
    let is_encoded = |index: usize| {
        let digits = bytes.get(index + 1..index + 3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let mut signs = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    if !signs.all(|(index, _)| is_encoded(index)) {
        return None;
    }
    let spaced: Vec<u8> = bytes
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    String::from_utf8(percent_decode(&spaced).collect()).ok()
}
