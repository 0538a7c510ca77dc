//! Which models are served, and what a name leads to.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use entity::{admin, model_alias};

use super::alias::ModelAlias;
use crate::{
    clock::SharedClock,
    domain::{
        Error,
        engine_models::EngineModels,
        model_catalogue::{self, CatalogueModel, ModelCatalogue},
        prices::Prices,
        provider_accounts::ProviderAccounts,
        users::Users,
    },
    engine::{EngineHandle, EngineMode, EngineState},
    graphql::{
        price::list::Price,
        provider::account::{ProviderAccount, ProviderKind},
        resolver::{
            context::ContextExt as _,
            cost::{QUERY, REMOTE, list},
            error::Result,
            guard::AtLeast,
            input,
        },
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

/// Why a name would not be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum ModelProblem {
    /// The user is disabled or was deleted.
    UserDisabled,
    /// The user may not use it.
    NotAllowed,
    /// No account has it.
    UnknownModel,
    /// Only disabled accounts have it.
    NoEnabledAccount,
    /// An enabled account has it, and the engine is told not to serve it, or serves it not yet.
    Excluded,
    /// The engine does not run, so that nobody can tell.
    EngineDown,
}

impl From<model_catalogue::ModelProblem> for ModelProblem {
    fn from(problem: model_catalogue::ModelProblem) -> Self {
        match problem {
            model_catalogue::ModelProblem::UserDisabled => Self::UserDisabled,
            model_catalogue::ModelProblem::NotAllowed => Self::NotAllowed,
            model_catalogue::ModelProblem::Unknown => Self::UnknownModel,
            model_catalogue::ModelProblem::NoEnabledAccount => Self::NoEnabledAccount,
            model_catalogue::ModelProblem::Excluded => Self::Excluded,
        }
    }
}

impl ModelProblem {
    fn in_words(self) -> &'static str {
        match self {
            Self::UserDisabled => "the user is disabled; enable them",
            Self::NotAllowed => {
                "allowedModels of the user fits neither this name nor what it leads to"
            }
            Self::UnknownModel => {
                "no account has this model; the query models lists those that are served"
            }
            Self::NoEnabledAccount => "every account that has this model is disabled; enable one",
            Self::Excluded => {
                "an account has this model, but the engine does not serve it: it is excluded in the \
                 settings, or the change is on its way"
            }
            Self::EngineDown => "the engine does not run; see its status",
        }
    }
}

/// What a name leads to for a user.
#[derive(SimpleObject)]
struct ModelResolution {
    /// The name by which the engine routes.
    name: String,
    /// The alias that it is, if it is one.
    alias: Option<ModelAlias>,
    /// The model that would serve.
    served_model: String,
    /// Whose accounts would serve.
    providers: Vec<ProviderKind>,
    /// The accounts that would serve, in no order: the engine chooses.
    accounts: Vec<ProviderAccount>,
    /// The price that applies; null when there is none.
    price: Option<Price>,
    /// Why nothing would serve; null when something would.
    problem: Option<ModelProblem>,
    /// The problem in words, and what to do about it.
    explanation: Option<String>,
}

impl ModelResolution {
    fn new(
        found: model_catalogue::ModelResolution,
        is_down: bool,
        is_active: impl Fn(&model_alias::Model) -> bool,
    ) -> Self {
        let problem = found.problem.map(ModelProblem::from);
        let problem = match problem {
            Some(ModelProblem::UserDisabled | ModelProblem::NotAllowed) => problem,
            _ if is_down => Some(ModelProblem::EngineDown),
            problem => problem,
        };
        Self {
            name: found.name,
            alias: found.alias.map(|row| ModelAlias::new(is_active(&row), row)),
            served_model: found.target,
            providers: found.providers.into_iter().map(Into::into).collect(),
            accounts: found.accounts.into_iter().map(ProviderAccount).collect(),
            price: found.price.map(Price),
            problem,
            explanation: problem.map(|problem| problem.in_words().to_owned()),
        }
    }
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
            accounts: model.accounts.into_iter().map(ProviderAccount).collect(),
            price: model.price.map(Price),
            owned_by: model.owner,
            demo,
        };
        Ok(models.into_iter().map(model).collect())
    }

    /// What would serve a model's name for a user, and if nothing would, why not.
    #[graphql(
        guard = "AtLeast(admin::Role::Viewer)",
        complexity = "child_complexity + QUERY + REMOTE"
    )]
    async fn resolve_model(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name, as a request would write it.")] name: String,
        #[graphql(desc = "For whom.")] user_id: ID,
    ) -> Result<ModelResolution> {
        if name.trim().is_empty() || name.chars().count() > 200 {
            return Err(Error::bad_input("name has 1 to 200 characters").into());
        }
        let user_id = input::id(&user_id, "user")?;
        let user = ctx.service::<Users>().find(user_id).await?;
        let user = user.ok_or(Error::NotFound { what: "user" })?;
        let facts = ctx
            .service::<EngineHandle>()
            .models()
            .await
            .unwrap_or_default();
        let is_down = ctx.service::<EngineHandle>().status().state != EngineState::Running;
        let resolve = |catalogue: ModelCatalogue<'_>| catalogue.resolve(&name, &user);
        let found = with_catalogue(ctx, &facts, resolve).await?;
        Ok(ModelResolution::new(found, is_down, |alias| {
            facts.lists(&alias.alias)
        }))
    }
}

/// Asks the catalogue as it is now.
async fn with_catalogue<T>(
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
