//! Who is asking.

use async_graphql::{Context, Object, Union};
use uuid::Uuid;

use crate::{
    domain::{Error, Viewer as Asking},
    graphql::{
        admin::{api_token::ApiToken, list::Admin},
        key::fields::ApiKey,
        request::{
            fields::{self, Request},
            filter::RequestFilter,
        },
        resolver::{
            context::ContextExt as _,
            cost::{one, page_of_requests},
            error::Result,
            guard::Public,
            loaders::{ApiKeyId, UserId},
        },
        types::paging::Connection,
        user::fields::User,
    },
};

/// Whoever asks: an administrator, a script's token, or an end user with their key.
#[derive(Union)]
enum Viewer {
    Admin(Admin),
    ApiToken(ApiToken),
    KeyHolder(KeyHolder),
}

/// An end user.
#[derive(Debug)]
struct KeyHolder {
    user_id: Uuid,
    api_key_id: Uuid,
}

/// An end user, who shows their own key and sees their own things.
#[Object]
impl KeyHolder {
    /// The user.
    #[graphql(complexity = "one(child_complexity)")]
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        let user = ctx.loader().load_one(UserId(self.user_id)).await?;
        Ok(User(user.ok_or(Error::NotFound { what: "user" })?))
    }

    /// The key that was shown.
    #[graphql(complexity = "one(child_complexity)")]
    async fn api_key(&self, ctx: &Context<'_>) -> Result<ApiKey> {
        let key = ctx.loader().load_one(ApiKeyId(self.api_key_id)).await?;
        Ok(ApiKey(key.ok_or(Error::NotFound { what: "API key" })?))
    }

    /// The user's requests, with whichever key, the latest first.
    #[graphql(complexity = "page_of_requests(first, child_complexity)")]
    async fn requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which requests; `userId` is the user's own whatever it says.")]
        filter: Option<RequestFilter>,
        #[graphql(desc = "How many, at most 200; 50 when left out.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
    ) -> Result<Connection<Request>> {
        fields::of_user(ctx, self.user_id, filter, (first, after)).await
    }
}

/// The viewer's part of the queries.
#[derive(Debug, Default)]
pub(crate) struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// Whoever asks; null for strangers.
    #[graphql(guard = "Public")]
    async fn viewer(&self, ctx: &Context<'_>) -> Option<Viewer> {
        match ctx.viewer() {
            Asking::Anonymous => None,
            Asking::Session(session) => Some(Viewer::Admin(Admin(session.admin.clone()))),
            Asking::ApiToken(token) => Some(Viewer::ApiToken(ApiToken(token.clone()))),
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
