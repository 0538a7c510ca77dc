//! Notifications: a watcher task evaluates rules on quotas, accounts, the engine and failing requests; a sender task
//! delivers the outbox, so that a slow channel delays nothing else.

mod addresses;
mod email;
mod messages;
mod metrics;
mod sender;
mod watcher;
mod web;
mod window_messages;

use std::time::Duration;

use entity::notification_channel::ChannelKind;

pub use self::{
    addresses::Addresses,
    metrics::NotificationMetrics,
    sender::Sender,
    watcher::{AlertSources, OWN_PERCENTS, Watcher},
};
use crate::domain::notifications::ChannelSettings;

/// The timeout of one attempt, from DNS to the last byte.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(15);

/// A message to deliver.
#[derive(Clone, Debug)]
struct Message {
    id: String,
    event: String,
    subject: String,
    title: String,
    body: String,
    /// The time of the attempt, in seconds since 1970.
    at: i64,
}

/// Delivers to channels of all kinds.
#[derive(Clone, Debug)]
struct Dispatcher {
    addresses: Addresses,
}

impl Dispatcher {
    /// Delivers once. The error has no secrets.
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
                "no response within {} seconds",
                DELIVERY_TIMEOUT.as_secs()
            )),
        }
    }
}

/// The name of the receiver in errors.
fn name_of(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Email => "the mail server",
        ChannelKind::Webhook => "the webhook",
        ChannelKind::Slack => "Slack",
        ChannelKind::Discord => "Discord",
        ChannelKind::Telegram => "Telegram",
    }
}
