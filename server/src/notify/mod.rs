//! Tells people what happens: looks at quotas, accounts, the engine and failing requests from time to time,
//! and sends what waits in the outbox. Both are tasks of their own, so that a channel that fails or hangs
//! slows down nobody.

mod addresses;
mod email;
mod messages;
mod sender;
mod tally;
mod watcher;
mod web;

use std::time::Duration;

use entity::notification_channel::ChannelKind;

pub use self::{
    addresses::Addresses,
    sender::Sender,
    tally::Tally,
    watcher::{Sources, Watcher},
};
use crate::domain::notifications::ChannelSettings;

/// How long one attempt may take, from the look-up of the name to the last byte.
const PATIENCE: Duration = Duration::from_secs(15);

/// What is sent.
#[derive(Clone, Debug)]
struct Letter {
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
struct Courier {
    addresses: Addresses,
}

impl Courier {
    /// Delivers once; the error says in words what is wrong, without a secret.
    async fn deliver(&self, settings: &ChannelSettings, letter: &Letter) -> Result<(), String> {
        let delivery = async {
            match settings {
                ChannelSettings::Email(email) => email::send(email, letter).await,
                ChannelSettings::Webhook { .. }
                | ChannelSettings::Slack { .. }
                | ChannelSettings::Discord { .. }
                | ChannelSettings::Telegram { .. } => {
                    web::post(&self.addresses, settings, letter).await
                }
            }
        };
        match tokio::time::timeout(PATIENCE, Box::pin(delivery)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(format!("no answer within {} seconds", PATIENCE.as_secs())),
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
