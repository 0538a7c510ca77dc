//! The task that evaluates notification rules periodically and when the engine or an account changes. It reads memory
//! and runs small queries; requests never wait for it.

use std::time::Duration;

use entity::notification_rule::{self, NotificationEvent};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{messages, window_messages as windows};
use crate::{
    clock::SharedClock,
    domain::{
        Result,
        alerts::Alerts,
        notifications::{KeyEnd, Message, Notifications, WarnedUsers},
        provider_accounts::ProviderAccounts,
        requests::RequestLog,
        users::{Users, api_keys::ApiKeys, quotas::Quotas},
    },
    engine::EngineHandle,
    outage::Outage,
};

const POLL_INTERVAL: Duration = Duration::from_secs(30);
/// Percentages of their quotas at which users are warned.
pub const OWN_PERCENTS: [u8; 3] = [80, 95, 100];

/// The sources of alert conditions.
#[derive(Clone, Debug)]
pub struct AlertSources {
    pub quotas: Quotas,
    pub api_keys: ApiKeys,
    pub users: Users,
    pub accounts: ProviderAccounts,
    pub requests: RequestLog,
    pub alerts: Alerts,
    pub engine: EngineHandle,
    pub clock: SharedClock,
}

/// Evaluates notification rules.
#[derive(Clone, Debug)]
pub struct Watcher {
    notifications: Notifications,
    sources: AlertSources,
}

impl Watcher {
    /// A watcher of these rules and sources.
    pub fn new(notifications: Notifications, sources: AlertSources) -> Self {
        Self {
            notifications,
            sources,
        }
    }

    /// Runs until cancelled.
    pub async fn run(self, stop: CancellationToken) {
        let mut engine = self.sources.engine.watch();
        let mut accounts = self.sources.accounts.changes();
        let outage = Outage::new(Duration::ZERO);
        loop {
            let wait = async {
                tokio::select! {
                    Ok(()) = engine.changed() => {}
                    Ok(()) = accounts.changed() => {}
                    () = sleep(POLL_INTERVAL) => {}
                }
            };
            if stop.run_until_cancelled(wait).await.is_none() {
                return;
            }
            match stop.run_until_cancelled(self.evaluate()).await {
                None => return,
                Some(looked) => outage.note(
                    &looked,
                    |error| {
                        tracing::warn!(?error, "cannot evaluate notification rules; retrying");
                    },
                    |ended| {
                        let elapsed_ms = ended.lasted_ms();
                        tracing::info!(elapsed_ms, "notification rules are evaluated again");
                    },
                ),
            }
        }
    }

    /// Evaluates all rules and the quotas of users who want warnings once. Returns the number of new messages.
    pub async fn evaluate(&self) -> Result<usize> {
        let mut reported = 0;
        for rule in self.notifications.rules().await? {
            if rule.enabled {
                reported += self.apply(&rule).await?;
            }
        }
        Ok(reported + self.warn_users().await?)
    }

    /// Warns users about their own quotas and keys.
    async fn warn_users(&self) -> Result<usize> {
        let Some(users) = self.notifications.warned_users().await? else {
            return Ok(0);
        };
        let now = self.sources.clock.now();
        let mut warned = 0;
        for (meter, percent) in messages::reached(&self.sources.quotas, &OWN_PERCENTS, now).await? {
            if users.has_to_warn(&meter.quota, percent, now)? {
                let message = messages::own_quota(&meter, percent, now);
                let reached = (&meter.quota, percent);
                self.notifications.warn(&users, reached, &message).await?;
                warned += 1;
            }
        }
        Ok(warned + self.warn_of_keys(&users).await?)
    }

    async fn warn_of_keys(&self, users: &WarnedUsers) -> Result<usize> {
        let mut warned = 0;
        for expiring in self.sources.api_keys.expiring().await? {
            let end = KeyEnd {
                user_id: expiring.key.user_id,
                api_key_id: expiring.key.id,
                ends_at: expiring.ends_at,
                days: expiring.days,
            };
            if users.has_to_warn_of_key(&end) {
                let message = messages::own_key(&expiring);
                self.notifications
                    .warn_of_key(users, &end, &message)
                    .await?;
                warned += 1;
            }
        }
        Ok(warned)
    }

    async fn apply(&self, rule: &notification_rule::Model) -> Result<usize> {
        let found = self.conditions(rule).await?;
        let subjects: Vec<_> = found
            .iter()
            .map(|message| message.subject.clone())
            .collect();
        self.notifications
            .clear_conditions_except(rule, &subjects)
            .await?;
        let mut reported = 0;
        for message in &found {
            reported += usize::from(self.notifications.enqueue(rule, message).await?);
        }
        Ok(reported)
    }

    /// The messages of all current conditions.
    async fn conditions(&self, rule: &notification_rule::Model) -> Result<Vec<Message>> {
        let sources = &self.sources;
        let now = sources.clock.now();
        match rule.event {
            NotificationEvent::Quota => {
                messages::quotas(&sources.quotas, &sources.users, &rule.percents.0, now).await
            }
            NotificationEvent::AccountFailing => {
                let reported = sources.engine.accounts().await;
                let accounts = sources.accounts.list().await?.into_iter();
                let with_state = accounts.map(|account| {
                    let state = sources.accounts.state(&account, reported.as_deref());
                    (account, state)
                });
                Ok(messages::failing(with_state))
            }
            NotificationEvent::AccountExpired => {
                Ok(messages::expired(sources.accounts.list().await?, now))
            }
            NotificationEvent::EngineDown => Ok(messages::engine(&sources.engine.status())),
            NotificationEvent::ModelUnpriced => messages::unpriced(&sources.alerts).await,
            NotificationEvent::WindowForecast => windows::forecast(&sources.accounts).await,
            NotificationEvent::OutsideUse => windows::outside(&sources.accounts).await,
            NotificationEvent::AllowanceChanged => {
                windows::allowance_changed(&sources.accounts).await
            }
            NotificationEvent::KeyExpiring => {
                let expiring = sources.api_keys.expiring().await?;
                Ok(expiring.iter().map(messages::key).collect())
            }
            NotificationEvent::ErrorRate => {
                let limit = rule.percents.0.first().copied().unwrap_or(100);
                messages::error_rate(&sources.requests, limit, now).await
            }
        }
    }
}
