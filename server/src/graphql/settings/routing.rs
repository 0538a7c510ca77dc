//! How the engine chooses among accounts: settings that hold for all providers.

use async_graphql::{Enum, InputObject, SimpleObject};

use crate::{domain::settings, graphql::types::scalar::int};

/// In what order accounts take their turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "settings::RoutingStrategy")]
enum RoutingStrategy {
    /// One after another.
    RoundRobin,
    /// One after another, in proportion to their weights.
    Weighted,
    /// The first until it cannot serve, then the next.
    FillFirst,
}

/// How the engine chooses among accounts. It does so in one way for all providers.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct RoutingSettings {
    /// In what order accounts of the same priority take their turns.
    strategy: RoutingStrategy,
    /// Whether a conversation stays with the account that began it, which keeps its cache warm.
    session_affinity: bool,
    /// For how long it stays, in seconds.
    session_affinity_seconds: i32,
    /// How many more rounds through the accounts a failed request is worth.
    request_retries: i32,
    /// How many accounts one round tries; 0 for all.
    max_retry_credentials: i32,
    /// How long a request may wait for an account that cools before its next round, in seconds.
    max_retry_interval_seconds: i32,
    /// Whether accounts that failed are left alone for a while.
    cooldown: bool,
    /// For how long after a failure that passes (408, 5xx), in seconds; 0 for not at all.
    transient_cooldown_seconds: i32,
    /// After how many seconds of silence a stream gets a keep-alive event, so that proxies with a time limit
    /// for silence keep its connection open; 0 for never. Each protocol has an event that its tools ignore.
    stream_keepalive_seconds: i32,
}

impl From<settings::RoutingSettings> for RoutingSettings {
    fn from(row: settings::RoutingSettings) -> Self {
        Self {
            strategy: row.strategy.into(),
            session_affinity: row.session_affinity,
            session_affinity_seconds: int(row.session_affinity_seconds),
            request_retries: int(row.request_retries),
            max_retry_credentials: int(row.max_retry_credentials),
            max_retry_interval_seconds: int(row.max_retry_interval_seconds),
            cooldown: row.cooldown,
            transient_cooldown_seconds: int(row.transient_cooldown_seconds),
            stream_keepalive_seconds: int(row.stream_keepalive_seconds),
        }
    }
}

/// How the engine shall choose among accounts. What is left out stays.
#[derive(InputObject)]
pub(crate) struct RoutingSettingsInput {
    /// In what order accounts of the same priority take their turns.
    strategy: Option<RoutingStrategy>,
    /// Whether a conversation stays with the account that began it.
    session_affinity: Option<bool>,
    /// For how long it stays, in seconds: 60 to 604800.
    session_affinity_seconds: Option<u32>,
    /// How many more rounds through the accounts a failed request is worth: 0 to 10.
    request_retries: Option<u32>,
    /// How many accounts one round tries: 0 for all, up to 1000.
    max_retry_credentials: Option<u32>,
    /// How long a request may wait for an account that cools, in seconds: 0 to 3600.
    max_retry_interval_seconds: Option<u32>,
    /// Whether accounts that failed are left alone for a while.
    cooldown: Option<bool>,
    /// For how long after a failure that passes, in seconds: 0 to 3600.
    transient_cooldown_seconds: Option<u32>,
    /// After how many seconds of silence a stream gets a keep-alive event: 1 to 600; 0 for never.
    stream_keepalive_seconds: Option<u32>,
}

impl RoutingSettingsInput {
    /// Puts what is said into settings.
    pub(crate) fn apply(self, routing: &mut settings::RoutingSettings) {
        if let Some(strategy) = self.strategy {
            routing.strategy = strategy.into();
        }
        if let Some(affinity) = self.session_affinity {
            routing.session_affinity = affinity;
        }
        if let Some(seconds) = self.session_affinity_seconds {
            routing.session_affinity_seconds = seconds;
        }
        if let Some(retries) = self.request_retries {
            routing.request_retries = retries;
        }
        if let Some(credentials) = self.max_retry_credentials {
            routing.max_retry_credentials = credentials;
        }
        if let Some(seconds) = self.max_retry_interval_seconds {
            routing.max_retry_interval_seconds = seconds;
        }
        if let Some(cooldown) = self.cooldown {
            routing.cooldown = cooldown;
        }
        if let Some(seconds) = self.transient_cooldown_seconds {
            routing.transient_cooldown_seconds = seconds;
        }
        if let Some(seconds) = self.stream_keepalive_seconds {
            routing.stream_keepalive_seconds = seconds;
        }
    }
}
