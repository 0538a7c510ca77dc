//! How a request for a model would be routed, or why it would not be served.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use entity::model_alias;

use super::{alias::ModelAlias, list::with_catalogue};
use crate::{
    domain::{
        Error,
        model_catalogue::{self, ModelCatalogue},
        users::Users,
    },
    engine::{EngineHandle, EngineState},
    graphql::{
        price::list::Price,
        provider::account::ProviderAccount,
        resolver::{
            context::ContextExt as _,
            cost::{QUERY, REMOTE},
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::provider::ProviderKind,
    },
};

/// Why a request for a model would not be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum ModelProblem {
    /// The user is disabled or archived.
    UserDisabled,
    /// The user's allowed models do not include it.
    NotAllowed,
    /// No account offers it.
    UnknownModel,
    /// Only disabled or paused accounts offer it.
    NoEnabledAccount,
    /// An account in use offers it, but it is excluded in the settings or not loaded by the engine yet.
    Excluded,
    /// The engine does not run.
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
    fn explanation(self) -> &'static str {
        match self {
            Self::UserDisabled => "the user is disabled; enable them",
            Self::NotAllowed => {
                "allowedModels of the user matches neither this name nor the model behind it"
            }
            Self::UnknownModel => {
                "no account offers this model; the query models lists the available ones"
            }
            Self::NoEnabledAccount => {
                "every account that offers this model is disabled or paused; enable or resume one"
            }
            Self::Excluded => {
                "an account offers this model, but the engine does not serve it: it is excluded in the \
                 settings, or not loaded yet"
            }
            Self::EngineDown => "the engine does not run; see the query engine",
        }
    }
}

/// How a request of a user for a model would be routed.
#[derive(SimpleObject)]
struct ModelResolution {
    /// The name that the engine would route.
    name: String,
    /// The alias behind the name; null if it is not an alias.
    alias: Option<ModelAlias>,
    /// The model that would serve the request.
    served_model: String,
    /// The providers whose accounts could serve the request.
    providers: Vec<ProviderKind>,
    /// The accounts that could serve the request, unordered: the engine chooses.
    accounts: Vec<ProviderAccount>,
    /// The price that would apply; null if there is none.
    price: Option<Price>,
    /// Why the request would not be served; null if it would.
    problem: Option<ModelProblem>,
    /// The problem and its solution as a sentence; null if there is no problem.
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
            accounts: found
                .accounts
                .into_iter()
                .map(ProviderAccount::from)
                .collect(),
            price: found.price.map(Price::from),
            problem,
            explanation: problem.map(|problem| problem.explanation().to_owned()),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct ResolveModelQuery;

#[Object(guard = "Declared")]
impl ResolveModelQuery {
    /// How a request of a user for a model would be routed, or why it would not be served.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "child_complexity + QUERY + REMOTE"
    )]
    async fn resolve_model(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The model name of the request.")] name: String,
        #[graphql(desc = "The user's id.")] user_id: ID,
    ) -> Result<ModelResolution> {
        if name.trim().is_empty() || name.chars().count() > 200 {
            return Err(Error::bad_input("name must have 1 to 200 characters").into());
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
