//! The model of a form whose fields are in one line: `model=m&prompt=p`.

use percent_encoding::percent_decode;

use super::{LONGEST_MODEL, ScanResult};

/// The longest form that is read, in bytes: it holds a prompt, not a picture.
const LONGEST: usize = 1024 * 1024;

/// Keeps the form until its end.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldsScanner {
    form: Vec<u8>,
    is_too_long: bool,
}

impl FieldsScanner {
    pub(super) fn observe(&mut self, bytes: &[u8]) {
        self.is_too_long |= self.form.len() + bytes.len() > LONGEST;
        if !self.is_too_long {
            self.form.extend_from_slice(bytes);
        }
    }

    pub(super) fn is_ambiguous(&self) -> bool {
        self.is_too_long
    }

    /// Of the whole form: another `model` may follow.
    pub(super) fn finish(&self) -> ScanResult {
        if self.is_too_long {
            return ScanResult::Ambiguous;
        }
        match self.model() {
            Ok(Some(model)) => ScanResult::Found(model),
            Ok(None) => ScanResult::Absent,
            Err(Unclear) => ScanResult::Ambiguous,
        }
    }

    fn model(&self) -> Result<Option<String>, Unclear> {
        let mut model: Option<String> = None;
        for pair in self.form.split(|byte| *byte == b'&') {
            // Some readers part fields here too.
            if pair.contains(&b';') {
                return Err(Unclear);
            }
            let mut parts = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(parts.next().unwrap_or_default()).ok_or(Unclear)?;
            if !name.eq_ignore_ascii_case("model") {
                continue;
            }
            let value = decode(parts.next().unwrap_or_default()).ok_or(Unclear)?;
            let value = value.trim();
            let is_fit = name == "model" && value.len() <= LONGEST_MODEL;
            if !is_fit || model.as_ref().is_some_and(|first| first != value) {
                return Err(Unclear);
            }
            model = Some(value.to_owned());
        }
        Ok(model.filter(|model| !model.is_empty()))
    }
}

/// Readers could differ.
struct Unclear;

/// A plus is a blank. `None` when it is no text, or a percent sign stands alone.
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
