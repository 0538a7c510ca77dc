//! Requests: one, or a page of those that a filter finds.

use async_graphql::{Context, ID, Object};
use uuid::Uuid;

use super::filter::RequestFilter;
use crate::{
    domain::{paging::PageRequest, requests::RequestLog},
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{one, page_of_requests},
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::{paging::Connection, request::Request},
    },
};

/// A page of one user's requests. A `userId` in the filter is ignored.
pub(crate) async fn of_user(
    ctx: &Context<'_>,
    user_id: Uuid,
    filter: Option<RequestFilter>,
    (first, after): (Option<i32>, Option<String>),
) -> Result<Connection<Request>> {
    let filter = filter.unwrap_or_default().of_user(ctx, user_id)?;
    let page = PageRequest {
        first,
        after,
        ..PageRequest::default()
    };
    let page = ctx.service::<RequestLog>().list(&filter, &page).await?;
    Ok(Connection::new(page, Request::from))
}

/// A request of any user; `None` for an invalid id.
pub(crate) async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<Request>> {
    let Ok(id) = input::id(id, "request") else {
        return Ok(None);
    };
    let found = ctx.service::<RequestLog>().find(id).await?;
    Ok(found.map(Request::from))
}

#[derive(Debug, Default)]
pub(crate) struct RequestQuery;

#[Object(guard = "Declared")]
impl RequestQuery {
    /// Requests of all users, newest first.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "page_of_requests(first, child_complexity)"
    )]
    async fn requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A filter; all requests when omitted.")] filter: Option<RequestFilter>,
        #[graphql(desc = "The page size: 1 to 200, 50 when omitted.")] first: Option<i32>,
        #[graphql(desc = "Return items after this cursor.")] after: Option<String>,
    ) -> Result<Connection<Request>> {
        let filter = filter.unwrap_or_default().read()?;
        let page = PageRequest {
            first,
            after,
            ..PageRequest::default()
        };
        let page = ctx.service::<RequestLog>().list(&filter, &page).await?;
        Ok(Connection::new(page, Request::from))
    }

    /// A request; null if there is none with this id or it is still in flight.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "one(child_complexity)"
    )]
    async fn request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The request's id: the `X-Request-Id` of the response.")] id: ID,
    ) -> Result<Option<Request>> {
        find(ctx, &id).await
    }
}
