//! Reads pages of the audit log.

use chrono::{DateTime, Utc};
use entity::audit_event::{self, ActorKind, Entity as AuditEvent};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Select,
};
use uuid::Uuid;

use super::Audit;
use crate::domain::{
    Error, Result,
    paging::{Page, PageRequest},
};

/// Selects events. An event must meet all conditions.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    pub actor_kind: Option<ActorKind>,
    /// An administrator or API token.
    pub actor_id: Option<Uuid>,
    /// Mutations or commands.
    pub actions: Option<Vec<String>>,
    pub subject_kind: Option<String>,
    pub subject_id: Option<String>,
    /// Only failed operations, or only successful ones.
    pub failed: Option<bool>,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
}

impl Audit {
    /// A page of events, newest first. A cursor is the sequence number of an event.
    pub async fn list(
        &self,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<audit_event::Model>> {
        let window = page.window()?;
        let mut query = filtered(filter);
        if let Some(cursor) = &window.cursor {
            let sequence: i64 = cursor.parse().map_err(|_| {
                Error::bad_input("the cursor is invalid; use endCursor of the page before")
            })?;
            query = query.filter(audit_event::Column::Sequence.lt(sequence));
        }
        let events = query
            .order_by_desc(audit_event::Column::Sequence)
            .limit(window.limit + 1)
            .all(self.db.reader())
            .await?;
        Ok(window.page(events))
    }

    pub async fn count(&self, filter: &AuditFilter) -> Result<u64> {
        Ok(filtered(filter).count(self.db.reader()).await?)
    }
}

fn filtered(filter: &AuditFilter) -> Select<AuditEvent> {
    use audit_event::Column;

    let mut query = AuditEvent::find();
    if let Some(kind) = filter.actor_kind {
        query = query.filter(Column::ActorKind.eq(kind));
    }
    if let Some(id) = filter.actor_id {
        query = query.filter(Column::ActorId.eq(id));
    }
    if let Some(actions) = &filter.actions {
        query = query.filter(Column::Action.is_in(actions));
    }
    if let Some(kind) = &filter.subject_kind {
        query = query.filter(Column::SubjectKind.eq(kind));
    }
    if let Some(id) = &filter.subject_id {
        query = query.filter(Column::SubjectId.eq(id));
    }
    query = match filter.failed {
        Some(true) => query.filter(Column::Error.is_not_null()),
        Some(false) => query.filter(Column::Error.is_null()),
        None => query,
    };
    if let Some(from) = filter.from {
        query = query.filter(Column::At.gte(from.timestamp_micros()));
    }
    if let Some(to) = filter.to {
        query = query.filter(Column::At.lt(to.timestamp_micros()));
    }
    query
}
