//! Removes secrets and e-mail addresses from text that leaves the machine.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::{
    config::SecretsConfig,
    redaction::{REDACTED, without_secrets},
};

/// Shorter secrets may be ordinary words; redacting them would garble the text.
const MIN_SECRET: usize = 6;

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
        known.retain(|secret| secret.expose_secret().len() >= MIN_SECRET);
        Self(known)
    }

    /// Redacts the known secrets, for texts of this program.
    pub fn of_known(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| {
            text.replace(secret.expose_secret(), REDACTED)
        })
    }

    /// Also redacts words that look like a key, a token or an e-mail address, for other texts.
    pub fn of_foreign(&self, text: &str) -> String {
        without_secrets(&self.of_known(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
