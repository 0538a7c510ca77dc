//! Notifications: channels, rules, and the outbox of pending messages. Sending them is the
//! business of the room `notify`.

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
    outbox::{Due, Message},
    rules::{NewRule, RuleChanges},
    settings::{ChannelSettings, EmailSettings, SmtpSecurity},
};
use crate::{
    clock::SharedClock,
    crypto::{token, vault::Vault},
    db::Database,
};

/// The channels, the rules and the outbox.
#[derive(Clone, Debug)]
pub struct Notifications {
    db: Database,
    clock: SharedClock,
    vault: Arc<Vault>,
    /// Notifies of pending messages and of changed rules.
    news: Arc<Notify>,
}

impl Notifications {
    /// The service over this database.
    pub fn new(db: Database, clock: SharedClock, vault: Arc<Vault>) -> Self {
        Self {
            db,
            clock,
            vault,
            news: Arc::default(),
        }
    }

    /// Waits until something new is to be sent.
    pub async fn news(&self) {
        self.news.notified().await;
    }
}

/// Generates the secret with which the messages of a webhook are signed.
pub fn signing_secret() -> SecretString {
    SecretString::from(token::generate("whsec_").as_str())
}
