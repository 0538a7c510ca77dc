//! What a channel is told of how to deliver.

use async_graphql::{Enum, InputObject, OneofObject};
use secrecy::SecretString;

use crate::domain::notifications::{self as domain, ChannelSettings, EmailSettings};

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::SmtpSecurity")]
enum SmtpSecurity {
    /// TLS from the first byte, usually on port 465.
    Tls,
    /// TLS after a greeting, insisted on, usually on port 587.
    StartTls,
    /// None: for a mail server on the same machine.
    None,
}

/// A mail server and the people to write to.
#[derive(InputObject)]
pub(crate) struct EmailSettingsInput {
    /// The mail server's name.
    host: String,
    /// Its port.
    #[graphql(default = 465)]
    port: u16,
    /// How the connection is protected.
    #[graphql(default_with = "SmtpSecurity::Tls")]
    security: SmtpSecurity,
    /// The name to sign in with at the mail server.
    username: Option<String>,
    /// The password to sign in with at the mail server.
    #[graphql(secret)]
    password: Option<String>,
    /// Who writes: `ProxyPal <proxypal@example.org>`.
    from: String,
    /// Whom to write to, at most 50.
    to: Vec<String>,
}

/// A webhook of one's own. What is posted is signed.
#[derive(InputObject)]
pub(crate) struct WebhookSettingsInput {
    /// Where to post. Private addresses are refused unless the operator allows their network.
    #[graphql(secret)]
    url: String,
    /// What the signature is made with; made up and shown once when left out.
    #[graphql(secret)]
    secret: Option<String>,
}

/// An incoming webhook of a chat.
#[derive(InputObject)]
pub(crate) struct ChatSettingsInput {
    /// The address that the chat gave.
    #[graphql(secret)]
    url: String,
}

/// A bot of Telegram.
#[derive(InputObject)]
pub(crate) struct TelegramSettingsInput {
    /// The token that Telegram gave the bot.
    #[graphql(secret)]
    bot_token: String,
    /// The chat to write to.
    chat_id: String,
    /// Another server of the Bot API than Telegram's own.
    server: Option<String>,
}

/// How a channel delivers: exactly one of these.
#[derive(OneofObject)]
pub(crate) enum NotificationChannelSettingsInput {
    /// By e-mail.
    Email(EmailSettingsInput),
    /// To a webhook of one's own.
    Webhook(WebhookSettingsInput),
    /// To Slack.
    Slack(ChatSettingsInput),
    /// To Discord.
    Discord(ChatSettingsInput),
    /// By Telegram.
    Telegram(TelegramSettingsInput),
}

impl NotificationChannelSettingsInput {
    /// What the domain understands. A webhook without a secret gets this one.
    pub(crate) fn read(self, made_up: impl FnOnce() -> SecretString) -> ChannelSettings {
        match self {
            Self::Email(input) => ChannelSettings::Email(EmailSettings {
                host: input.host,
                port: input.port,
                security: input.security.into(),
                username: input.username,
                password: input.password.map(Into::into),
                from: input.from,
                to: input.to,
            }),
            Self::Webhook(input) => ChannelSettings::Webhook {
                url: input.url.into(),
                secret: input.secret.map_or_else(made_up, Into::into),
            },
            Self::Slack(input) => ChannelSettings::Slack {
                url: input.url.into(),
            },
            Self::Discord(input) => ChannelSettings::Discord {
                url: input.url.into(),
            },
            Self::Telegram(input) => ChannelSettings::Telegram {
                bot_token: input.bot_token.into(),
                chat_id: input.chat_id,
                server: input.server,
            },
        }
    }
}
