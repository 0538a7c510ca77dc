//! Removes secrets and e-mail addresses from text that leaves the machine.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;
use uuid::Uuid;

use crate::config::SecretsConfig;

const REDACTED: &str = "[redacted]";
const EMAIL: &str = "[e-mail]";
/// Shorter secrets may be ordinary words; redacting them would garble the text.
const SHORTEST_SECRET: usize = 6;
/// Words of at least this length that mix letters and digits are treated as keys.
const MINIMUM_KEY_LENGTH: usize = 20;
/// Prefixes of the keys and tokens of providers and of this server.
const PREFIXES: [&str; 12] = [
    "sk-",
    "ppt_",
    "ppi_",
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

/// The known secrets.
#[derive(Clone, Debug, Default)]
pub struct Redaction(Vec<SecretString>);

impl Redaction {
    /// All secrets of this configuration.
    pub fn new(secrets: &SecretsConfig, database_url: Option<&str>) -> Self {
        let mut known: Vec<_> = secrets.all().cloned().collect();
        let url = database_url.and_then(|url| url.parse::<Url>().ok());
        if let Some(password) = url.as_ref().and_then(Url::password) {
            let decoded = percent_encoding::percent_decode_str(password).decode_utf8_lossy();
            known.extend([SecretString::from(password), decoded.into_owned().into()]);
        }
        known.retain(|secret| secret.expose_secret().len() >= SHORTEST_SECRET);
        Self(known)
    }

    /// Redacts the known secrets, for texts of this program.
    pub fn of_known(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| {
            text.replace(secret.expose_secret(), REDACTED)
        })
    }

    /// Also redacts whatever looks like a key, a token or an e-mail address, for other texts.
    pub fn of_foreign(&self, text: &str) -> String {
        let known = self.of_known(text);
        let mut clean = String::with_capacity(known.len());
        let mut rest = known.as_str();
        while !rest.is_empty() {
            let end = rest.find(is_separator).unwrap_or(rest.len());
            let (word, tail) = rest.split_at(end);
            clean.push_str(redact_word(word));
            let mut characters = tail.chars();
            clean.extend(characters.next());
            rest = characters.as_str();
        }
        clean
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
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let has_letter = word.bytes().any(|byte| byte.is_ascii_alphabetic());
    let is_time = word.starts_with("20") && word.contains('T') && word.contains(':');
    word.len() >= MINIMUM_KEY_LENGTH
        && has_digit
        && has_letter
        && !is_time
        && Uuid::parse_str(word).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tokens_and_addresses_are_redacted() {
        let line = "2026-11-26T02:00:00.123456Z  INFO request.id=0199c1f0-7d3a-7c55-9e1b-0a1b2c3d4e5f \
             key=sk-ada-x to http://127.0.0.1:3000/v1/models?key=AIzaSyCanary by ada@example.org \
             Bearer eyJhbGciOi.x.y, account 7 (0a1b2c3d4e5f6a7b8c9d0e1f)";

        let clean = Redaction::default().of_foreign(line);

        assert_eq!(
            clean,
            "2026-11-26T02:00:00.123456Z  INFO request.id=0199c1f0-7d3a-7c55-9e1b-0a1b2c3d4e5f \
             key=[redacted] to http://127.0.0.1:3000/v1/models?key=[redacted] by [e-mail] \
             Bearer [redacted], account 7 ([redacted])"
        );
    }

    #[test]
    fn known_secrets_are_redacted_inside_words() {
        let secrets = SecretsConfig {
            admin_password: Some("canary".into()),
            ..SecretsConfig::default()
        };
        let redaction = Redaction::new(&secrets, Some("postgres://u:p%40ssword@h/d"));

        let clean = redaction.of_known("xcanaryx p@ssword p%40ssword");

        assert_eq!(clean, "x[redacted]x [redacted] [redacted]");
    }
}
