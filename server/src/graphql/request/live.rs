//! Requests as they are settled, live.

use async_graphql::{Context, SimpleObject, Subscription};
use entity::admin::Role;
use futures_util::{Stream, StreamExt as _};

use super::{fields::Request, filter::RequestFilter};
use crate::{
    domain::requests::RequestLog,
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::{ResolverError, Result},
            guard::AtLeast,
        },
        types::paging::Node as _,
    },
};

/// A request that was just settled.
#[derive(SimpleObject)]
struct RequestLogged {
    /// Its place in the order of settlement, to go on from as `after`.
    cursor: String,
    /// The request.
    request: Request,
}

/// The requests' part of what can be followed.
#[derive(Debug, Default)]
pub(crate) struct RequestSubscription;

#[Subscription]
impl RequestSubscription {
    /// Each request as soon as it is settled; with `after`, first everything since that place, without
    /// a gap and without a duplicate.
    #[graphql(guard = "AtLeast(Role::Viewer)")]
    async fn request_logged(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which requests; all when left out.")] filter: Option<RequestFilter>,
        #[graphql(desc = "The cursor of the last request that was seen.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<RequestLogged>> + use<>> {
        let filter = filter.unwrap_or_default().read()?;
        let requests = ctx.service::<RequestLog>();
        let followed = requests.follow(filter, after.as_deref()).await?;
        Ok(followed.map(|row| {
            let request = Request(row.map_err(ResolverError::from)?.as_ref().clone());
            let cursor = request.cursor();
            Ok(RequestLogged { cursor, request })
        }))
    }
}
