//! Setting and copying the limits of many users.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use uuid::Uuid;

use super::input::QuotaInput;
use crate::{
    domain::users::quotas::{LimitsOutcome, NewLimits, Quotas},
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::{rate_limit::RateLimitInput, user::User},
    },
};

/// The limits to give to several users. Set `quotas`, `rateLimit` or both.
#[derive(InputObject)]
struct ApplyLimitsInput {
    /// The quotas of each user across all keys, at most 20, which replace all earlier ones; an empty list removes
    /// them. Omitted or null keeps those that each user has. One with the same metric, window, time zone, provider and
    /// models as before keeps its usage; a new one starts with the usage of its current window.
    quotas: Option<Vec<QuotaInput>>,
    /// The rate limit of each user, which replaces the whole earlier one; without any field it is the server's
    /// default. Omitted or null keeps the limit that each user has.
    rate_limit: Option<RateLimitInput>,
}

/// The outcome for one user of `applyLimits` or `copyLimits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum ApplyLimitsOutcome {
    /// The user has the limits now.
    Applied,
    /// There is no user with this id, or the user is archived.
    NotFound,
}

/// The result for one user of `applyLimits` or `copyLimits`.
#[derive(SimpleObject)]
struct ApplyLimitsResult {
    /// The id, as it was given.
    id: ID,
    /// The outcome for this user.
    outcome: ApplyLimitsOutcome,
    /// The user; null if there is none.
    user: Option<User>,
}

/// The result of `applyLimits` and of `copyLimits`.
#[derive(SimpleObject)]
struct ApplyLimitsPayload {
    /// One result for each id, in the order of `userIds`.
    results: Vec<ApplyLimitsResult>,
}

#[derive(Debug, Default)]
pub(crate) struct ManyLimitsMutation;

#[Object(guard = "Declared")]
impl ManyLimitsMutation {
    /// Set the limits of several users in one transaction: of all users that exist, or of none if it fails. Unknown
    /// ids do not keep the others from being changed. Limits of single keys stay. It takes effect immediately.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn apply_limits(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The users' ids, at most 200.", validator(max_items = 200))] user_ids: Vec<
            ID,
        >,
        #[graphql(desc = "The limits.")] input: ApplyLimitsInput,
    ) -> Result<ApplyLimitsPayload> {
        let limits = NewLimits {
            quotas: input.quotas.map(QuotaInput::read_all).transpose()?,
            rate_limit: input.rate_limit.map(RateLimitInput::read).transpose()?,
        };
        let (audit, ids) = (ctx.audit(), rows(&user_ids));
        let done = ctx.service::<Quotas>().apply(&audit, ids, limits).await?;
        Ok(ApplyLimitsPayload::new(user_ids, done))
    }

    /// Give several users the quotas and the rate limit of another user, in one transaction, as `applyLimits` does.
    /// Allowed models, the limits of single keys and usage are not copied.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn copy_limits(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the user whose limits are copied.")] from_user_id: ID,
        #[graphql(desc = "The users' ids, at most 200.", validator(max_items = 200))] user_ids: Vec<
            ID,
        >,
    ) -> Result<ApplyLimitsPayload> {
        let from = input::id(&from_user_id, "user")?;
        let (audit, ids) = (ctx.audit(), rows(&user_ids));
        let done = ctx.service::<Quotas>().copy(&audit, from, ids).await?;
        Ok(ApplyLimitsPayload::new(user_ids, done))
    }
}

/// An id in another format is the id of no user, as the nil id.
fn rows(ids: &[ID]) -> Vec<Uuid> {
    ids.iter()
        .map(|id| id.parse().unwrap_or_default())
        .collect()
}

impl ApplyLimitsPayload {
    fn new(ids: Vec<ID>, done: Vec<LimitsOutcome>) -> Self {
        let results = ids.into_iter().zip(done);
        let results = results.map(|(id, outcome)| match outcome {
            LimitsOutcome::Applied(user) => ApplyLimitsResult {
                id,
                outcome: ApplyLimitsOutcome::Applied,
                user: Some(User::from(*user)),
            },
            LimitsOutcome::NotFound => ApplyLimitsResult {
                id,
                outcome: ApplyLimitsOutcome::NotFound,
                user: None,
            },
        });
        Self {
            results: results.collect(),
        }
    }
}
