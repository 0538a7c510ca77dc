//! Lists of alerts: filter, order, pages.

use chrono::{DateTime, Utc};
use entity::alert::{self, AlertKind, AlertSeverity, Entity as Alert};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, Order, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select,
    sea_query::{Expr, Func, SimpleExpr},
};

use super::Alerts;
use crate::domain::{
    Result,
    paging::{self, Page, PageRequest},
};

/// The year 9999.
const FAR_FUTURE: DateTime<Utc> = DateTime::from_timestamp(253_370_764_800, 0).unwrap();

/// All conditions must hold.
#[derive(Clone, Debug, Default)]
pub struct AlertFilter {
    /// Whether the condition still holds.
    pub open: Option<bool>,
    pub acknowledged: Option<bool>,
    /// Any of these.
    pub kinds: Option<Vec<AlertKind>>,
    pub severity: Option<AlertSeverity>,
    pub subject_id: Option<String>,
}

impl Alerts {
    /// A page of alerts: open ones first, the latest first, then those that ended, the latest first. A cursor is the
    /// id of an alert.
    pub async fn list(
        &self,
        filter: &AlertFilter,
        page: &PageRequest,
    ) -> Result<Page<alert::Model>> {
        let window = page.window()?;
        let descending = !window.backwards;
        let mut query = filter.select();
        if let Some(cursor) = &window.cursor {
            let id = paging::id_of_cursor(cursor)?;
            let after = paging::after::<Alert>(alert::Column::Id, end_or_future, descending, id);
            query = query.filter(after);
        }
        let direction = if descending { Order::Desc } else { Order::Asc };
        let alerts = query
            .order_by(end_or_future(), direction.clone())
            .order_by(alert::Column::Id, direction)
            .limit(window.limit + 1)
            .all(self.db.reader())
            .await?;
        Ok(window.page(alerts))
    }

    pub async fn count(&self, filter: &AlertFilter) -> Result<u64> {
        Ok(filter.select().count(self.db.reader()).await?)
    }
}

impl AlertFilter {
    fn select(&self) -> Select<Alert> {
        let mut query = Alert::find();
        query = match self.open {
            Some(true) => query.filter(alert::Column::EndedAt.is_null()),
            Some(false) => query.filter(alert::Column::EndedAt.is_not_null()),
            None => query,
        };
        query = match self.acknowledged {
            Some(true) => query.filter(alert::Column::AcknowledgedAt.is_not_null()),
            Some(false) => query.filter(alert::Column::AcknowledgedAt.is_null()),
            None => query,
        };
        if let Some(kinds) = &self.kinds {
            query = query.filter(alert::Column::Kind.is_in(kinds.iter().copied()));
        }
        if let Some(severity) = self.severity {
            query = query.filter(alert::Column::Severity.eq(severity));
        }
        if let Some(id) = &self.subject_id {
            query = query.filter(alert::Column::SubjectId.eq(id));
        }
        query
    }
}

/// The time of the end. Open alerts come after all others in time: a sort key must not be null.
fn end_or_future() -> SimpleExpr {
    let ended = Expr::col((Alert, alert::Column::EndedAt));
    Expr::expr(Func::coalesce([ended, Expr::value(FAR_FUTURE)]))
}
