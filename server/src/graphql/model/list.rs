//! Which models are served, and what a name leads to.

use async_graphql::{Context, Object, SimpleObject};
use entity::admin;

use crate::{
    clock::SharedClock,
    domain::{
        engine_models::EngineModels,
        model_catalogue::{CatalogueModel, ModelCatalogue},
        prices::Prices,
        provider_accounts::ProviderAccounts,
    },
    engine::{EngineHandle, EngineMode},
    graphql::{
        price::list::Price,
        provider::account::ProviderAccount,
        resolver::{context::ContextExt as _, cost::list, error::Result, guard::AtLeast},
        types::provider::ProviderKind,
    },
};

/// A model that a request may name.
#[derive(SimpleObject)]
struct Model {
    /// What a request calls it.
    name: String,
    /// The model that it stands for, if it is an alias.
    alias_of: Option<String>,
    /// The aliases that lead to it.
    aliases: Vec<String>,
    /// Whose accounts serve it; none while the engine is not configured by this server.
    providers: Vec<ProviderKind>,
    /// The enabled accounts that serve it.
    accounts: Vec<ProviderAccount>,
    /// What it costs now; null when it has no price.
    price: Option<Price>,
    /// Who owns it, as the engine says.
    owned_by: Option<String>,
    /// Whether it is the demo engine's, which answers canned text.
    demo: bool,
}

/// The models' part of the queries.
#[derive(Debug, Default)]
pub(crate) struct ModelQuery;

#[Object]
impl ModelQuery {
    /// Every model that a request may name now, by name.
    #[graphql(
        guard = "AtLeast(admin::Role::Viewer)",
        complexity = "list(50, child_complexity)"
    )]
    async fn models(&self, ctx: &Context<'_>) -> Result<Vec<Model>> {
        let facts = ctx.service::<EngineHandle>().models().await?;
        let demo = ctx.service::<EngineHandle>().status().mode == EngineMode::Demo;
        let models = with_catalogue(ctx, &facts, |catalogue| catalogue.list()).await?;
        let model = |model: CatalogueModel| Model {
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
            demo,
        };
        Ok(models.into_iter().map(model).collect())
    }
}

/// Asks the catalogue as it is now.
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
        at: ctx.service::<SharedClock>().now(),
    }))
}
