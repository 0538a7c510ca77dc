//! Other names for models.

use std::time::Duration;

use async_graphql::{Context, InputObject, Object, SimpleObject};
use entity::{admin::Role, model_alias};

use crate::{
    domain::{
        Error,
        model_aliases::{ModelAliases, NewModelAlias},
    },
    engine::{EngineHandle, EngineMode},
    graphql::{
        provider::account::ProviderKind,
        resolver::{context::ContextExt as _, cost::list, error::Result, guard::AtLeast},
        types::scalar::DateTime,
    },
};

/// How long the engine may take to apply an alias; it usually takes a quarter of a second.
const TIME_LIMIT: Duration = Duration::from_secs(4);
const INTERVAL: Duration = Duration::from_millis(50);

/// Another name for a model, beside its own.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ModelAlias {
    /// The name that requests write.
    alias: String,
    /// The model that serves them.
    model: String,
    /// Whose accounts serve them; null for all that have the model.
    provider: Option<ProviderKind>,
    /// Whether the engine serves it now. It does not while no enabled account has the model.
    active: bool,
    /// When it was set.
    created_at: DateTime,
}

impl ModelAlias {
    /// An alias that the engine serves or does not.
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

/// An alias that is wanted.
#[derive(InputObject)]
struct SetModelAliasInput {
    /// The name that requests shall write, such as `gpt-4`. No model may have it.
    alias: String,
    /// The model that shall serve them: one that is served now, without a prefix.
    model: String,
    /// Whose accounts shall serve them; all that have the model when left out.
    provider: Option<ProviderKind>,
}

/// An alias was set.
#[derive(SimpleObject)]
struct SetModelAliasPayload {
    /// The alias; `active` once the engine was seen to serve it.
    alias: ModelAlias,
}

/// An alias was removed.
#[derive(SimpleObject)]
struct DeleteModelAliasPayload {
    /// The alias, as it was; `active` while the engine still serves it.
    alias: ModelAlias,
}

/// The aliases' part of the queries.
#[derive(Debug, Default)]
pub(crate) struct ModelAliasQuery;

#[Object]
impl ModelAliasQuery {
    /// All aliases, by name.
    #[graphql(
        guard = "AtLeast(Role::Viewer)",
        complexity = "list(20, child_complexity)"
    )]
    async fn model_aliases(&self, ctx: &Context<'_>) -> Vec<ModelAlias> {
        let models = ctx
            .service::<EngineHandle>()
            .models()
            .await
            .unwrap_or_default();
        let table = ctx.service::<ModelAliases>().current();
        let aliases = table.living().into_iter().cloned();
        aliases
            .map(|row| ModelAlias::new(models.lists(&row.alias), row))
            .collect()
    }
}

/// The aliases' part of the changes.
#[derive(Debug, Default)]
pub(crate) struct ModelAliasMutation;

#[Object]
impl ModelAliasMutation {
    /// Give a model another name, or let an alias lead elsewhere. Both names stay usable; nothing is
    /// restarted.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn set_model_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The alias that is wanted.")] input: SetModelAliasInput,
    ) -> Result<SetModelAliasPayload> {
        let mode = ctx.service::<EngineHandle>().status().mode;
        if let Some(refusal) = not_ours(mode) {
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

    /// Take a model's other name away.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn delete_model_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name to take away.")] alias: String,
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

/// Why aliases cannot be set for such an engine.
fn not_ours(mode: EngineMode) -> Option<&'static str> {
    match mode {
        EngineMode::Managed => None,
        EngineMode::External => Some(
            "this server does not configure an external engine; set the alias in the engine's own \
             configuration",
        ),
        EngineMode::Demo => Some("the demo engine has no aliases; install the real engine"),
    }
}

/// Asks the engine until it serves a name, or does not, as is wanted; answers whether it serves it.
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
