//! Delivery settings of channels.

use async_graphql::{Enum, InputObject, OneofObject};
use secrecy::SecretString;

use crate::domain::notifications::{self as domain, ChannelSettings, EmailSettings};

/// The encryption of the connection to a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::SmtpSecurity")]
enum SmtpSecurity {
    /// Implicit TLS, usually on port 465.
    Tls,
    /// Required STARTTLS, usually on port 587.
    StartTls,
    /// No encryption, for a mail server on the same machine.
    None,
}

/// A mail server and its recipients.
#[derive(InputObject)]
pub(crate) struct EmailSettingsInput {
    /// The mail server's host name.
    host: String,
    /// The mail server's port.
    #[graphql(default = 465)]
    port: u16,
    /// The encryption of the connection.
    #[graphql(default_with = "SmtpSecurity::Tls")]
    security: SmtpSecurity,
    /// The SMTP user name; no authentication when omitted.
    username: Option<String>,
    /// The SMTP password.
    #[graphql(secret)]
    password: Option<String>,
    /// The sender, such as `ProxyPal <proxypal@example.org>`.
    from: String,
    /// The recipients: 1 to 50.
    to: Vec<String>,
}

/// A webhook that receives signed JSON.
#[derive(InputObject)]
pub(crate) struct WebhookSettingsInput {
    /// The URL to post to. Private addresses are rejected unless the operator allows their network.
    #[graphql(secret)]
    url: String,
    /// The signing secret; generated and shown once when omitted.
    #[graphql(secret)]
    secret: Option<String>,
}

/// The incoming webhook of a chat service.
#[derive(InputObject)]
pub(crate) struct ChatSettingsInput {
    /// The webhook URL that the chat service issued.
    #[graphql(secret)]
    url: String,
}

/// A Telegram bot.
#[derive(InputObject)]
pub(crate) struct TelegramSettingsInput {
    /// The bot token that Telegram issued.
    #[graphql(secret)]
    bot_token: String,
    /// The id of the chat to post to.
    chat_id: String,
    /// The base URL of a Bot API server; Telegram's own when omitted.
    server: Option<String>,
}

/// The delivery settings of a channel: exactly one of these fields.
#[derive(OneofObject)]
pub(crate) enum NotificationChannelSettingsInput {
    /// Deliver by e-mail.
    Email(EmailSettingsInput),
    /// Deliver to a webhook.
    Webhook(WebhookSettingsInput),
    /// Deliver to Slack.
    Slack(ChatSettingsInput),
    /// Deliver to Discord.
    Discord(ChatSettingsInput),
    /// Deliver by Telegram.
    Telegram(TelegramSettingsInput),
}

impl NotificationChannelSettingsInput {
    /// Converts to domain settings. A webhook without a secret gets a generated one.
    pub(crate) fn read(self, generated: impl FnOnce() -> SecretString) -> ChannelSettings {
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
                secret: input.secret.map_or_else(generated, Into::into),
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
