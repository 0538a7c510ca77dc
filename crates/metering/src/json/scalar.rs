//! Numbers and literals.

use super::text::Text;

/// Whether the text is a literal, or looks like a number to every reader. What is too long to be kept
/// is a number, or nothing.
pub(super) fn is_scalar(text: &Text) -> bool {
    let Some(bytes) = text.whole() else {
        return false;
    };
    match bytes {
        b"true" | b"false" | b"null" | b"NaN" | b"Infinity" | b"-Infinity" => true,
        [b'-' | b'0'..=b'9', rest @ ..] => rest
            .iter()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')),
        _ => false,
    }
}

/// Whether JSON knows the scalar.
pub(super) fn is_json_scalar(text: &Text) -> bool {
    let number = match text.whole().unwrap_or_default() {
        b"true" | b"false" | b"null" => return true,
        [b'-', number @ ..] | number => number,
    };
    let digits = |bytes: &[u8]| {
        bytes
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let whole = digits(number);
    let (whole, mut rest) = number.split_at(whole);
    let mut is_number = !whole.is_empty() && (whole.len() == 1 || whole.first() != Some(&b'0'));
    if let [b'.', fraction @ ..] = rest {
        let length = digits(fraction);
        is_number &= length > 0;
        rest = fraction.get(length..).unwrap_or_default();
    }
    if let [b'e' | b'E', b'+' | b'-', exponent @ ..] | [b'e' | b'E', exponent @ ..] = rest {
        let length = digits(exponent);
        is_number &= length > 0;
        rest = exponent.get(length..).unwrap_or_default();
    }
    is_number && rest.is_empty()
}
