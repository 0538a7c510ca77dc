//! Acknowledging alerts.

use async_graphql::{Context, ID, Object, SimpleObject};

use super::fields::Alert;
use crate::{
    domain::alerts::Alerts,
    graphql::resolver::{
        context::ContextExt as _,
        error::Result,
        guard::Declared,
        role::{Role, requires_role},
    },
};

/// The result of `acknowledgeAlerts`.
#[derive(SimpleObject)]
struct AcknowledgeAlertsPayload {
    /// The alerts that exist, ordered by id.
    alerts: Vec<Alert>,
}

#[derive(Debug, Default)]
pub(crate) struct AlertMutation;

#[Object(guard = "Declared")]
impl AlertMutation {
    /// Acknowledge alerts, open or ended: an administrator has seen them. An open alert stays open until its condition
    /// ends. Alerts that were acknowledged before stay as they are, and unknown ids are ignored.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn acknowledge_alerts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The alerts' ids, at most 200.", validator(max_items = 200))] ids: Vec<ID>,
    ) -> Result<AcknowledgeAlertsPayload> {
        // An id in another format is the id of no alert.
        let ids: Vec<_> = ids.iter().filter_map(|id| id.parse().ok()).collect();
        let alerts = ctx.service::<Alerts>();
        let acknowledged = alerts.acknowledge(&ctx.audit(), &ids).await?;
        Ok(AcknowledgeAlertsPayload {
            alerts: acknowledged.into_iter().map(Alert::from).collect(),
        })
    }
}
