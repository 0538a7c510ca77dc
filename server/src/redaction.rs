//! Removes secrets and e-mail addresses from the texts of other programs.

use uuid::Uuid;

/// The word of [`REDACTED`].
const ALREADY: &str = "redacted";
pub const REDACTED: &str = "[redacted]";
const EMAIL: &str = "[e-mail]";
/// The longest error message, in characters.
const MAX_MESSAGE: usize = 500;
/// Words of at least this length that mix letters and digits are treated as keys.
const MINIMUM_KEY_LENGTH: usize = 20;
/// A longer part that mixes letters and digits is not a part of a model's name.
const MAX_NAME_PART: usize = 8;
/// More parts that mix letters and digits than these are not those of a model's name.
const MIXED_NAME_PARTS: usize = 2;
/// Prefixes of the keys and tokens of providers and of this server.
const PREFIXES: [&str; 17] = [
    "sk-",
    "ppt_",
    "ppi_",
    "ppa_",
    "ppc_",
    "ppd_",
    "ppq_",
    "ppr_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "github_pat_",
    "AIza",
    "eyJ",
    "ya29.",
    "xai-",
];

/// Redacts words that look like a key, a token or an e-mail address, and the word after `Bearer`.
pub fn without_secrets(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_token = false;
    while !rest.is_empty() {
        let end = rest.find(is_separator).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(end);
        clean.push_str(match word {
            "" => "",
            // It was redacted before.
            word if clean.ends_with('[') && tail.starts_with(']') && word == ALREADY => word,
            _ if is_token => REDACTED,
            word => redact_word(word),
        });
        if !word.is_empty() {
            is_token = word.eq_ignore_ascii_case("bearer");
        }
        let mut characters = tail.chars();
        clean.extend(characters.next());
        rest = characters.as_str();
    }
    clean
}

/// The message of a program's error for the record: one line of at most 500 characters, without secrets, control
/// characters and invisible ones. `None` if nothing is left.
pub fn error_message(text: &str) -> Option<String> {
    let characters = page_title(text).unwrap_or(text).chars();
    let visible: String = characters.filter_map(visible).collect();
    let words: Vec<_> = visible.split_whitespace().collect();
    let mut line = without_secrets(&words.join(" "));
    if let Some((end, _)) = line.char_indices().nth(MAX_MESSAGE) {
        let kept = line.char_indices().nth(MAX_MESSAGE - 1);
        line.truncate(kept.map_or(end, |(end, _)| end));
        line.push('…');
    }
    (!line.is_empty()).then_some(line)
}

/// The title of an HTML page, such as a reverse proxy sends.
fn page_title(text: &str) -> Option<&str> {
    let begins = |start: &str| {
        let head = text.trim_start().as_bytes().get(..start.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
    };
    if !begins("<!doctype html") && !begins("<html") {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower.get(start..)?.find("</title>")?;
    text.get(start..end)
}

/// A space instead of a control character; `None` for characters that only change how the text around them looks.
fn visible(character: char) -> Option<char> {
    let is_format = matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    );
    match character {
        _ if is_format => None,
        _ if character.is_control() => Some(' '),
        visible => Some(visible),
    }
}

fn is_separator(character: char) -> bool {
    character.is_whitespace() || "\"'`=,;()[]{}<>|&?#\\".contains(character)
}

/// The word, or its replacement.
fn redact_word(word: &str) -> &str {
    // The parts of a URL or a path are words.
    if word.contains('/') && !word.contains('@') {
        let is_clean = word.split(['/', ':']).all(|part| redact_word(part) == part);
        return if is_clean { word } else { REDACTED };
    }
    if word.contains('@') {
        EMAIL
    } else if PREFIXES.iter().any(|prefix| word.starts_with(prefix)) || looks_random(word) {
        REDACTED
    } else {
        word
    }
}

fn looks_random(word: &str) -> bool {
    let is_time = word.starts_with("20") && word.contains('T') && word.contains(':');
    word.len() >= MINIMUM_KEY_LENGTH
        && is_mixed(word)
        && !is_time
        && !is_model_name(word)
        && !is_uuid(word)
}

/// With hyphens: without, keys look the same.
fn is_uuid(word: &str) -> bool {
    word.contains('-') && Uuid::parse_str(word).is_ok()
}

fn is_mixed(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// `claude-sonnet-4-5-20250929`: words and numbers, and few short parts that mix them.
fn is_model_name(word: &str) -> bool {
    let parts = word.split(['-', '.', '_', ':']);
    let mut mixed = parts.filter(|part| is_mixed(part));
    let is_lower = !word.bytes().any(|byte| byte.is_ascii_uppercase());
    is_lower
        && mixed.clone().count() <= MIXED_NAME_PARTS
        && mixed.all(|part| part.len() <= MAX_NAME_PART)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tokens_and_addresses_are_redacted() {
        let line = "2026-11-26T02:00:00.123456Z  INFO request.id=0199c1f0-7d3a-7c55-9e1b-0a1b2c3d4e5f \
             key=sk-ada-x to http://127.0.0.1:3000/v1/models?key=AIzaSyCanary by ada@example.org \
             Bearer eyJhbGciOi.x.y, account 7 (0a1b2c3d4e5f6a7b8c9d0e1f)";

        assert_eq!(
            without_secrets(line),
            "2026-11-26T02:00:00.123456Z  INFO request.id=0199c1f0-7d3a-7c55-9e1b-0a1b2c3d4e5f \
             key=[redacted] to http://127.0.0.1:3000/v1/models?key=[redacted] by [e-mail] \
             Bearer [redacted], account 7 ([redacted])"
        );
    }

    #[test]
    fn a_token_is_redacted_whatever_it_looks_like_and_names_of_models_are_not() {
        for (text, clean) in [
            (
                "Authorization: bearer hunter2!",
                "Authorization: bearer [redacted]",
            ),
            (
                "rejected: Bearer [redacted].",
                "rejected: Bearer [redacted].",
            ),
            ("key 'ab12-cd34-ef56-gh78-ij90'", "key '[redacted]'"),
            ("key ABCD-EFGH-1234-IJKL-56", "key [redacted]"),
            (
                "no claude-sonnet-4-5-20250929 here",
                "no claude-sonnet-4-5-20250929 here",
            ),
            ("gpt-4o-mini-2024-07-18", "gpt-4o-mini-2024-07-18"),
            (
                "meta-llama/llama-3.1-405b-instruct:free",
                "meta-llama/llama-3.1-405b-instruct:free",
            ),
        ] {
            assert_eq!(without_secrets(text), clean);
        }
    }

    #[test]
    fn a_message_is_one_line_of_visible_characters() {
        let message = |text: &str| error_message(text).unwrap_or_default();

        assert_eq!(message("a\0b\r\n\tc \u{202e}d\u{7f}"), "a b c d");
        assert_eq!(message("<b>bold</b>"), "<b>bold</b>");
        assert_eq!(
            message("<!DOCTYPE html><head><TITLE>502 Bad Gateway</TITLE><style>x"),
            "502 Bad Gateway"
        );
        assert_eq!(message(" \u{200b}\n"), "");
        let long = message(&"Lỗi ".repeat(1000));
        assert_eq!(long.chars().count(), MAX_MESSAGE);
        assert!(long.ends_with('…'));
        assert_eq!(message(&"x".repeat(500)).len(), 500);
    }
}
