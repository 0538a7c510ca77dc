//! Settings of a provider's accounts.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, SimpleObject};

use crate::{
    domain::settings::{self, Settings, VersionedProvider},
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        types::{provider::ProviderKind, scalar::DateTime},
    },
};

/// The settings of a provider's accounts.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ProviderSettings {
    /// The version, which increases with each change.
    version: i32,
    /// The time of the last change; null while all values are the defaults.
    updated_at: Option<DateTime>,
    /// Models that its accounts do not serve: lower-case names or patterns with `*`.
    excluded_models: Vec<String>,
    /// `CLAUDE` only: models that its accounts serve although the engine's catalogue lacks them, by the provider's names.
    /// An account with a model list of its own serves that list only. The engine treats such a model like the known one
    /// with the most similar name.
    additional_models: Vec<String>,
    /// `CLAUDE` only: whether requests of other clients are sent as Claude Code's, whose system prompt
    /// replaces theirs. Otherwise Anthropic may reject them on subscriptions.
    cloaking: bool,
    /// `CHATGPT` only: whether a session that moves between accounts has a separate identity at each. It has
    /// an effect with `FILL_FIRST` or session affinity.
    identity_per_account: bool,
}

impl From<Arc<VersionedProvider>> for ProviderSettings {
    fn from(row: Arc<VersionedProvider>) -> Self {
        Self {
            version: row.version,
            updated_at: row.updated_at.map(Into::into),
            excluded_models: row.provider.excluded_models.clone(),
            additional_models: row.provider.additional_models.clone(),
            cloaking: row.provider.cloaking,
            identity_per_account: row.provider.identity_per_account,
        }
    }
}

/// Changes to settings. Omitted fields stay as they are.
#[derive(InputObject)]
struct UpdateProviderSettingsInput {
    /// Models that its accounts do not serve: names or patterns with `*`, at most 200.
    excluded_models: Option<Vec<String>>,
    /// `CLAUDE` only: models that its accounts serve although the engine's catalogue lacks them, at most 50. Of other
    /// providers the engine refuses such names for signed-in accounts.
    additional_models: Option<Vec<String>>,
    /// `CLAUDE` only: whether requests of other clients are sent as Claude Code's.
    cloaking: Option<bool>,
    /// `CHATGPT` only: whether a session that moves between accounts has a separate identity at each.
    identity_per_account: Option<bool>,
}

/// The result of `updateProviderSettings`.
#[derive(SimpleObject)]
struct UpdateProviderSettingsPayload {
    /// The current settings.
    settings: ProviderSettings,
}

#[derive(Debug, Default)]
pub(crate) struct ProviderSettingsMutation;

#[Object(guard = "Declared")]
impl ProviderSettingsMutation {
    /// Update the settings of a provider's accounts; `CONFLICT` if they were changed since `expectedVersion`.
    /// They take effect immediately. Routing among accounts is the same for all providers: see
    /// `updateSettings`.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn update_provider_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The provider.")] kind: ProviderKind,
        #[graphql(desc = "The changes.")] input: UpdateProviderSettingsInput,
        #[graphql(desc = "The version that the changes are based on.")] expected_version: i32,
    ) -> Result<UpdateProviderSettingsPayload> {
        let current = ctx.service::<Settings>();
        let change = |provider: &mut settings::ProviderSettings| {
            if let Some(models) = input.excluded_models {
                provider.excluded_models = models;
            }
            if let Some(models) = input.additional_models {
                provider.additional_models = models;
            }
            if let Some(cloaking) = input.cloaking {
                provider.cloaking = cloaking;
            }
            if let Some(identity) = input.identity_per_account {
                provider.identity_per_account = identity;
            }
        };
        let audit = ctx.audit();
        let update = current.update_provider(&audit, kind.into(), expected_version, change);
        let settings = ProviderSettings::from(update.await?);
        Ok(UpdateProviderSettingsPayload { settings })
    }
}
