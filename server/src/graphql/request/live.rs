//! The live feed of settled requests.

use async_graphql::{Context, SimpleObject, Subscription};
use futures_util::{Stream, StreamExt as _};

use super::filter::RequestFilter;
use crate::{
    domain::requests::RequestLog,
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::{ResolverError, Result},
            guard::Declared,
            role::{Role, requires_role},
        },
        types::{paging::Node as _, request::Request},
    },
};

/// A request that was settled.
#[derive(SimpleObject)]
struct RequestLogged {
    /// The cursor in the order of settlement, to resume from as `after`.
    cursor: String,
    /// The request.
    request: Request,
}

#[derive(Debug, Default)]
pub(crate) struct RequestSubscription;

#[Subscription(guard = "Declared")]
impl RequestSubscription {
    /// Requests as they are settled. With `after`, first those settled since that cursor, without gaps or
    /// duplicates.
    #[graphql(directive = requires_role::apply(Role::Viewer))]
    async fn request_logged(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A filter; all requests when omitted.")] filter: Option<RequestFilter>,
        #[graphql(desc = "The cursor of the last request that the caller received.")] after: Option<
            String,
        >,
    ) -> Result<impl Stream<Item = Result<RequestLogged>> + use<>> {
        let filter = filter.unwrap_or_default().read()?;
        let requests = ctx.service::<RequestLog>();
        let followed = requests.follow(filter, after.as_deref()).await?;
        Ok(followed.map(|row| {
            let request = Request::from(row.map_err(ResolverError::from)?.as_ref().clone());
            let cursor = request.cursor();
            Ok(RequestLogged { cursor, request })
        }))
    }
}
