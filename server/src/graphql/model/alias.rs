//! Aliases of models.

use std::time::Duration;

use async_graphql::{Context, InputObject, Object, SimpleObject};
use entity::model_alias;

use crate::{
    domain::{
        Error,
        model_aliases::{ModelAliases, NewModelAlias},
    },
    engine::{EngineHandle, EngineMode},
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::list,
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        types::{provider::ProviderKind, scalar::DateTime},
    },
};

/// How long to wait for the engine to apply an alias; it usually takes 250 ms.
const TIME_LIMIT: Duration = Duration::from_secs(4);
const INTERVAL: Duration = Duration::from_millis(50);

/// An additional name for a model.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ModelAlias {
    /// The name that requests use.
    alias: String,
    /// The model that serves requests for the alias.
    model: String,
    /// The provider whose accounts serve the alias; null for any provider that has the model.
    provider: Option<ProviderKind>,
    /// Whether the engine serves the alias now. It does not while no enabled account has the model.
    active: bool,
    /// The time at which it was set.
    created_at: DateTime,
}

impl ModelAlias {
    pub(crate) fn new(active: bool, row: model_alias::Model) -> Self {
        Self {
            alias: row.alias,
            model: row.model,
            provider: row.provider.map(Into::into),
            active,
            created_at: row.created_at.into(),
        }
    }
}

/// The alias to set.
#[derive(InputObject)]
struct SetModelAliasInput {
    /// The name that requests will use, such as `gpt-4`. It must not be the name of a model.
    alias: String,
    /// The model to serve: one that is available now, without an account's prefix.
    model: String,
    /// The provider whose accounts will serve the alias; any that has the model when omitted.
    provider: Option<ProviderKind>,
}

/// The result of `setModelAlias`.
#[derive(SimpleObject)]
struct SetModelAliasPayload {
    /// The alias. `active` is true if the engine confirmed it within four seconds.
    alias: ModelAlias,
}

/// The result of `deleteModelAlias`.
#[derive(SimpleObject)]
struct DeleteModelAliasPayload {
    /// The deleted alias. `active` is true if the engine still serves it.
    alias: ModelAlias,
}

#[derive(Debug, Default)]
pub(crate) struct ModelAliasQuery;

#[Object(guard = "Declared")]
impl ModelAliasQuery {
    /// All aliases, ordered by name.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "list(20, child_complexity)"
    )]
    async fn model_aliases(&self, ctx: &Context<'_>) -> Vec<ModelAlias> {
        let models = ctx
            .service::<EngineHandle>()
            .models()
            .await
            .unwrap_or_default();
        let table = ctx.service::<ModelAliases>().current();
        let aliases = table.active().into_iter().cloned();
        aliases
            .map(|row| ModelAlias::new(models.lists(&row.alias), row))
            .collect()
    }
}

#[derive(Debug, Default)]
pub(crate) struct ModelAliasMutation;

#[Object(guard = "Declared")]
impl ModelAliasMutation {
    /// Create an alias for a model, or point an existing alias to another model. The model's own name stays
    /// usable, and the engine is not restarted.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn set_model_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The alias to set.")] input: SetModelAliasInput,
    ) -> Result<SetModelAliasPayload> {
        let mode = ctx.service::<EngineHandle>().status().mode;
        if let Some(refusal) = unsupported_reason(mode) {
            return Err(Error::Conflict(refusal.to_owned()).into());
        }
        let models = ctx.service::<EngineHandle>().models().await?;
        let new = NewModelAlias {
            alias: input.alias,
            model: input.model,
            provider: input.provider.map(Into::into),
        };
        let row = ctx
            .service::<ModelAliases>()
            .set(&ctx.audit(), new, &models)
            .await?;
        let active = is_served(ctx.service(), &row.alias, true).await;
        let alias = ModelAlias::new(active, row);
        Ok(SetModelAliasPayload { alias })
    }

    /// Delete an alias.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn delete_model_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The alias's name.")] alias: String,
    ) -> Result<DeleteModelAliasPayload> {
        let row = ctx
            .service::<ModelAliases>()
            .delete(&ctx.audit(), &alias)
            .await?;
        let active = match ctx.service::<EngineHandle>().status().mode {
            EngineMode::Managed => is_served(ctx.service(), &row.alias, false).await,
            EngineMode::External | EngineMode::Demo => false,
        };
        let alias = ModelAlias::new(active, row);
        Ok(DeleteModelAliasPayload { alias })
    }
}

/// The reason why aliases cannot be set in this mode.
fn unsupported_reason(mode: EngineMode) -> Option<&'static str> {
    match mode {
        EngineMode::Managed => None,
        EngineMode::External => Some(
            "this server does not configure an external engine; set the alias in the engine's own \
             configuration",
        ),
        EngineMode::Demo => Some("the demo engine has no aliases; install the real engine"),
    }
}

/// Polls the engine until `name` is served or not served, as wanted. Returns whether it is served at the end.
async fn is_served(engine: &EngineHandle, name: &str, wanted: bool) -> bool {
    let asking = async {
        loop {
            let models = engine.fresh_models().await;
            if models.is_ok_and(|models| models.lists(name) == wanted) {
                return;
            }
            tokio::time::sleep(INTERVAL).await;
        }
    };
    let is_as_wanted = tokio::time::timeout(TIME_LIMIT, asking).await.is_ok();
    is_as_wanted == wanted
}
