//! How a request for a model would be routed, or why it would not be served.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use entity::model_alias;
use uuid::Uuid;

use super::{alias::ModelAlias, list::with_catalogue};
use crate::{
    domain::{
        Error,
        model_catalogue::{self, ModelCatalogue},
        users::{UserGroups, Users},
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
            loaders::ApiKeyId,
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
    /// The user or key may use none of the accounts that offer it.
    AccountNotAllowed,
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
            model_catalogue::ModelProblem::AccountNotAllowed => Self::AccountNotAllowed,
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
            Self::AccountNotAllowed => {
                "the user or key may use none of the accounts that offer this model; permit an account group that \
                 has one"
            }
            Self::EngineDown => "the engine does not run; see the query engine",
        }
    }
}

/// Why an account that offers a model would not serve a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "model_catalogue::AccountExclusion")]
enum AccountExclusion {
    /// It is in an account group, and the user or key may use none of its groups; or it is in no group, and the user or
    /// key may use groups only.
    NotPermitted,
    /// It is disabled.
    Disabled,
    /// It is paused, because its provider rejects the credentials.
    Paused,
}

/// An account that offers a model.
#[derive(SimpleObject)]
struct OfferingAccount {
    /// The account.
    account: ProviderAccount,
    /// Why it would not serve the request; null if it could.
    excluded_because: Option<AccountExclusion>,
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
    /// The accounts that could serve the request, unordered. Of those with an engine process of their own, the one of the session
    /// serves, else the one of the highest priority, else the one of which most is left; of the others the engine chooses.
    accounts: Vec<ProviderAccount>,
    /// Every account that offers the model, also those that would not serve the request. The account's `unavailability` is
    /// the reason if it gets no requests now.
    offering_accounts: Vec<OfferingAccount>,
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
            offering_accounts: found
                .offering
                .into_iter()
                .map(|offering| OfferingAccount {
                    account: offering.account.into(),
                    excluded_because: offering.excluded.map(Into::into),
                })
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
        #[graphql(
            desc = "The id of the user's key, whose account groups count; those of the user when omitted."
        )]
        api_key_id: Option<ID>,
    ) -> Result<ModelResolution> {
        if name.trim().is_empty() || name.chars().count() > 200 {
            return Err(Error::bad_input("name must have 1 to 200 characters").into());
        }
        let user_id = input::id(&user_id, "user")?;
        let user = ctx.service::<Users>().find(user_id).await?;
        let user = user.ok_or(Error::NotFound { what: "user" })?;
        let key_id = key_of(ctx, user_id, api_key_id.as_ref()).await?;
        let user = ctx.service::<UserGroups>().table().effective(user);
        let facts = ctx
            .service::<EngineHandle>()
            .models()
            .await
            .unwrap_or_default();
        let is_down = ctx.service::<EngineHandle>().status().state != EngineState::Running;
        let resolve = |catalogue: ModelCatalogue<'_>| catalogue.resolve(&name, &user, key_id);
        let found = with_catalogue(ctx, &facts, resolve).await?;
        Ok(ModelResolution::new(found, is_down, |alias| {
            facts.lists(&alias.alias)
        }))
    }
}

/// The id of a key, if it is the user's.
async fn key_of(ctx: &Context<'_>, user_id: Uuid, id: Option<&ID>) -> Result<Option<Uuid>> {
    let Some(id) = id else { return Ok(None) };
    let what = "API key";
    let key = ctx.loader().load_one(ApiKeyId(input::id(id, what)?));
    let key = key.await?.filter(|key| key.user_id == user_id);
    Ok(Some(key.ok_or(Error::NotFound { what })?.id))
}
