//! The settings of the gateway.

use std::time::Duration;

use entity::RateLimit;
use serde::{Deserialize, Serialize};

use super::{Result, define::define_settings, routing::RoutingSettings};
use crate::domain::users::{
    api_keys::{KeyPolicy, OwnKeyPolicy, SignInPolicy},
    rate_limits,
};

const MIB: u64 = 1024 * 1024;

const DEFAULT_RATE_LIMIT: RateLimit = RateLimit {
    requests_per_minute: Some(60),
    tokens_per_minute: None,
    // Several coding agents of one person, each with subagents.
    concurrent_requests: Some(64),
    // Each agent session and subagent may keep one open.
    concurrent_sockets: Some(32),
    max_wait_seconds: None,
};

/// The treatment of upstream responses after the client has disconnected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbortPolicy {
    /// Read to the usage report, within the drain limits.
    Drain,
    /// Abort the upstream response and estimate the usage from the part that was read.
    Cancel,
}

/// The table of settings. `$with` is the macro that receives it: `define_settings` here and `graphql_settings` in
/// `graphql::settings`.
macro_rules! gateway_settings {
    ($with:ident $($head:tt)*) => {
        $with! {
            $($head)*

            /// How to continue a request whose client disconnects.
            abort_policy: AbortPolicy = AbortPolicy::Drain;

            /// How long to read the response of a disconnected client, in seconds.
            drain_seconds: u32 = 120, in 1..=3600;

            /// How much of the response of a disconnected client to read at most, in bytes.
            drain_bytes: u64 = 16 * MIB, in 65_536..=1_073_741_824;

            /// How many responses of disconnected clients to read concurrently; others are aborted.
            drain_concurrency: u32 = 64, in 0..=10_000;

            /// The maximum body size of a gateway request, in bytes.
            max_body_bytes: u64 = 64 * MIB, in 1024..=1_073_741_824;

            /// The rate limit of users that have none of their own.
            default_rate_limit: RateLimit = DEFAULT_RATE_LIMIT;

            /// How many requests of all users may wait for rate limits; others are refused. Of one user twice the concurrent
            /// requests may wait: at least 4, at most 32.
            max_waiting: u32 = 1000, in 0..=10_000;

            /// The output tokens to reserve for a request that sets no maximum.
            assumed_output_tokens: u32 = 4096, in 1..=1_000_000;

            /// Whether the records of failed requests keep the error messages that clients received, without secrets.
            /// Messages that are already kept stay until their records are deleted.
            keep_error_messages: bool = true;

            /// How many days to keep request records. Usage statistics are kept longer.
            retention_days: u32 = 90, in 1..=3650;

            // The slowest models think for a quarter of an hour before their first byte.
            /// The timeout until the first byte of a provider's response, in seconds, including the upload of the
            /// request.
            answer_timeout_seconds: u32 = 1800, in 1..=86_400;

            /// The interval of scheduled backups, in hours; 0 disables them. They require `BACKUP_PASSPHRASE`.
            backup_every_hours: u32 = 0, in 1..=8760 or 0;

            /// How many backups to keep when a scheduled one is created.
            backups_kept: u32 = 7, in 1..=1000;

            // More frequent checks would not look like normal use to a provider.
            /// The interval of account health checks, in minutes; 0 disables them.
            account_check_minutes: u32 = 0, in 15..=1440 or 0;

            /// Whether the managed engine refreshes its model catalogue from the internet: at its start, and every three
            /// hours. Otherwise it serves the models that it was built with, which suits a server without access to the
            /// internet. A change restarts the engine; requests in flight finish first.
            refresh_model_catalogue: bool = true;

            /// Whether users may create, rename, rotate and revoke their own keys, within the bounds of the key that they
            /// use.
            own_keys: bool = false;

            /// The number of active keys up to which a user creates keys, those of administrators included.
            own_keys_maximum: u32 = 5, in 1..=100;

            /// Whether agents such as Claude Code and Codex may sign in: a user confirms with an API key, and the
            /// agent gets tokens that are valid for an hour and bounded by that key.
            agent_sign_in: bool = true;

            /// How many days a sign-in of an agent lasts, at most as long as the key that confirmed it.
            agent_sign_in_days: u32 = 90, in 1..=365;

            /// Whether users may set an e-mail address of their own, which is sent warnings about their quotas through the
            /// oldest enabled e-mail channel.
            own_alert_addresses: bool = false;

            /// How many days a key lives at most, from its creation; 0 for no maximum. It holds for existing keys too, and a
            /// later expiry of a key does not prolong it.
            max_key_life_days: u32 = 0, in 1..=3650 or 0;

            /// After how many days without a request a key ends; 0 for never. A key that was never used counts from its
            /// creation. It holds for existing keys too.
            max_key_idle_days: u32 = 0, in 1..=3650 or 0;

            /// The period in which the networks of a key's requests are compared, in minutes; 0 turns that off. A key without
            /// allowed networks that is used from two networks in turn raises an alert.
            key_network_minutes: u32 = 15, in 1..=1440 or 0;

            /// Whether such a key is revoked too, with the keys that its user created with it.
            revoke_key_in_two_networks: bool = false;

            /// How the engine routes requests among accounts, for all providers.
            routing: RoutingSettings = RoutingSettings::default();
        }
    };
}

gateway_settings! { define_settings struct GatewaySettings; }

pub(crate) use gateway_settings;

impl GatewaySettings {
    /// The maximum time for draining one response.
    pub fn drain_time(&self) -> Duration {
        Duration::from_secs(u64::from(self.drain_seconds))
    }

    /// The time limit for the start of the engine's response.
    pub fn answer_timeout(&self) -> Duration {
        Duration::from_secs(u64::from(self.answer_timeout_seconds))
    }

    /// The bounds within which users manage their own keys.
    pub fn own_key_policy(&self) -> OwnKeyPolicy {
        OwnKeyPolicy {
            is_allowed: self.own_keys,
            maximum: self.own_keys_maximum,
        }
    }

    /// The bounds of the life of all keys.
    pub fn key_policy(&self) -> KeyPolicy {
        KeyPolicy {
            max_life_days: self.max_key_life_days,
            max_idle_days: self.max_key_idle_days,
        }
    }

    /// The bounds of sign-ins of agents.
    pub fn sign_in_policy(&self) -> SignInPolicy {
        SignInPolicy {
            is_allowed: self.agent_sign_in,
            days: self.agent_sign_in_days,
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        self.check_ranges()?;
        self.routing.check_ranges()?;
        rate_limits::check(&self.default_rate_limit)
    }
}
