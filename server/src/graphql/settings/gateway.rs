//! Settings that administrators change at runtime.

use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};

use super::routing::{RoutingSettings, RoutingSettingsInput};
use crate::{
    domain::settings::{self, GatewaySettings, Versioned},
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        types::{
            rate_limit::{RateLimit, RateLimitInput},
            scalar::{BigInt, DateTime, int},
        },
    },
};

/// How to continue a request whose client disconnects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::settings::AbortPolicy")]
enum AbortPolicy {
    /// Read the rest of the response up to the usage report, within limits.
    Drain,
    /// Abort the request and settle the usage seen so far.
    Cancel,
}

/// The settings that administrators can change at runtime.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct Settings {
    /// The version, which increases with each change.
    version: i32,
    /// The time of the last change; null while all values are the defaults.
    updated_at: Option<DateTime>,
    /// How to continue a request whose client disconnects.
    abort_policy: AbortPolicy,
    /// How long to read the response of a disconnected client, in seconds.
    drain_seconds: i32,
    /// How much of the response of a disconnected client to read at most, in bytes.
    drain_bytes: BigInt,
    /// How many responses of disconnected clients to read concurrently; others are aborted.
    drain_concurrency: i32,
    /// The maximum body size of a gateway request, in bytes.
    max_body_bytes: BigInt,
    /// The rate limit of users that have none of their own.
    default_rate_limit: RateLimit,
    /// The output tokens to reserve for a request that sets no maximum.
    assumed_output_tokens: i32,
    /// How the engine routes requests among accounts, for all providers.
    routing: RoutingSettings,
    /// How many days to keep request records. Usage statistics are kept longer.
    retention_days: i32,
    /// Whether the records of failed requests keep the error messages that clients received, without secrets.
    keep_error_messages: bool,
    /// The timeout until the first byte of a provider's response, in seconds, including the upload of the
    /// request.
    answer_timeout_seconds: i32,
    /// The interval of account health checks, in minutes; 0 disables them.
    account_check_minutes: i32,
    /// Whether users may create, rename, rotate and revoke their own keys, within the bounds of the key that they
    /// use.
    own_keys: bool,
    /// The number of active keys up to which users create keys, those of administrators included.
    own_keys_maximum: i32,
    /// The interval of scheduled backups, in hours; 0 disables them.
    backup_every_hours: i32,
    /// How many backups to keep when a scheduled one is created.
    backups_kept: i32,
}

impl From<Arc<Versioned>> for Settings {
    fn from(row: Arc<Versioned>) -> Self {
        let gateway = &row.gateway;
        Self {
            version: row.version,
            updated_at: row.updated_at.map(Into::into),
            abort_policy: gateway.abort_policy.into(),
            drain_seconds: int(gateway.drain_seconds),
            drain_bytes: gateway.drain_bytes.into(),
            drain_concurrency: int(gateway.drain_concurrency),
            max_body_bytes: gateway.max_body_bytes.into(),
            default_rate_limit: gateway.default_rate_limit.into(),
            assumed_output_tokens: int(gateway.assumed_output_tokens),
            routing: gateway.routing.into(),
            retention_days: int(gateway.retention_days),
            keep_error_messages: gateway.keep_error_messages,
            answer_timeout_seconds: int(gateway.answer_timeout_seconds),
            account_check_minutes: int(gateway.account_check_minutes),
            own_keys: gateway.own_keys,
            own_keys_maximum: int(gateway.own_keys_maximum),
            backup_every_hours: int(gateway.backup_every_hours),
            backups_kept: int(gateway.backups_kept),
        }
    }
}

