//! Requests that wait for limits.

use async_graphql::{ComplexObject, Context, Object, SimpleObject, Subscription};
use futures_util::{Stream, StreamExt as _};
use uuid::Uuid;

use crate::{
    domain::{
        Error,
        ledger::{self, Ledger, MAX_WAITING_USERS},
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{BATCHED, list},
            error::Result,
            guard::Declared,
            loaders::UserId,
            role::{Role, requires_role},
        },
        types::{scalar::int, user::User},
    },
};

/// The requests that wait for rate limits. They are recorded once they are admitted, refused or abandoned.
#[derive(SimpleObject)]
#[graphql(complex)]
struct WaitingRequests {
    #[graphql(skip)]
    waiting: ledger::WaitingRequests,
    /// Their number, of all users.
    total: i32,
}

/// The requests of one user that wait.
#[derive(SimpleObject)]
#[graphql(complex)]
struct UserWaitingRequests {
    #[graphql(skip)]
    user_id: Uuid,
    /// Their number.
    requests: i32,
}

impl From<ledger::WaitingRequests> for WaitingRequests {
    fn from(waiting: ledger::WaitingRequests) -> Self {
        Self {
            total: int(waiting.total),
            waiting,
        }
    }
}

#[ComplexObject]
impl WaitingRequests {
    /// Their number by user, those with the most first, up to 100 users.
    #[graphql(complexity = "list(MAX_WAITING_USERS, child_complexity)")]
    async fn users(&self) -> Vec<UserWaitingRequests> {
        let users = self.waiting.users.iter();
        users
            .map(|user| UserWaitingRequests {
                user_id: user.user_id,
                requests: int(user.requests),
            })
            .collect()
    }
}

#[ComplexObject]
impl UserWaitingRequests {
    /// The user.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        let user = ctx.loader().load_one(UserId(self.user_id)).await?;
        Ok(User::from(user.ok_or(Error::NotFound { what: "user" })?))
    }
}

#[derive(Debug, Default)]
pub(crate) struct WaitingRequestsQuery;

#[Object(guard = "Declared")]
impl WaitingRequestsQuery {
    /// The requests that wait for rate limits now: see `maxWaitSeconds` of `RateLimit`.
    #[graphql(directive = requires_role::apply(Role::Viewer))]
    async fn waiting_requests(&self, ctx: &Context<'_>) -> WaitingRequests {
        ctx.service::<Ledger>().waiting().into()
    }
}

#[derive(Debug, Default)]
pub(crate) struct WaitingRequestsSubscription;

#[Subscription(guard = "Declared")]
#[expect(clippy::unused_async, reason = "the macro wants it")]
impl WaitingRequestsSubscription {
    /// The requests that wait for rate limits: first now and then after each change, at most once a second.
    #[graphql(directive = requires_role::apply(Role::Viewer))]
    async fn waiting_requests_changed(
        &self,
        ctx: &Context<'_>,
    ) -> Result<impl Stream<Item = Result<WaitingRequests>> + use<>> {
        let followed = ctx.service::<Ledger>().follow_waiting();
        Ok(followed.map(|waiting| Ok(waiting.into())))
    }
}
