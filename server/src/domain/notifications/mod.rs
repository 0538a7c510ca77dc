//! Notification channels and rules, the outbox of messages, and the addresses to which users are sent warnings. The
//! module `notify` sends them.

mod alert_address;
mod channels;
mod outbox;
mod rules;
mod settings;
mod warnings;

use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::Notify;

pub(super) use self::channels::owner;
pub use self::{
    alert_address::{AddressConfirmation, AlertAddress, AlertAddresses, PendingAddress},
    channels::{ChannelChanges, NewChannel},
    outbox::{DueMessage, Message},
    rules::{NewRule, RuleChanges},
    settings::{ChannelSettings, EmailSettings, SmtpSecurity},
    warnings::{KeyEnd, WarnedUsers},
};
use crate::{
    clock::SharedClock,
    crypto::{token, vault::Vault},
    db::Database,
    domain::settings::Settings,
};

/// The service for channels, rules and the outbox.
#[derive(Clone, Debug)]
pub struct Notifications {
    db: Database,
    clock: SharedClock,
    vault: Arc<Vault>,
    settings: Settings,
    /// Notified when a message is enqueued or a rule changes.
    changed: Arc<Notify>,
}

impl Notifications {
    pub fn new(db: Database, clock: SharedClock, vault: Arc<Vault>, settings: Settings) -> Self {
        Self {
            db,
            clock,
            vault,
            settings,
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
