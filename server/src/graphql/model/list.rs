//! The models that requests can use.

use async_graphql::{Context, Enum, Object, SimpleObject};
use entity::seen_model;

use crate::{
    clock::SharedClock,
    domain::{
        account_groups::AccountGroups,
        engine_models::EngineModels,
        model_catalogue::{CatalogueModel, ModelCatalogue},
        prices::Prices,
        provider_accounts::ProviderAccounts,
        seen_models::SeenModels,
    },
    engine::{EngineHandle, EngineMode},
    graphql::{
        price::list::Price,
        provider::account::ProviderAccount,
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

/// Where the engine knows a model from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::engine_models::ModelOrigin")]
enum ModelOrigin {
    /// The catalogue that is compiled into the engine.
    BuiltIn,
    /// The catalogue that the engine has read from the internet.
    Refreshed,
    /// An account's own list of models or its prefix.
    Account,
}

/// A model name that requests can use.
#[derive(SimpleObject)]
struct Model {
    /// The name that requests use.
    name: String,
    /// The model that it is an alias of; null if it is not an alias.
    alias_of: Option<String>,
    /// The aliases of this model.
    aliases: Vec<String>,
    /// The providers whose accounts serve it; empty if this server does not configure the engine.
    providers: Vec<ProviderKind>,
    /// The enabled accounts that serve it.
    accounts: Vec<ProviderAccount>,
    /// The price in force; null if there is none.
    price: Option<Price>,
    /// The owner that the engine reports; null if it reports none.
    owned_by: Option<String>,
    /// Where the engine knows it from; null for an alias, while it is not recorded yet, and if this server does not run
    /// the engine.
    origin: Option<ModelOrigin>,
    /// When the engine listed it for the first time; null under the same conditions.
    first_seen_at: Option<DateTime>,
    /// Whether it is a model of the demo engine, which returns canned text.
    demo: bool,
}

#[derive(Debug, Default)]
pub(crate) struct ModelQuery;

#[Object(guard = "Declared")]
impl ModelQuery {
    /// All models that requests can use now, aliases included, ordered by name.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "list(50, child_complexity)"
    )]
    async fn models(&self, ctx: &Context<'_>) -> Result<Vec<Model>> {
        let facts = ctx.service::<EngineHandle>().models().await?;
        let mode = ctx.service::<EngineHandle>().status().mode;
        let models = with_catalogue(ctx, &facts, |catalogue| catalogue.list()).await?;
        let seen_models = ctx.service::<SeenModels>();
        let seen = |model: &CatalogueModel| {
            let is_recorded = mode == EngineMode::Managed && model.alias_of.is_none();
            is_recorded.then(|| seen_models.find(&model.name)).flatten()
        };
        let with_seen = |model| (seen(&model), model);
        let model = |(seen, model): (Option<seen_model::Model>, CatalogueModel)| Model {
            origin: seen.as_ref().map(|seen| seen.origin.into()),
            first_seen_at: seen.map(|seen| seen.first_seen_at.into()),
            name: model.name,
            alias_of: model.alias_of,
            aliases: model.aliases,
            providers: model.providers.into_iter().map(Into::into).collect(),
            accounts: model
                .accounts
                .into_iter()
                .map(ProviderAccount::from)
                .collect(),
            price: model.price.map(Price::from),
            owned_by: model.owner,
            demo: mode == EngineMode::Demo,
        };
        Ok(models.into_iter().map(with_seen).map(model).collect())
    }
}

/// Runs a query on the current catalogue.
pub(super) async fn with_catalogue<T>(
    ctx: &Context<'_>,
    facts: &EngineModels,
    ask: impl FnOnce(ModelCatalogue<'_>) -> T,
) -> Result<T> {
    let accounts = match ctx.service::<EngineHandle>().status().mode {
        EngineMode::Managed => ctx.service::<ProviderAccounts>().list().await?,
        EngineMode::External | EngineMode::Demo => Vec::new(),
    };
    Ok(ask(ModelCatalogue {
        models: facts,
        accounts: &accounts,
        prices: &ctx.service::<Prices>().current(),
        access: &ctx.service::<AccountGroups>().access().current(),
        at: ctx.service::<SharedClock>().now(),
    }))
}
