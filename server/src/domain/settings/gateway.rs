//! The settings of the gateway.

use std::time::Duration;

use entity::RateLimit;
use serde::{Deserialize, Serialize};

use super::{Result, routing::RoutingSettings, within};
use crate::domain::users::{api_keys::OwnKeyPolicy, rate_limits};

const MIB: u64 = 1024 * 1024;

/// The treatment of upstream responses after the client has disconnected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbortPolicy {
    /// Read to the usage report, within the drain limits.
    Drain,
    /// Abort the upstream response and estimate the usage from the part that was read.
    Cancel,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GatewaySettings {
    pub abort_policy: AbortPolicy,
    /// The maximum time for draining one response.
    pub drain_seconds: u32,
    /// The maximum size of a drained response.
    pub drain_bytes: u64,
    /// The maximum number of concurrently drained responses; further ones are aborted.
    pub drain_concurrency: u32,
    /// The maximum size of request bodies.
    pub max_body_bytes: u64,
    /// The rate limits of users without their own.
    pub default_rate_limit: RateLimit,
    /// The tokens reserved for the response of a request without an output limit.
    pub assumed_output_tokens: u32,
    /// Whether the record of a failed request keeps the error's message.
    pub keep_error_messages: bool,
    /// The retention of single requests; sums are kept.
    pub retention_days: u32,
    /// The time limit for the start of the engine's response, including the upload of the request.
    pub answer_timeout_seconds: u32,
    /// The interval of scheduled backups; 0 turns them off.
    pub backup_every_hours: u32,
    /// The number of scheduled backups that are kept.
    pub backups_kept: u32,
    /// The interval of account checks at the providers; 0 turns them off.
    pub account_check_minutes: u32,
    /// Whether users create, rename, rotate and revoke their own keys.
    pub own_keys: bool,
    /// The number of active keys up to which users create keys.
    pub own_keys_maximum: u32,
    pub routing: RoutingSettings,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            abort_policy: AbortPolicy::Drain,
            drain_seconds: 120,
            drain_bytes: 16 * MIB,
            drain_concurrency: 64,
            max_body_bytes: 64 * MIB,
            default_rate_limit: RateLimit {
                requests_per_minute: Some(60),
                tokens_per_minute: None,
                // Several coding agents of one person, each with subagents.
                concurrent_requests: Some(64),
                // Each agent session and subagent may keep one open.
                concurrent_sockets: Some(32),
            },
            assumed_output_tokens: 4096,
            keep_error_messages: true,
            retention_days: 90,
            // The slowest models think for a quarter of an hour before their first byte.
            answer_timeout_seconds: 1800,
            backup_every_hours: 0,
            backups_kept: 7,
            account_check_minutes: 0,
            own_keys: false,
            own_keys_maximum: 5,
            routing: RoutingSettings::default(),
        }
    }
}

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

    pub(super) fn check(&self) -> Result<()> {
        within("drainSeconds", self.drain_seconds.into(), 1, 3600)?;
        within("drainBytes", self.drain_bytes, 64 * 1024, 1024 * MIB)?;
        within("drainConcurrency", self.drain_concurrency.into(), 0, 10_000)?;
        within("maxBodyBytes", self.max_body_bytes, 1024, 1024 * MIB)?;
        within(
            "assumedOutputTokens",
            self.assumed_output_tokens.into(),
            1,
            1_000_000,
        )?;
        let answer_timeout = self.answer_timeout_seconds.into();
        within("answerTimeoutSeconds", answer_timeout, 1, 86_400)?;
        within("retentionDays", self.retention_days.into(), 1, 3650)?;
        within("backupEveryHours", self.backup_every_hours.into(), 0, 8760)?;
        within("backupsKept", self.backups_kept.into(), 1, 1000)?;
        if self.account_check_minutes != 0 {
            // More frequent checks would not look like normal use to a provider.
            let minutes = self.account_check_minutes.into();
            within("accountCheckMinutes", minutes, 15, 1440)?;
        }
        within("ownKeysMaximum", self.own_keys_maximum.into(), 1, 100)?;
        self.routing.check()?;
        rate_limits::check(&self.default_rate_limit)
    }
}
