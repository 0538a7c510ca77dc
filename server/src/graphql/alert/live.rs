//! Live updates of alerts.

use async_graphql::{ComplexObject, Context, SimpleObject, Subscription};
use futures_util::{Stream, StreamExt as _};

use super::fields::Alert;
use crate::{
    domain::alerts::{AlertFilter, Alerts},
    graphql::resolver::{
        context::ContextExt as _,
        cost::QUERY,
        error::Result,
        guard::Declared,
        role::{Role, requires_role},
    },
};

/// A change of an alert.
#[derive(SimpleObject)]
#[graphql(complex)]
struct AlertChange {
    /// The alert after the change; null if the caller was too slow and missed some: query `alerts` then.
    alert: Option<Alert>,
}

#[ComplexObject]
impl AlertChange {
    /// The number of open alerts that are not acknowledged.
    #[graphql(complexity = "QUERY")]
    async fn unacknowledged(&self, ctx: &Context<'_>) -> Result<u64> {
        let filter = AlertFilter {
            open: Some(true),
            acknowledged: Some(false),
            ..AlertFilter::default()
        };
        Ok(ctx.service::<Alerts>().count(&filter).await?)
    }
}

#[derive(Debug, Default)]
pub(crate) struct AlertSubscription;

#[Subscription(guard = "Declared")]
#[expect(clippy::unused_async, reason = "the macro wants it")]
impl AlertSubscription {
    /// Alerts, each after it was raised, changed, acknowledged or ended.
    #[graphql(directive = requires_role::apply(Role::Viewer))]
    async fn alert_changed(
        &self,
        ctx: &Context<'_>,
    ) -> Result<impl Stream<Item = Result<AlertChange>> + use<>> {
        let followed = ctx.service::<Alerts>().follow();
        Ok(followed.map(|alert| {
            let alert = alert.map(|alert| Alert::from(alert.as_ref().clone()));
            Ok(AlertChange { alert })
        }))
    }
}
