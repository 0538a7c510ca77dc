//! What the headers of a part say about it.

use super::super::parameters::Parameters;

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disposition {
    Model,
    /// How many answers the request asks for.
    Choices,
    Other,
    /// Readers could differ.
    Unclear,
}

/// Reads a block of headers with its closing empty line.
pub(super) fn disposition(block: &[u8]) -> Disposition {
    read(block).unwrap_or(Disposition::Unclear)
}

fn read(block: &[u8]) -> Option<Disposition> {
    let text = std::str::from_utf8(block).ok()?;
    let mut found = None;
    let mut is_encoded = false;
    for line in text.strip_suffix("\r\n")?.split_terminator("\r\n") {
        let (name, value) = line.split_once(':')?;
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) || value.contains(['\r', '\n']) {
            return None;
        }
        is_encoded |= name.eq_ignore_ascii_case("content-transfer-encoding");
        if name.eq_ignore_ascii_case("content-disposition") {
            let repeated = found.replace(Parameters::parse(value)?);
            if repeated.is_some() {
                return None;
            }
        }
    }
    let Some(parameters) = found else {
        return Some(Disposition::Other);
    };
    Some(judge(&parameters, is_encoded))
}

fn judge(parameters: &Parameters, is_encoded: bool) -> Disposition {
    let name = parameters.get("name").unwrap_or_default();
    let is_plain = parameters.value == "form-data"
        && !is_encoded
        && parameters.get("filename").is_none()
        && parameters.get("filename*").is_none();
    match name {
        "model" if is_plain => Disposition::Model,
        name if name.eq_ignore_ascii_case("model") => Disposition::Unclear,
        "n" if is_plain => Disposition::Choices,
        _ => Disposition::Other,
    }
}