/// Changes to settings. Omitted fields stay as they are.
#[derive(InputObject)]
struct UpdateSettingsInput {
    /// How to continue a request whose client disconnects.
    abort_policy: Option<AbortPolicy>,
    /// How long to read the response of a disconnected client, in seconds: 1 to 3600.
    drain_seconds: Option<u32>,
    /// How much of the response of a disconnected client to read at most, in bytes.
    drain_bytes: Option<BigInt>,
    /// How many responses of disconnected clients to read concurrently: 0 to 10000.
    drain_concurrency: Option<u32>,
    /// The maximum body size of a gateway request, in bytes.
    max_body_bytes: Option<BigInt>,
    /// The rate limit of users that have none of their own.
    default_rate_limit: Option<RateLimitInput>,
    /// The output tokens to reserve for a request that sets no maximum: 1 to 1000000.
    assumed_output_tokens: Option<u32>,
    /// How many days to keep request records: 1 to 3650.
    retention_days: Option<u32>,
    /// Whether to keep the error messages of failed requests. Messages that are already kept stay until their
    /// records are deleted.
    keep_error_messages: Option<bool>,
    /// How the engine routes requests among accounts.
    routing: Option<RoutingSettingsInput>,
    /// The timeout until the first byte of a provider's response, in seconds, including the upload of the
    /// request: 1 to 86400.
    answer_timeout_seconds: Option<u32>,
    /// The interval of account health checks, in minutes: 15 to 1440, or 0 to disable them.
    account_check_minutes: Option<u32>,
    /// Whether users may create, rename, rotate and revoke their own keys, within the bounds of the key that they
    /// use.
    own_keys: Option<bool>,
    /// The number of active keys up to which users create keys: 1 to 100.
    own_keys_maximum: Option<u32>,
    /// The interval of scheduled backups, in hours: 1 to 8760, or 0 to disable them. Requires
    /// `BACKUP_PASSPHRASE`.
    backup_every_hours: Option<u32>,
    /// How many backups to keep when a scheduled one is created: 1 to 1000.
    backups_kept: Option<u32>,
}

impl UpdateSettingsInput {
    fn apply(self, gateway: &mut GatewaySettings) -> Result<()> {
        if let Some(policy) = self.abort_policy {
            gateway.abort_policy = policy.into();
        }
        if let Some(seconds) = self.drain_seconds {
            gateway.drain_seconds = seconds;
        }
        if let Some(bytes) = self.drain_bytes {
            gateway.drain_bytes = bytes.count()?;
        }
        if let Some(concurrency) = self.drain_concurrency {
            gateway.drain_concurrency = concurrency;
        }
        if let Some(bytes) = self.max_body_bytes {
            gateway.max_body_bytes = bytes.count()?;
        }
        if let Some(limit) = self.default_rate_limit {
            gateway.default_rate_limit = limit.read()?;
        }
        if let Some(tokens) = self.assumed_output_tokens {
            gateway.assumed_output_tokens = tokens;
        }
        if let Some(days) = self.retention_days {
            gateway.retention_days = days;
        }
        if let Some(is_kept) = self.keep_error_messages {
            gateway.keep_error_messages = is_kept;
        }
        if let Some(routing) = self.routing {
            routing.apply(&mut gateway.routing);
        }
        if let Some(seconds) = self.answer_timeout_seconds {
            gateway.answer_timeout_seconds = seconds;
        }
        if let Some(minutes) = self.account_check_minutes {
            gateway.account_check_minutes = minutes;
        }
        if let Some(is_allowed) = self.own_keys {
            gateway.own_keys = is_allowed;
        }
        if let Some(maximum) = self.own_keys_maximum {
            gateway.own_keys_maximum = maximum;
        }
        if let Some(hours) = self.backup_every_hours {
            gateway.backup_every_hours = hours;
        }
        if let Some(kept) = self.backups_kept {
            gateway.backups_kept = kept;
        }
        Ok(())
    }
}

/// The result of `updateSettings`.
#[derive(SimpleObject)]
struct UpdateSettingsPayload {
    /// The current settings.
    settings: Settings,
}

#[derive(Debug, Default)]
pub(crate) struct SettingsQuery;

#[Object(guard = "Declared")]
impl SettingsQuery {
    /// The settings that administrators can change at runtime.
    #[graphql(directive = requires_role::apply(Role::Viewer))]
    async fn settings(&self, ctx: &Context<'_>) -> Settings {
        Settings::from(ctx.service::<settings::Settings>().current())
    }
}

#[derive(Debug, Default)]
pub(crate) struct SettingsMutation;

#[Object(guard = "Declared")]
impl SettingsMutation {
    /// Update settings; `CONFLICT` if they were changed since `expectedVersion`.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn update_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateSettingsInput,
        #[graphql(desc = "The version that the changes are based on.")] expected_version: i32,
    ) -> Result<UpdateSettingsPayload> {
        let settings = ctx.service::<settings::Settings>();
        let mut gateway = settings.current().gateway.clone();
        input.apply(&mut gateway)?;
        let next = settings
            .update(&ctx.audit(), expected_version, |current| *current = gateway)
            .await?;
        let settings = Settings::from(next);
        Ok(UpdateSettingsPayload { settings })
    }
}
