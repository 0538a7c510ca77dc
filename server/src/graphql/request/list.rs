//! Requests: one, or a page of those that a filter finds.

use async_graphql::{Context, ID, Object};
use entity::admin;
use uuid::Uuid;

use super::filter::RequestFilter;
use crate::{
    domain::{paging::PageRequest, requests::RequestLog},
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{one, page_of_requests},
            error::Result,
            guard::AtLeast,
            input,
        },
        types::{paging::Connection, request::Request},
    },
};

/// A page of one user's requests, whatever user the filter names.
pub(crate) async fn of_user(
    ctx: &Context<'_>,
    user_id: Uuid,
    filter: Option<RequestFilter>,
    (first, after): (Option<i32>, Option<String>),
) -> Result<Connection<Request>> {
    let mut filter = filter.unwrap_or_default().read()?;
    filter.user_id = Some(user_id);
    let page = PageRequest {
        first,
        after,
        ..PageRequest::default()
    };
    let page = ctx.service::<RequestLog>().list(&filter, &page).await?;
    Ok(Connection::new(page, Request::from))
}

/// The requests' part of the queries.
#[derive(Debug, Default)]
pub(crate) struct RequestQuery;

#[Object]
impl RequestQuery {
    /// Requests of all users, the latest first.
    #[graphql(
        guard = "AtLeast(admin::Role::Viewer)",
        complexity = "page_of_requests(first, child_complexity)"
    )]
    async fn requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which requests; all when left out.")] filter: Option<RequestFilter>,
        #[graphql(desc = "How many, at most 200; 50 when left out.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
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

    /// A request; null when there is none with this id, or it is still under way.
    #[graphql(
        guard = "AtLeast(admin::Role::Viewer)",
        complexity = "one(child_complexity)"
    )]
    async fn request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which request: the `X-Request-Id` of its answer.")] id: ID,
    ) -> Result<Option<Request>> {
        let Ok(id) = input::id(&id, "request") else {
            return Ok(None);
        };
        Ok(ctx
            .service::<RequestLog>()
            .find(id)
            .await?
            .map(Request::from))
    }
}
