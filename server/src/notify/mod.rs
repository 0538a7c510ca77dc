//! Tells people what happens: looks at quotas, accounts, the engine and failing requests from time to time,
//! and sends what waits in the outbox. Both are tasks of their own, so that a channel that fails or hangs
//! slows down nobody.

mod addresses;
mod email;
mod messages;
mod metrics;
mod sender;
mod watcher;
mod web;

use std::time::Duration;

use entity::notification_channel::ChannelKind;

pub use self::{
    addresses::Addresses,
    metrics::NotificationMetrics,
    sender::Sender,
    watcher::{AlertSources, Watcher},
};
use crate::domain::notifications::ChannelSettings;

/// How long one attempt may take, from the look-up of the name to the last byte.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(15);

/// What is sent.
#[derive(Clone, Debug)]
struct Message {
    id: String,
    event: String,
    subject: String,
    title: String,
    body: String,
    /// When it was written, in seconds since 1970.
    at: i64,
}

/// Delivers through channels of all kinds.
#[derive(Clone, Debug)]
struct Dispatcher {
    addresses: Addresses,
}

impl Dispatcher {
    /// Delivers once; the error says in words what is wrong, without a secret.
    async fn deliver(&self, settings: &ChannelSettings, message: &Message) -> Result<(), String> {
        let delivery = async {
            match settings {
                ChannelSettings::Email(email) => email::send(email, message).await,
                ChannelSettings::Webhook { .. }
                | ChannelSettings::Slack { .. }
                | ChannelSettings::Discord { .. }
                | ChannelSettings::Telegram { .. } => {
                    web::post(&self.addresses, settings, message).await
                }
            }
        };
        match tokio::time::timeout(DELIVERY_TIMEOUT, Box::pin(delivery)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(format!(
                "no answer within {} seconds",
                DELIVERY_TIMEOUT.as_secs()
            )),
        }
    }
}

/// Where the cure of a problem is looked for.
fn name_of(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Email => "the mail server",
        ChannelKind::Webhook => "the webhook",
        ChannelKind::Slack => "Slack",
        ChannelKind::Discord => "Discord",
        ChannelKind::Telegram => "Telegram",
    }
}
