//! The settings that a channel needs to deliver. They are encrypted as a whole, because webhook addresses are secrets
//! too.

use entity::notification_channel::ChannelKind;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use url::Url;

use crate::domain::{Error, Result};

const TELEGRAM: &str = "https://api.telegram.org/";

/// The transport security of a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpSecurity {
    /// Implicit TLS, usually on port 465.
    Tls,
    /// Required STARTTLS, usually on port 587.
    StartTls,
    /// No encryption, for a server on the same machine. Passwords are not sent.
    None,
}

/// A mail server and the recipients.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EmailSettings {
    pub host: String,
    pub port: u16,
    pub security: SmtpSecurity,
    pub username: Option<String>,
    #[serde(serialize_with = "maybe_exposed")]
    pub password: Option<SecretString>,
    pub from: String,
    pub to: Vec<String>,
}

/// The settings of a channel, by kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChannelSettings {
    Email(EmailSettings),
    /// Requests are signed with the secret.
    Webhook {
        #[serde(serialize_with = "exposed")]
        url: SecretString,
        #[serde(serialize_with = "exposed")]
        secret: SecretString,
    },
    Slack {
        #[serde(serialize_with = "exposed")]
        url: SecretString,
    },
    Discord {
        #[serde(serialize_with = "exposed")]
        url: SecretString,
    },
    Telegram {
        #[serde(serialize_with = "exposed")]
        bot_token: SecretString,
        chat_id: String,
        /// `None` for Telegram's own server.
        server: Option<String>,
    },
}

impl ChannelSettings {
    /// The kind of the channel.
    pub fn kind(&self) -> ChannelKind {
        match self {
            Self::Email(_) => ChannelKind::Email,
            Self::Webhook { .. } => ChannelKind::Webhook,
            Self::Slack { .. } => ChannelKind::Slack,
            Self::Discord { .. } => ChannelKind::Discord,
            Self::Telegram { .. } => ChannelKind::Telegram,
        }
    }

    /// The address that messages are posted to; `None` for e-mail.
    pub fn url(&self) -> Result<Option<Url>> {
        match self {
            Self::Email(_) => Ok(None),
            Self::Webhook { url, .. } | Self::Slack { url } | Self::Discord { url } => {
                web_address(url.expose_secret()).map(Some)
            }
            Self::Telegram {
                bot_token, server, ..
            } => {
                let mut url = web_address(server.as_deref().unwrap_or(TELEGRAM))?;
                let base = url.path().trim_end_matches('/');
                // `Url::join` would parse `bot123:…` as a scheme.
                let path = format!("{base}/bot{}/sendMessage", bot_token.expose_secret());
                url.set_path(&path);
                Ok(Some(url))
            }
        }
    }

    /// A short description of the destination, without secrets.
    pub(super) fn target(&self) -> Result<String> {
        Ok(match self {
            Self::Email(email) => email.to.join(", "),
            Self::Telegram { chat_id, .. } => chat_id.clone(),
            Self::Webhook { .. } | Self::Slack { .. } | Self::Discord { .. } => {
                let url = self.url()?;
                let host = url.as_ref().and_then(Url::host_str);
                host.unwrap_or_default().to_owned()
            }
        })
    }

    /// The same with this recipient, if there is one and the channel sends mail.
    pub(super) fn addressed(mut self, recipient: Option<&String>) -> Self {
        if let (Self::Email(email), Some(recipient)) = (&mut self, recipient) {
            email.to = vec![recipient.clone()];
        }
        self
    }

    /// Validates the settings.
    pub(super) fn check(&self) -> Result<()> {
        self.url()?;
        match self {
            Self::Email(email) => email.check(),
            Self::Telegram {
                bot_token, chat_id, ..
            } => {
                let token = bot_token.expose_secret();
                let fits = |c: char| c.is_ascii_alphanumeric() || ":_-".contains(c);
                if token.is_empty() || !token.chars().all(fits) {
                    return Err(Error::bad_input("botToken is not a valid bot token"));
                }
                if chat_id.trim().is_empty() {
                    return Err(Error::bad_input("chatId is required"));
                }
                Ok(())
            }
            Self::Webhook { .. } | Self::Slack { .. } | Self::Discord { .. } => Ok(()),
        }
    }
}

impl EmailSettings {
    fn check(&self) -> Result<()> {
        if self.host.trim().is_empty() {
            return Err(Error::bad_input("host must be the name of the mail server"));
        }
        if self.to.is_empty() || self.to.len() > 50 {
            return Err(Error::bad_input("to must have 1 to 50 addresses"));
        }
        if self.security == SmtpSecurity::None && self.password.is_some() {
            return Err(Error::bad_input(
                "a password requires encryption; use security TLS or START_TLS",
            ));
        }
        for address in self.to.iter().chain([&self.from]) {
            if address.parse::<lettre::message::Mailbox>().is_err() {
                return Err(Error::BadInput(format!(
                    "{address:?} is not an e-mail address"
                )));
            }
        }
        Ok(())
    }
}

fn web_address(text: &str) -> Result<Url> {
    let wrong = || Error::bad_input("a webhook address must start with https:// or http://");
    let url: Url = text.trim().parse().map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(wrong());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::bad_input(
            "a webhook address must not contain a password",
        ));
    }
    Ok(url)
}

fn exposed<S: Serializer>(secret: &SecretString, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_str(secret.expose_secret())
}

#[expect(clippy::ref_option, reason = "the signature that serde requires")]
fn maybe_exposed<S: Serializer>(
    secret: &Option<SecretString>,
    to: S,
) -> std::result::Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => to.serialize_some(secret.expose_secret()),
        None => to.serialize_none(),
    }
}
