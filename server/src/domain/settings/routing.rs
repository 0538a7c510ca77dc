//! How the engine chooses among accounts. These hold for all providers: the engine has them once.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Result, within};

const HOUR: u32 = 3600;

/// In what order accounts take their turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoutingStrategy {
    /// One after another.
    #[default]
    RoundRobin,
    /// One after another, in proportion to their weights.
    Weighted,
    /// The first until it cannot serve, then the next.
    FillFirst,
}

/// The settings of routing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoutingSettings {
    pub strategy: RoutingStrategy,
    /// Whether a conversation stays with the account that began it, which keeps its cache warm.
    pub session_affinity: bool,
    /// For how long it stays.
    pub session_affinity_seconds: u32,
    /// Further rounds through the accounts for a failed request.
    pub request_retries: u32,
    /// How many accounts one round tries; 0 for all.
    pub max_retry_credentials: u32,
    /// How long a request may wait for an account that cools before its next round.
    pub max_retry_interval_seconds: u32,
    /// Whether accounts that failed are left alone for a while.
    pub cooldown: bool,
    /// For how long after a failure that passes (408, 5xx); 0 for not at all.
    pub transient_cooldown_seconds: u32,
    /// After how long a silent stream gets a keep-alive event, so that proxies and tools keep its connection
    /// open; 0 for never.
    pub stream_keepalive_seconds: u32,
}

impl Default for RoutingSettings {
    fn default() -> Self {
        Self {
            strategy: RoutingStrategy::default(),
            session_affinity: false,
            session_affinity_seconds: HOUR,
            // The caller's own program retries; the engine tries each account once.
            request_retries: 0,
            max_retry_credentials: 0,
            max_retry_interval_seconds: 0,
            cooldown: true,
            // A failure of one user's request blocks the model for everybody this long. The engine's
            // own default is a minute; a second suffices to prefer another account.
            transient_cooldown_seconds: 1,
            // Bodies pass byte for byte unless an administrator decides otherwise.
            stream_keepalive_seconds: 0,
        }
    }
}

impl RoutingSettings {
    /// After how long a silent stream gets a keep-alive event; `None` for never.
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
