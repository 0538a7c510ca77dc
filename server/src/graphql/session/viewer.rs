//! The caller.

use async_graphql::{Context, ID, Object, Union};
use uuid::Uuid;

use crate::{
    domain::{Error, Viewer as Asking, shares::Shares},
    graphql::{
        admin::{api_token::ApiToken, list::Admin},
        agent_session::{self, list::AgentSessionFilter},
        agent_sign_in::pending::AgentSignInRequest,
        key::own::OwnKeys,
        model::own::OwnModel,
        provider::own_window::OwnWindow,
        request::{
            filter::RequestFilter,
            histogram::{self, RequestHistogram},
            list,
        },
        resolver::{
            context::ContextExt as _,
            cost::{self, one, page, page_of_requests},
            error::Result,
            guard::Public,
            loaders::{ApiKeyId, UserId},
        },
        share::own::OwnShare,
        types::{
            agent_session::AgentSession, api_key::ApiKey, paging::Connection, request::Request,
            user::User,
        },
        user::alert_address::OwnAlertAddress,
    },
};

/// The caller: an administrator, an API token, or an end user with a key.
#[derive(Union)]
enum Viewer {
    Admin(Admin),
    ApiToken(ApiToken),
    KeyHolder(KeyHolder),
}

#[derive(Debug)]
struct KeyHolder {
    user_id: Uuid,
    api_key_id: Uuid,
}

/// An end user who authenticates with a key and can read their own data.
#[Object]
impl KeyHolder {
    /// The user.
    #[graphql(complexity = "one(child_complexity)")]
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        let user = ctx.loader().load_one(UserId(self.user_id)).await?;
        Ok(User::from(user.ok_or(Error::NotFound { what: "user" })?))
    }

    /// The key that the caller authenticated with.
    #[graphql(complexity = "one(child_complexity)")]
    async fn api_key(&self, ctx: &Context<'_>) -> Result<ApiKey> {
        let key = ctx.loader().load_one(ApiKeyId(self.api_key_id)).await?;
        Ok(ApiKey::from(
            key.ok_or(Error::NotFound { what: "API key" })?,
        ))
    }

    /// How the caller may manage their own keys, which are `user.apiKeys`.
    #[graphql(complexity = "2 * one(child_complexity)")]
    async fn own_keys(&self, ctx: &Context<'_>) -> Result<OwnKeys> {
        OwnKeys::read(ctx).await
    }

    /// The request of an agent to sign in that has this code and waits for its user. `NOT_FOUND` if there is none; at most 10
    /// unknown codes within 10 minutes. `FEATURE_DISABLED` if the setting `agentSignIn` is off.
    #[graphql(complexity = "2 * one(child_complexity)")]
    async fn agent_sign_in_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            secret,
            desc = "The code that the agent shows, or that is in the address."
        )]
        code: String,
    ) -> Result<AgentSignInRequest> {
        AgentSignInRequest::read(ctx, &code).await
    }

    /// The e-mail address to which the caller is sent warnings about their own quotas.
    #[graphql(complexity = "2 * one(child_complexity)")]
    async fn alert_address(&self, ctx: &Context<'_>) -> Result<OwnAlertAddress> {
        OwnAlertAddress::read(ctx).await
    }

    /// The models that requests with the key can use now, aliases included, ordered by name, with their prices; null
    /// while the engine does not run.
    #[graphql(complexity = "cost::list(50, child_complexity) + cost::REMOTE")]
    async fn models(&self, ctx: &Context<'_>) -> Result<Option<Vec<OwnModel>>> {
        OwnModel::of_key(ctx, ctx.key_holder()?).await
    }

    /// The usage windows of subscriptions through which the user has made requests since the windows began.
    #[graphql(complexity = "cost::list(10, child_complexity)")]
    async fn windows(&self, ctx: &Context<'_>) -> Result<Vec<OwnWindow>> {
        OwnWindow::of_user(ctx, ctx.key_holder()?).await
    }

    /// The caller's shares of usage windows of subscriptions, by account group and provider. Windows that are not shared are
    /// missing.
    #[graphql(complexity = "one(child_complexity)")]
    async fn shares(&self, ctx: &Context<'_>) -> Vec<OwnShare> {
        let shares = ctx.service::<Shares>();
        let own = shares.of_key(self.user_id, self.api_key_id);
        own.into_iter().map(OwnShare::from).collect()
    }

    /// The user's requests with any of their keys, newest first.
    #[graphql(complexity = "page_of_requests(first, child_complexity)")]
    async fn requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A filter; `userId` is ignored.")] filter: Option<RequestFilter>,
        #[graphql(desc = "The page size: 1 to 200, 50 when omitted.")] first: Option<i32>,
        #[graphql(desc = "Return items after this cursor.")] after: Option<String>,
    ) -> Result<Connection<Request>> {
        list::of_user(ctx, self.user_id, filter, (first, after)).await
    }

    /// A request of the user; null if there is none with this id or it is still in flight.
    #[graphql(complexity = "one(child_complexity)")]
    async fn request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The request's id: the `X-Request-Id` of the response.")] id: ID,
    ) -> Result<Option<Request>> {
        let request = list::find(ctx, &id).await?;
        Ok(request.filter(|request| request.user_id == self.user_id))
    }

    /// The sessions of the user's agents with any of their keys, those with the latest requests first.
    #[graphql(complexity = "page(first, None, child_complexity)")]
    async fn agent_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A filter; `userId` is ignored.")] filter: Option<AgentSessionFilter>,
        #[graphql(desc = "The page size: 1 to 200, 50 when omitted.")] first: Option<i32>,
        #[graphql(desc = "Return items after this cursor.")] after: Option<String>,
    ) -> Result<Connection<AgentSession>> {
        agent_session::list::of_user(ctx, self.user_id, filter, (first, after)).await
    }

    /// A session of the user's agents; null if there is none with this id, or retention has deleted it.
    #[graphql(complexity = "one(child_complexity)")]
    async fn agent_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session's id in this server.")] id: ID,
    ) -> Result<Option<AgentSession>> {
        let session = agent_session::list::find(ctx, &id).await?;
        Ok(session.filter(|session| session.user_id == self.user_id))
    }

    /// The user's requests over time.
    #[graphql(complexity = "cost::histogram(child_complexity)")]
    async fn request_histogram(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A filter; `userId` is ignored. As of the query `requestHistogram`.")]
        filter: Option<RequestFilter>,
        #[graphql(
            desc = "The length of a bucket in seconds: a multiple of 60, chosen when omitted."
        )]
        interval_seconds: Option<i32>,
    ) -> Result<RequestHistogram> {
        histogram::of_user(ctx, self.user_id, filter, interval_seconds).await
    }
}

#[derive(Debug, Default)]
pub(crate) struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// The caller; null if anonymous.
    #[graphql(guard = "Public")]
    async fn viewer(&self, ctx: &Context<'_>) -> Option<Viewer> {
        match ctx.viewer() {
            Asking::Anonymous => None,
            Asking::Session(session) => Some(Viewer::Admin(Admin::from(session.admin.clone()))),
            Asking::ApiToken(token) => Some(Viewer::ApiToken(ApiToken::from(token.clone()))),
            Asking::KeyHolder {
                user_id,
                api_key_id,
            } => Some(Viewer::KeyHolder(KeyHolder {
                user_id: *user_id,
                api_key_id: *api_key_id,
            })),
        }
    }
}
