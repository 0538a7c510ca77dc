//! Lists of alerts.

use async_graphql::{Context, InputObject, MergedObject, Object};

use super::fields::{Alert, AlertKind, AlertSeverity};
use crate::{
    domain::{
        alerts::{self, Alerts},
        paging::PageRequest,
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{COUNT, page},
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        types::paging::Connection,
    },
};

/// A filter of alerts. Conditions are combined with AND.
#[derive(Debug, Default, InputObject)]
struct AlertFilter {
    /// True for alerts whose condition holds, false for those that ended.
    open: Option<bool>,
    /// True for acknowledged alerts, false for others.
    acknowledged: Option<bool>,
    /// Alerts of any of these kinds; all when omitted.
    kinds: Option<Vec<AlertKind>>,
    /// Alerts of this severity.
    severity: Option<AlertSeverity>,
    /// Alerts about the account, quota or model with this id or name.
    subject_id: Option<String>,
}

impl From<AlertFilter> for alerts::AlertFilter {
    fn from(filter: AlertFilter) -> Self {
        let kinds = filter.kinds;
        Self {
            open: filter.open,
            acknowledged: filter.acknowledged,
            kinds: kinds.map(|kinds| kinds.into_iter().map(Into::into).collect()),
            severity: filter.severity.map(Into::into),
            subject_id: filter.subject_id,
        }
    }
}

/// A page of alerts.
#[derive(MergedObject)]
struct AlertConnection(Connection<Alert>, AlertCount);

/// Counts alerts only when `totalCount` is selected.
#[derive(Debug)]
struct AlertCount(alerts::AlertFilter);

#[Object]
impl AlertCount {
    /// The number of alerts on all pages.
    #[graphql(complexity = "COUNT")]
    async fn total_count(&self, ctx: &Context<'_>) -> Result<u64> {
        Ok(ctx.service::<Alerts>().count(&self.0).await?)
    }
}

#[derive(Debug, Default)]
pub(crate) struct AlertQuery;

#[Object(guard = "Declared")]
impl AlertQuery {
    /// A page of alerts: open ones, the latest first, then those that ended, the latest first. They are updated every
    /// 15 seconds.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "page(first, None, child_complexity)"
    )]
    async fn alerts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A filter; all alerts when omitted.")] filter: Option<AlertFilter>,
        #[graphql(desc = "The page size: 1 to 200, 50 when omitted.")] first: Option<i32>,
        #[graphql(desc = "Return items after this cursor.")] after: Option<String>,
    ) -> Result<AlertConnection> {
        let filter = filter.unwrap_or_default().into();
        let page = PageRequest {
            first,
            after,
            ..PageRequest::default()
        };
        let page = ctx.service::<Alerts>().list(&filter, &page).await?;
        Ok(AlertConnection(
            Connection::new(page, Alert::from),
            AlertCount(filter),
        ))
    }
}
