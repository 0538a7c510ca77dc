//! How the engine chooses among accounts: settings that hold for all providers.

use async_graphql::{Enum, InputObject, Object};

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

/// How the engine chooses among accounts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RoutingSettings(pub(crate) settings::RoutingSettings);

/// How the engine chooses among accounts. It does so in one way for all providers.
#[Object]
impl RoutingSettings {
    /// In what order accounts of the same priority take their turns.
    async fn strategy(&self) -> RoutingStrategy {
        self.0.strategy.into()
    }

    /// Whether a conversation stays with the account that began it, which keeps its cache warm.
    async fn session_affinity(&self) -> bool {
        self.0.session_affinity
    }

    /// For how long it stays, in seconds.
    async fn session_affinity_seconds(&self) -> i32 {
        int(self.0.session_affinity_seconds)
    }

    /// How many more rounds through the accounts a failed request is worth.
    async fn request_retries(&self) -> i32 {
        int(self.0.request_retries)
    }

    /// How many accounts one round tries; 0 for all.
    async fn max_retry_credentials(&self) -> i32 {
        int(self.0.max_retry_credentials)
    }

    /// How long a request may wait for an account that cools before its next round, in seconds.
    async fn max_retry_interval_seconds(&self) -> i32 {
        int(self.0.max_retry_interval_seconds)
    }

    /// Whether accounts that failed are left alone for a while.
    async fn cooldown(&self) -> bool {
        self.0.cooldown
    }

    /// For how long after a failure that passes (408, 5xx), in seconds; 0 for not at all.
    async fn transient_cooldown_seconds(&self) -> i32 {
        int(self.0.transient_cooldown_seconds)
    }

    /// After how many seconds of silence a stream gets a keep-alive event, so that proxies with a time limit
    /// for silence keep its connection open; 0 for never. Each protocol has an event that its tools ignore.
    async fn stream_keepalive_seconds(&self) -> i32 {
        int(self.0.stream_keepalive_seconds)
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
