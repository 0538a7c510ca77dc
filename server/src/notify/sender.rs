//! The task that delivers the outbox concurrently and retries failures with back-off.

use std::{sync::Arc, time::Duration};

use entity::notification;
use futures_util::{StreamExt as _, stream};
use sea_orm::ActiveEnum as _;
use secrecy::ExposeSecret as _;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Addresses, Dispatcher, Message, NotificationMetrics};
use crate::{
    clock::SharedClock,
    domain::{
        Error, Result,
        notifications::{AddressConfirmation, ChannelSettings, DueMessage, Notifications},
    },
    outage::{Outage, Outages},
};

const MAX_CONCURRENT: usize = 8;
/// Concurrent messages that their callers wait for: tests by administrators, and codes.
const MAX_WAITED_FOR: usize = 4;
/// How long a due message may wait.
const POLL_INTERVAL: Duration = Duration::from_secs(15);

/// Delivers messages.
#[derive(Clone, Debug)]
pub struct Sender {
    notifications: Notifications,
    clock: SharedClock,
    dispatcher: Dispatcher,
    waited_for: Arc<Semaphore>,
    metrics: NotificationMetrics,
    /// The channels that currently fail.
    failing: Arc<Outages<Uuid>>,
}

impl Sender {
    /// A sender of this outbox.
    pub fn new(notifications: Notifications, clock: SharedClock, addresses: Addresses) -> Self {
        Self {
            notifications,
            clock,
            dispatcher: Dispatcher { addresses },
            waited_for: Arc::new(Semaphore::new(MAX_WAITED_FOR)),
            metrics: NotificationMetrics::default(),
            failing: Arc::default(),
        }
    }

    /// The metrics of deliveries.
    pub fn metrics(&self) -> &NotificationMetrics {
        &self.metrics
    }

    /// Runs until cancelled. Interrupted deliveries are repeated some minutes later.
    pub async fn run(self, stop: CancellationToken) {
        let outage = Outage::new(Duration::ZERO);
        loop {
            let passed = stop.run_until_cancelled(self.pass()).await;
            match passed {
                None => return,
                Some(passed) => outage.note(
                    &passed,
                    |error| tracing::warn!(?error, "cannot send notifications; trying again"),
                    |ended| {
                        let elapsed_ms = ended.lasted_ms();
                        tracing::info!(elapsed_ms, "notifications are sent again");
                    },
                ),
            }
            let wait = async {
                tokio::select! {
                    () = self.notifications.changed() => {}
                    () = sleep(POLL_INTERVAL) => {}
                }
            };
            if stop.run_until_cancelled(wait).await.is_none() {
                return;
            }
        }
    }

    /// Sends all due messages once. Returns the number of successes.
    pub async fn pass(&self) -> Result<usize> {
        let due = self.notifications.claim_due().await?;
        let sending = due.into_iter().map(|due| self.send(due));
        let mut sending = stream::iter(sending).buffer_unordered(MAX_CONCURRENT);
        let mut sent = 0;
        while let Some(is_delivered) = sending.next().await {
            sent += usize::from(is_delivered?);
        }
        Ok(sent)
    }

    async fn send(&self, due: DueMessage) -> Result<bool> {
        let message = message(&due.notification);
        let outcome = self
            .dispatcher
            .deliver(&due.settings, &self.dated(message))
            .await;
        let is_delivered = outcome.is_ok();
        self.metrics.record_attempt(is_delivered);
        // The error of a mail server can name the address of a user.
        if due.notification.user_id.is_none() {
            self.log(due.notification.channel_id, &outcome);
        }
        self.notifications
            .record_attempt(due.notification, outcome)
            .await?;
        Ok(is_delivered)
    }

    /// Logs one line when a channel starts to fail, and one when it works again.
    fn log(&self, channel: Uuid, outcome: &std::result::Result<(), String>) {
        match outcome {
            Ok(()) => {
                if let Some(ended) = self.failing.worked(&channel) {
                    tracing::info!(
                        channel.id = %channel,
                        elapsed_ms = ended.lasted_ms(),
                        failures = ended.failures,
                        "notifications are delivered again"
                    );
                }
            }
            Err(problem) => {
                if self.failing.failed(channel) {
                    tracing::warn!(
                        channel.id = %channel,
                        problem,
                        "cannot deliver notifications; retrying"
                    );
                }
            }
        }
    }

    /// A permit to send a message that its caller waits for; fails if too many are being sent.
    pub fn reserve(&self) -> Result<SemaphorePermit<'_>> {
        let permit = self.waited_for.try_acquire();
        permit.map_err(|_| {
            Error::Conflict("other messages are being sent; try again in a moment".to_owned())
        })
    }

    /// Sends a test message to a channel. The inner result is that of the delivery.
    pub async fn test(&self, channel_id: Uuid) -> Result<std::result::Result<(), String>> {
        let _place = self.reserve()?;
        let (channel, settings) = self.notifications.open_channel(channel_id).await?;
        let message = Message {
            id: Uuid::now_v7().to_string(),
            event: "test".to_owned(),
            subject: format!("channel:{channel_id}"),
            title: "ProxyPal: test".to_owned(),
            body: format!("The channel {:?} works.", channel.name),
            at: 0,
        };
        let outcome = self
            .dispatcher
            .deliver(&settings, &self.dated(message))
            .await;
        let problem = outcome.as_ref().err().map(String::as_str);
        self.notifications
            .record_delivery(channel_id, problem)
            .await?;
        Ok(outcome)
    }

    /// Sends the code that confirms a user's alert address. Fails without the mail server's error, which can name the
    /// address.
    pub async fn confirm_address(
        &self,
        confirmation: &AddressConfirmation,
        public_url: &str,
    ) -> Result<()> {
        let (code, minutes) = (
            confirmation.code.expose_secret(),
            confirmation.life.num_minutes(),
        );
        let message = Message {
            id: Uuid::now_v7().to_string(),
            event: "confirmation".to_owned(),
            subject: "alert-address".to_owned(),
            title: "ProxyPal: confirm your alert address".to_owned(),
            body: format!(
                "Code: {code}\n\nEnter it at {public_url} within {minutes} minutes, and warnings about the quotas of {} \
                 will be sent to this address. If you did not ask for this, ignore this message.",
                confirmation.user_name
            ),
            at: 0,
        };
        let settings = ChannelSettings::Email(confirmation.settings.clone());
        let outcome = self
            .dispatcher
            .deliver(&settings, &self.dated(message))
            .await;
        self.metrics.record_attempt(outcome.is_ok());
        outcome.map_err(|_| {
            Error::Conflict(
                "the code could not be sent: the mail server refused the message or did not respond; check the address, or try again later"
                    .to_owned(),
            )
        })
    }

    /// Receivers refuse old timestamps, so each attempt gets its own.
    fn dated(&self, message: Message) -> Message {
        let at = self.clock.now().timestamp();
        Message { at, ..message }
    }
}

fn message(notification: &notification::Model) -> Message {
    Message {
        id: notification.id.to_string(),
        event: notification.event.to_value(),
        subject: notification.subject.clone(),
        title: notification.title.clone(),
        body: notification.body.clone(),
        at: 0,
    }
}
