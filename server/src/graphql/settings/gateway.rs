//! What an administrator may set while the server runs.

use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use entity::admin::Role;

use super::routing::{RoutingSettings, RoutingSettingsInput};
use crate::{
    domain::settings::{self, GatewaySettings, Versioned},
    graphql::{
        resolver::{context::ContextExt as _, error::Result, guard::AtLeast},
        types::{
            rate_limit::{RateLimit, RateLimitInput},
            scalar::{BigInt, DateTime, int},
        },
    },
};

/// What becomes of a request whose client leaves before the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::settings::AbortPolicy")]
enum AbortPolicy {
    /// Read on to the usage report, within limits.
    Drain,
    /// Hang up and settle on what was seen.
    Cancel,
}

/// An edition of the settings.
#[derive(Debug)]
struct Settings(Arc<Versioned>);

/// What an administrator may set while the server runs.
#[Object]
impl Settings {
    /// Which edition this is; it grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was made; null while everything is as delivered.
    async fn updated_at(&self) -> Option<DateTime> {
        self.0.updated_at.map(Into::into)
    }

    /// What becomes of a request whose client leaves before the end.
    async fn abort_policy(&self) -> AbortPolicy {
        self.0.gateway.abort_policy.into()
    }

    /// How long an abandoned answer is read on, in seconds.
    async fn drain_seconds(&self) -> i32 {
        int(self.0.gateway.drain_seconds)
    }

    /// How much of an abandoned answer is read at most, in bytes.
    async fn drain_bytes(&self) -> BigInt {
        self.0.gateway.drain_bytes.into()
    }

    /// How many abandoned answers are read at once; further ones are hung up on.
    async fn drain_concurrency(&self) -> i32 {
        int(self.0.gateway.drain_concurrency)
    }

    /// The longest body of a request to the gateway, in bytes.
    async fn max_body_bytes(&self) -> BigInt {
        self.0.gateway.max_body_bytes.into()
    }

    /// How fast a user may call who has no rate limit of their own.
    async fn default_rate_limit(&self) -> RateLimit {
        self.0.gateway.default_rate_limit.into()
    }

    /// What is reserved for the answer of a request that does not bound it itself, in tokens.
    async fn assumed_output_tokens(&self) -> i32 {
        int(self.0.gateway.assumed_output_tokens)
    }

    /// How the engine chooses among accounts, of whichever provider.
    async fn routing(&self) -> RoutingSettings {
        RoutingSettings(self.0.gateway.routing)
    }

    /// How many days single requests are kept; the sums of their usage stay.
    async fn retention_days(&self) -> i32 {
        int(self.0.gateway.retention_days)
    }

    /// How long a provider may take to begin an answer, in seconds, the upload of the request included.
    async fn answer_timeout_seconds(&self) -> i32 {
        int(self.0.gateway.answer_timeout_seconds)
    }

    /// How often each account is asked after at its provider, in minutes; 0 is never.
    async fn account_check_minutes(&self) -> i32 {
        int(self.0.gateway.account_check_minutes)
    }

    /// How often a backup is made, in hours; 0 is never.
    async fn backup_every_hours(&self) -> i32 {
        int(self.0.gateway.backup_every_hours)
    }

    /// How many backups are kept when the schedule makes another.
    async fn backups_kept(&self) -> i32 {
        int(self.0.gateway.backups_kept)
    }
}

/// What to set. What is left out stays.
#[derive(InputObject)]
struct UpdateSettingsInput {
    /// What becomes of a request whose client leaves before the end.
    abort_policy: Option<AbortPolicy>,
    /// How long an abandoned answer is read on, in seconds: 1 to 3600.
    drain_seconds: Option<u32>,
    /// How much of an abandoned answer is read at most, in bytes.
    drain_bytes: Option<BigInt>,
    /// How many abandoned answers are read at once: 0 to 10000.
    drain_concurrency: Option<u32>,
    /// The longest body of a request to the gateway, in bytes.
    max_body_bytes: Option<BigInt>,
    /// How fast a user may call who has no rate limit of their own.
    default_rate_limit: Option<RateLimitInput>,
    /// What is reserved for the answer of a request that does not bound it itself, in tokens: 1 to 1000000.
    assumed_output_tokens: Option<u32>,
    /// How many days single requests are kept: 1 to 3650.
    retention_days: Option<u32>,
    /// How the engine chooses among accounts.
    routing: Option<RoutingSettingsInput>,
    /// How long a provider may take to begin an answer, in seconds, the upload of the request included: 1 to
    /// 86400.
    answer_timeout_seconds: Option<u32>,
    /// How often each account is asked after at its provider, in minutes: 15 to 1440; 0 is never.
    account_check_minutes: Option<u32>,
    /// How often a backup is made, in hours: 1 to 8760; 0 is never. It needs `BACKUP_PASSPHRASE`.
    backup_every_hours: Option<u32>,
    /// How many backups are kept when the schedule makes another: 1 to 1000.
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
        if let Some(routing) = self.routing {
            routing.apply(&mut gateway.routing);
        }
        if let Some(seconds) = self.answer_timeout_seconds {
            gateway.answer_timeout_seconds = seconds;
        }
        if let Some(minutes) = self.account_check_minutes {
            gateway.account_check_minutes = minutes;
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

/// The settings were changed.
#[derive(SimpleObject)]
struct UpdateSettingsPayload {
    /// The settings as they are now.
    settings: Settings,
}

/// The settings' part of the queries.
#[derive(Debug, Default)]
pub(crate) struct SettingsQuery;

#[Object]
impl SettingsQuery {
    /// What an administrator may set while the server runs.
    #[graphql(guard = "AtLeast(Role::Viewer)")]
    async fn settings(&self, ctx: &Context<'_>) -> Settings {
        Settings(ctx.service::<settings::Settings>().current())
    }
}

/// The settings' part of the changes.
#[derive(Debug, Default)]
pub(crate) struct SettingsMutation;

#[Object]
impl SettingsMutation {
    /// Change settings, unless somebody else did meanwhile.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn update_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to set.")] input: UpdateSettingsInput,
        #[graphql(desc = "The edition that the caller has seen.")] expected_version: i32,
    ) -> Result<UpdateSettingsPayload> {
        let settings = ctx.service::<settings::Settings>();
        let mut gateway = settings.current().gateway.clone();
        input.apply(&mut gateway)?;
        let next = settings
            .update(&ctx.audit(), expected_version, |current| *current = gateway)
            .await?;
        let settings = Settings(next);
        Ok(UpdateSettingsPayload { settings })
    }
}
