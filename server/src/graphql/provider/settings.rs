//! How the accounts of one provider are used.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, SimpleObject};
use entity::admin::Role;

use super::account::ProviderKind;
use crate::{
    domain::settings::{self, Settings, VersionedProvider},
    graphql::{
        resolver::{context::ContextExt as _, error::Result, guard::AtLeast},
        types::scalar::DateTime,
    },
};

/// An edition of a provider's settings.
#[derive(Debug)]
pub(crate) struct ProviderSettings(pub(crate) Arc<VersionedProvider>);

/// How the accounts of one provider are used.
#[Object]
impl ProviderSettings {
    /// Which edition this is; it grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was made; null while everything is as delivered.
    async fn updated_at(&self) -> Option<DateTime> {
        self.0.updated_at.map(Into::into)
    }

    /// Models that its accounts do not serve: names, or patterns with `*`, in lower case.
    async fn excluded_models(&self) -> &[String] {
        &self.0.provider.excluded_models
    }

    /// `CLAUDE`: whether requests of other programs are dressed up as Claude Code's, whose system prompt
    /// takes the place of theirs; without that, subscriptions may refuse them.
    async fn cloaking(&self) -> bool {
        self.0.provider.cloaking
    }

    /// `CHATGPT`: whether a session that moves between accounts shows each an identity of its own. It
    /// takes `FILL_FIRST` or session affinity to have an effect.
    async fn identity_per_account(&self) -> bool {
        self.0.provider.identity_per_account
    }
}

/// What to set. What is left out stays.
#[derive(InputObject)]
struct UpdateProviderSettingsInput {
    /// Models that its accounts do not serve: names, or patterns with `*`, 200 at most.
    excluded_models: Option<Vec<String>>,
    /// `CLAUDE`: whether requests of other programs are dressed up as Claude Code's.
    cloaking: Option<bool>,
    /// `CHATGPT`: whether a session that moves between accounts shows each an identity of its own.
    identity_per_account: Option<bool>,
}

/// A provider's settings were changed.
#[derive(SimpleObject)]
struct UpdateProviderSettingsPayload {
    /// The settings as they are now.
    settings: ProviderSettings,
}

/// The part of the changes that is about settings of providers.
#[derive(Debug, Default)]
pub(crate) struct ProviderSettingsMutation;

#[Object]
impl ProviderSettingsMutation {
    /// Change how a provider's accounts are used, unless somebody else did meanwhile. The engine works with
    /// it at once. How it chooses among accounts is the same for all providers: see `updateSettings`.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn update_provider_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which provider.")] kind: ProviderKind,
        #[graphql(desc = "What to set.")] input: UpdateProviderSettingsInput,
        #[graphql(desc = "The edition that the caller has seen.")] expected_version: i32,
    ) -> Result<UpdateProviderSettingsPayload> {
        let current = ctx.service::<Settings>();
        let change = |provider: &mut settings::ProviderSettings| {
            if let Some(models) = input.excluded_models {
                provider.excluded_models = models;
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
        let settings = ProviderSettings(update.await?);
        Ok(UpdateProviderSettingsPayload { settings })
    }
}
