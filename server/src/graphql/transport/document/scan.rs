//! Scans the text of a document as the parser's grammar reads it, without recursion: how deep its brackets
//! stand in each other and how many tokens there are.

use super::{DocumentLimits, too_much};
use crate::domain::{Error, Result};

/// Refuses a text that the parser should not see. Counts are upper bounds of what the parser finds.
pub(super) fn scan(text: &str, limits: &DocumentLimits) -> Result<()> {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut tokens) = (0, 0_usize, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let is_token = !matches!(byte, b' ' | b',' | b'\t' | b'\r' | b'\n' | b'#');
        at += match byte {
            b'#' => line(rest),
            b'"' => string(rest)?,
            b'{' | b'[' | b'(' => {
                depth += 1;
                1
            }
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                1
            }
            _ if is_word(byte) => word(rest)?,
            _ => 1,
        };
        tokens += usize::from(is_token);
        if depth > limits.brackets {
            return Err(too_much("brackets nested too deep", limits.brackets));
        }
        if tokens > limits.tokens {
            return Err(too_much("too many tokens", limits.tokens));
        }
    }
    Ok(())
}

fn line(rest: &[u8]) -> usize {
    let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    end.unwrap_or(rest.len())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn word(rest: &[u8]) -> Result<usize> {
    let length = rest.iter().position(|byte| !is_word(*byte));
    let length = length.unwrap_or(rest.len());
    if length > DocumentLimits::NAME {
        return Err(too_much("a name that is too long", DocumentLimits::NAME));
    }
    Ok(length)
}

/// The length of a string. One that does not end is an error here already: the parser would take the first
/// two quotes of an open block string for an empty string and read on behind them.
fn string(rest: &[u8]) -> Result<usize> {
    let length = if rest.starts_with(b"\"\"\"") {
        block(rest)
    } else {
        quoted(rest)
    };
    length.ok_or_else(|| Error::bad_input("the operation has a string that does not end"))
}

fn block(rest: &[u8]) -> Option<usize> {
    let mut at = 3;
    while at < rest.len() {
        let rest = &rest[at..];
        if rest.starts_with(b"\\\"\"\"") {
            at += 4;
        } else if rest.starts_with(b"\"\"\"") {
            return Some(at + 3);
        } else {
            at += 1;
        }
    }
    None
}

fn quoted(rest: &[u8]) -> Option<usize> {
    let mut at = 1;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'"' => return Some(at + 1),
            b'\r' | b'\n' => return None,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(text: &str) -> bool {
        scan(text, &DocumentLimits::KEY_HOLDER).is_ok()
    }

    #[test]
    fn brackets_of_all_kinds_count_together() {
        let nested = |open: &str, close: &str, times| {
            format!("{{ a(b: {}{}) }}", open.repeat(times), close.repeat(times))
        };

        assert!(passes(&nested("[", "]", 20)));
        assert!(!passes(&nested("[", "]", 1_600)));
        assert!(!passes(&nested("{c:", "}", 1_600)));
        assert!(!passes(&nested("[{c:", "}]", 12)));
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let brackets = "[{(".repeat(500);

        assert!(passes(&format!("{{ a(b: \"{brackets}\\\"{brackets}\") }}")));
        assert!(passes(&format!(
            "{{ a(b: \"\"\"{brackets}\\\"\"\"{brackets}\n\"\"\") }}"
        )));
        assert!(passes(&format!("{{ a # {brackets}\n }}")));
        assert!(!passes(&format!("{{ a(b: \"#\", c: {brackets}")));
        assert!(!passes(&format!("{{ a # \"\n (b: {brackets}")));
        assert!(!passes(&format!("{{ a # \r (b: {brackets}")));
    }

    #[test]
    fn a_string_that_does_not_end_hides_nothing() {
        let brackets = "[".repeat(1_600);

        for open in ["\"", "\"\"\"", "\"\"\"\"", "\"\\", "\"\n"] {
            assert!(!passes(&format!("{{ a(b: [{open} {brackets}")), "{open}");
        }
    }

    #[test]
    fn long_names_and_many_tokens_are_refused() {
        assert!(passes(&format!("{{ {} }}", "a".repeat(128))));
        assert!(!passes(&format!("{{ {} }}", "a".repeat(129))));
        assert!(!passes(&format!("{{ {} }}", "a ".repeat(2_001))));
    }
}
