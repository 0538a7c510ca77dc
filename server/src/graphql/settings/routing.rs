//! Settings of how the engine routes requests among accounts.

use async_graphql::{Enum, InputObject, SimpleObject};

use crate::{domain::settings, graphql::types::scalar::int};

/// The order in which accounts of the same priority are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "settings::RoutingStrategy")]
enum RoutingStrategy {
    /// In turn.
    RoundRobin,
    /// In turn, in proportion to the accounts' weights.
    Weighted,
    /// The first until it cannot serve a request, then the next.
    FillFirst,
}

/// How the engine routes requests among accounts. It applies to all providers.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct RoutingSettings {
    /// The order in which accounts of the same priority are used.
    strategy: RoutingStrategy,
    /// Whether a conversation stays with the account that it started on, which keeps the provider's cache
    /// warm.
    session_affinity: bool,
    /// How long a conversation stays with its account, in seconds.
    session_affinity_seconds: i32,
    /// How many times to retry a failed request with the accounts.
    request_retries: i32,
    /// How many accounts to try per attempt; 0 for all.
    max_retry_credentials: i32,
    /// How long a request waits at most for an account in cooldown before a retry, in seconds.
    max_retry_interval_seconds: i32,
    /// Whether accounts that failed are skipped for a while.
    cooldown: bool,
    /// The cooldown after a transient failure (408, 5xx), in seconds; 0 disables it.
    transient_cooldown_seconds: i32,
    /// The interval of keep-alive events on a silent stream, in seconds, so that proxies with an idle timeout
    /// keep the connection; 0 disables them. Clients ignore these events in each protocol.
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

/// Changes to how the engine routes requests among accounts. Omitted fields stay as they are.
#[derive(InputObject)]
pub(crate) struct RoutingSettingsInput {
    /// The order in which accounts of the same priority are used.
    strategy: Option<RoutingStrategy>,
    /// Whether a conversation stays with the account that it started on.
    session_affinity: Option<bool>,
    /// How long a conversation stays with its account, in seconds: 60 to 604800.
    session_affinity_seconds: Option<u32>,
    /// How many times to retry a failed request with the accounts: 0 to 10.
    request_retries: Option<u32>,
    /// How many accounts to try per attempt: 1 to 1000, or 0 for all.
    max_retry_credentials: Option<u32>,
    /// How long a request waits at most for an account in cooldown before a retry, in seconds: 0 to 3600.
    max_retry_interval_seconds: Option<u32>,
    /// Whether accounts that failed are skipped for a while.
    cooldown: Option<bool>,
    /// The cooldown after a transient failure, in seconds: 0 to 3600.
    transient_cooldown_seconds: Option<u32>,
    /// The interval of keep-alive events on a silent stream, in seconds: 1 to 600, or 0 to disable them.
    stream_keepalive_seconds: Option<u32>,
}

impl RoutingSettingsInput {
    /// Applies the given fields to the settings.
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
