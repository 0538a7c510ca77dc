//! The settings of the gateway.

use std::time::Duration;

use entity::RateLimit;
use serde::{Deserialize, Serialize};

use super::{Result, routing::RoutingSettings, within};
use crate::domain::users::rate_limits;

const MIB: u64 = 1024 * 1024;

/// What becomes of a request whose client leaves before the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbortPolicy {
    /// Read on to the usage report, within limits.
    Drain,
    /// Hang up and settle on what was seen.
    Cancel,
}

/// The settings of the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GatewaySettings {
    pub abort_policy: AbortPolicy,
    /// How long an abandoned answer is read on.
    pub drain_seconds: u32,
    /// How much of an abandoned answer is read at most.
    pub drain_bytes: u64,
    /// How many abandoned answers are read at once; further ones are hung up on.
    pub drain_concurrency: u32,
    /// The longest request body.
    pub max_body_bytes: u64,
    /// How fast a user may call who has no rate limit of their own.
    pub default_rate_limit: RateLimit,
    /// What is reserved for the answer of a request that does not bound it, in tokens.
    pub assumed_output_tokens: u32,
    /// Whether the record of a failed request keeps the error's message.
    pub keep_error_messages: bool,
    /// How long single requests are kept; their sums stay.
    pub retention_days: u32,
    /// How long the engine may take to begin an answer, the upload included.
    pub answer_timeout_seconds: u32,
    /// How often a backup is made; 0 is never.
    pub backup_every_hours: u32,
    /// How many backups of the schedule are kept.
    pub backups_kept: u32,
    /// How often each account is asked after at its provider, in minutes; 0 is never.
    pub account_check_minutes: u32,
    /// How the engine chooses among accounts.
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
                // Several coding agents of one person, each with its subagents.
                concurrent_requests: Some(64),
                // Each session of an agent, and each of its subagents, may keep one open.
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
            routing: RoutingSettings::default(),
        }
    }
}

impl GatewaySettings {
    /// How long an abandoned answer is read on.
    pub fn drain_time(&self) -> Duration {
        Duration::from_secs(u64::from(self.drain_seconds))
    }

    /// How long the engine may take to begin an answer.
    pub fn answer_timeout(&self) -> Duration {
        Duration::from_secs(u64::from(self.answer_timeout_seconds))
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
            // More often is not what a provider expects of people.
            let minutes = self.account_check_minutes.into();
            within("accountCheckMinutes", minutes, 15, 1440)?;
        }
        self.routing.check()?;
        rate_limits::check(&self.default_rate_limit)
    }
}
