//! How the engine selects accounts, for all providers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Result, within};

const HOUR: u32 = 3600;

/// The order in which accounts are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoutingStrategy {
    /// In turn.
    #[default]
    RoundRobin,
    /// In turn, in proportion to their weights.
    Weighted,
    /// The first one until it cannot serve, then the next.
    FillFirst,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoutingSettings {
    pub strategy: RoutingStrategy,
    /// Whether a conversation stays on one account, so that the provider's prompt cache is used.
    pub session_affinity: bool,
    /// The idle time after which a conversation may move.
    pub session_affinity_seconds: u32,
    /// The number of further rounds over the accounts after a failed request.
    pub request_retries: u32,
    /// The number of accounts tried per round; 0 for all.
    pub max_retry_credentials: u32,
    /// The maximum time that a request waits for an account in cooldown before the next round.
    pub max_retry_interval_seconds: u32,
    /// Whether failed accounts are skipped for a while.
    pub cooldown: bool,
    /// The cooldown after a transient failure (408, 5xx); 0 for none.
    pub transient_cooldown_seconds: u32,
    /// The idle time after which a stream gets a keep-alive event, so that proxies and clients keep the connection
    /// open; 0 for never.
    pub stream_keepalive_seconds: u32,
}

impl Default for RoutingSettings {
    fn default() -> Self {
        Self {
            strategy: RoutingStrategy::default(),
            session_affinity: false,
            session_affinity_seconds: HOUR,
            // Clients retry themselves; the engine tries each account once.
            request_retries: 0,
            max_retry_credentials: 0,
            max_retry_interval_seconds: 0,
            cooldown: true,
            // A failure of one user's request blocks the model for all users this long. The engine's default is a
            // minute; a second is enough to prefer another account.
            transient_cooldown_seconds: 1,
            // Bodies pass byte for byte unless an administrator changes this.
            stream_keepalive_seconds: 0,
        }
    }
}

impl RoutingSettings {
    /// `None` turns keep-alive events off.
    pub fn stream_keepalive(&self) -> Option<Duration> {
        let seconds = self.stream_keepalive_seconds;
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    }

    pub(super) fn check(&self) -> Result<()> {
        let affinity = self.session_affinity_seconds.into();
        within("sessionAffinitySeconds", affinity, 60, 7 * 24 * 3600)?;
        within("requestRetries", self.request_retries.into(), 0, 10)?;
        let credentials = self.max_retry_credentials.into();
        within("maxRetryCredentials", credentials, 0, 1000)?;
        let interval = self.max_retry_interval_seconds.into();
        within("maxRetryIntervalSeconds", interval, 0, HOUR.into())?;
        let transient = self.transient_cooldown_seconds.into();
        within("transientCooldownSeconds", transient, 0, HOUR.into())?;
        let keepalive = self.stream_keepalive_seconds.into();
        within("streamKeepaliveSeconds", keepalive, 0, 600)
    }
}
