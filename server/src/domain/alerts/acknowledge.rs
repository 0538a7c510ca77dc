//! Acknowledging alerts: an administrator has seen them. They stay open until their condition ends.

use entity::alert::{self, Entity as Alert};
use sea_orm::{
    ActiveEnum as _, ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use serde_json::json;
use uuid::Uuid;

use super::Alerts;
use crate::domain::{
    Result,
    audit::{self, AuditChange, AuditContext, AuditSubject},
};

impl Alerts {
    /// Acknowledges alerts in one transaction. Alerts that were acknowledged before stay as they are, and unknown ids
    /// are ignored. Each alert that is acknowledged has an audit event, or there is one event if there was none.
    /// Returns the alerts that exist.
    pub async fn acknowledge(
        &self,
        context: &AuditContext,
        ids: &[Uuid],
    ) -> Result<Vec<alert::Model>> {
        let now = self.clock.now();
        let transaction = self.db.begin().await?;
        let found = Alert::find()
            .filter(alert::Column::Id.is_in(ids.iter().copied()))
            .order_by_asc(alert::Column::Id)
            .lock_exclusive()
            .all(&transaction)
            .await?;
        let (mut alerts, mut acknowledged) = (Vec::with_capacity(found.len()), Vec::new());
        for row in found {
            if row.acknowledged_at.is_some() {
                alerts.push(row);
                continue;
            }
            let mut row = row.into_active_model();
            row.acknowledged_at = Set(Some(now));
            row.acknowledged_by = Set(context.actor().name.clone());
            let row = row.update(&transaction).await?;
            acknowledged.push(row.clone());
            alerts.push(row);
        }
        for row in &acknowledged {
            let after = json!({ "acknowledged": true });
            let change = AuditChange::updated(subject(row), json!({}), after);
            audit::record(&transaction, &self.clock, context, change).await?;
        }
        if acknowledged.is_empty() {
            let nothing = AuditChange::done(Some(json!({ "ids": ids, "acknowledged": [] })));
            audit::record(&transaction, &self.clock, context, nothing).await?;
        }
        transaction.commit().await?;
        self.publish(acknowledged);
        Ok(alerts)
    }
}

fn subject(row: &alert::Model) -> AuditSubject {
    let kind = row.kind.to_value();
    let name = match row.subject_name.as_str() {
        "" => kind,
        name => format!("{kind} {name}"),
    };
    AuditSubject::new("alert", &row.id).named(&name)
}
