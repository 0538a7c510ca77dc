//! How the engine selects accounts, for all providers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::define::define_settings;

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

/// The order in which accounts with engines of their own are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountStrategy {
    /// The one of which most is left of its fullest usage window.
    #[default]
    MostLeft,
    /// In turn.
    RoundRobin,
    /// The oldest one until it cannot serve, then the next.
    FillFirst,
    /// The one whose window resets first, so that nothing of it is lost.
    SoonestReset,
}

/// The table of settings. `$with` is the macro that receives it: `define_settings` here and `graphql_settings` in
/// `graphql::settings`.
macro_rules! routing_settings {
    ($with:ident $($head:tt)*) => {
        $with! {
            $($head)*

            /// The order in which accounts of the same priority are used.
            strategy: RoutingStrategy = RoutingStrategy::RoundRobin;

            /// The order in which accounts with engine processes of their own are used, which a stop line, a limit of requests at
            /// a time or an account group give them. The session's account and the priority come first.
            account_strategy: AccountStrategy = AccountStrategy::MostLeft;

            /// Whether a conversation stays with the account that it started on, which keeps the provider's cache
            /// warm.
            session_affinity: bool = false;

            /// How long a conversation stays with its account, in seconds.
            session_affinity_seconds: u32 = 3600, in 60..=604_800;

            // Clients retry themselves; the engine tries each account once.
            /// How many times to retry a failed request with the accounts.
            request_retries: u32 = 0, in 0..=10;

            /// How many accounts to try per attempt; 0 for all.
            max_retry_credentials: u32 = 0, in 1..=1000 or 0;

            /// How long a request waits at most for an account in cooldown before a retry, in seconds.
            max_retry_interval_seconds: u32 = 0, in 0..=3600;

            /// Whether accounts that failed are skipped for a while.
            cooldown: bool = true;

            // A failure of one user's request blocks the model for all users this long. The engine's default is a
            // minute; a second is enough to prefer another account.
            /// The cooldown after a transient failure (408, 5xx), in seconds; 0 disables it.
            transient_cooldown_seconds: u32 = 1, in 1..=3600 or 0;

            // Bodies pass byte for byte unless an administrator changes this.
            /// The interval of keep-alive events on a silent stream, in seconds, so that proxies with an idle timeout
            /// keep the connection; 0 disables them. Clients ignore these events in each protocol.
            stream_keepalive_seconds: u32 = 0, in 1..=600 or 0;
        }
    };
}

routing_settings! { define_settings #[derive(Copy)] struct RoutingSettings; }

pub(crate) use routing_settings;

impl RoutingSettings {
    /// `None` turns keep-alive events off.
    pub fn stream_keepalive(&self) -> Option<Duration> {
        let seconds = self.stream_keepalive_seconds;
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    }
}
