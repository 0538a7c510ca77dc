//! Notification channels and rules, and the outbox of messages. The module `notify` sends them.

mod channels;
mod outbox;
mod rules;
mod settings;

use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::Notify;

pub(super) use self::channels::owner;
pub use self::{
    channels::{ChannelChanges, NewChannel},
    outbox::{DueMessage, Message},
    rules::{NewRule, RuleChanges},
    settings::{ChannelSettings, EmailSettings, SmtpSecurity},
};
use crate::{
    clock::SharedClock,
    crypto::{token, vault::Vault},
    db::Database,
};

/// The service for channels, rules and the outbox.
#[derive(Clone, Debug)]
pub struct Notifications {
    db: Database,
    clock: SharedClock,
    vault: Arc<Vault>,
    /// Notified when a message is enqueued or a rule changes.
    changed: Arc<Notify>,
}

impl Notifications {
    pub fn new(db: Database, clock: SharedClock, vault: Arc<Vault>) -> Self {
        Self {
            db,
            clock,
            vault,
            changed: Arc::default(),
        }
    }

    /// Waits until a message is enqueued or a rule changes.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }
}

/// A random key for the signatures of a webhook.
pub fn signing_secret() -> SecretString {
    SecretString::from(token::generate("whsec_").as_str())
}
