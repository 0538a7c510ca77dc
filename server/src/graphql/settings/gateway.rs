//! Settings that administrators change at runtime.

use async_graphql::{Context, Object, SimpleObject};
use entity::RateLimit;

use super::table::{SettingValue, graphql_settings};
use crate::{
    domain::settings::{self, AbortPolicy, RoutingSettings, Versioned, gateway_settings},
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        types::scalar::DateTime,
    },
};

gateway_settings! {
    graphql_settings

    object GatewaySettings of settings::GatewaySettings;

    /// Changes to settings. Omitted fields stay as they are.
    input UpdateSettingsInput;
}

/// The settings that administrators can change at runtime.
#[derive(SimpleObject)]
pub(crate) struct Settings {
    /// The version, which increases with each change.
    version: i32,
    /// The time of the last change; null while all values are the defaults.
    updated_at: Option<DateTime>,
    #[graphql(flatten)]
    gateway: GatewaySettings,
}

impl From<&Versioned> for Settings {
    fn from(row: &Versioned) -> Self {
        Self {
            version: row.version,
            updated_at: row.updated_at.map(Into::into),
            gateway: row.gateway.output(),
        }
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
        Settings::from(&*ctx.service::<settings::Settings>().current())
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
        gateway.apply(input)?;
        let next = settings
            .update(&ctx.audit(), expected_version, |current| *current = gateway)
            .await?;
        let settings = Settings::from(&*next);
        Ok(UpdateSettingsPayload { settings })
    }
}
