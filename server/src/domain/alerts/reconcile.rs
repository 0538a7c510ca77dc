//! Compares the conditions that hold with the stored alerts: raises, refreshes, reopens and ends them.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::alert::{self, AlertKind, AlertSeverity, Entity as Alert};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::Set,
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use super::{AlertCondition, Alerts};
use crate::domain::Result;

/// Open alerts of one kind. Conditions beyond that are not raised.
const MAX_OPEN_PER_KIND: usize = 100;
/// A condition that recurs within this time continues its alert.
const REOPEN_WITHIN: TimeDelta = TimeDelta::minutes(15);
/// How often the time of an unchanged alert is updated.
const REFRESH_INTERVAL: TimeDelta = TimeDelta::minutes(1);

/// The number of alerts that changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReconciledAlerts {
    /// Raised or reopened.
    pub raised: usize,
    pub ended: usize,
}

/// The kind and subject that an open alert is unique by.
type AlertKey = (AlertKind, String);

/// The alerts that are open or ended lately, and what changed.
struct Stored {
    open: HashMap<AlertKey, alert::Model>,
    ended: HashMap<AlertKey, alert::Model>,
    now: DateTime<Utc>,
    raised: Vec<alert::Model>,
    changed: Vec<alert::Model>,
    /// Unchanged alerts whose time is due to be updated.
    due: Vec<Uuid>,
}

impl Alerts {
    /// Raises an alert for each new condition, and ends the alerts of the evaluated kinds whose condition is gone.
    /// Kinds that could not be evaluated keep their alerts.
    pub async fn reconcile(
        &self,
        evaluated: &[AlertKind],
        conditions: Vec<AlertCondition>,
    ) -> Result<ReconciledAlerts> {
        let now = self.clock.now();
        let transaction = self.db.begin().await?;
        let mut stored = Stored::read(&transaction, now).await?;
        let mut seen: HashSet<AlertKey> = HashSet::new();
        for condition in conditions {
            let key = (condition.kind, condition.subject.id.clone());
            if seen.insert(key.clone()) {
                stored.apply(&transaction, key, condition).await?;
            }
        }
        let is_gone = |key: &&AlertKey| evaluated.contains(&key.0) && !seen.contains(*key);
        let gone: Vec<AlertKey> = stored.open.keys().filter(is_gone).cloned().collect();
        let ended = stored.end(&transaction, &gone).await?;
        stored.refresh(&transaction).await?;
        transaction.commit().await?;
        let result = ReconciledAlerts {
            raised: stored.raised.len(),
            ended: ended.len(),
        };
        self.publish(stored.raised.into_iter().chain(stored.changed).chain(ended));
        Ok(result)
    }
}

impl Stored {
    async fn read(connection: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Self> {
        let ended = alert::Column::EndedAt;
        let recent = Condition::any()
            .add(ended.is_null())
            .add(ended.gt(now - REOPEN_WITHIN));
        let rows = Alert::find()
            .filter(recent)
            .order_by_asc(alert::Column::Id)
            .all(connection)
            .await?;
        let (open, ended) = rows.into_iter().partition(|row| row.ended_at.is_none());
        let by_key = |rows: Vec<alert::Model>| rows.into_iter().map(|row| (key_of(&row), row));
        Ok(Self {
            open: by_key(open).collect(),
            ended: by_key(ended).collect(),
            now,
            raised: Vec::new(),
            changed: Vec::new(),
            due: Vec::new(),
        })
    }

    async fn apply(
        &mut self,
        connection: &impl ConnectionTrait,
        key: AlertKey,
        condition: AlertCondition,
    ) -> Result<()> {
        if let Some(row) = self.open.get(&key).cloned() {
            return self.update(connection, row, condition).await;
        }
        let of_kind = self.open.keys().filter(|(kind, _)| *kind == key.0).count();
        if of_kind >= MAX_OPEN_PER_KIND {
            return Ok(());
        }
        let raised = match self.ended.remove(&key) {
            Some(row) => Some(self.reopen(connection, row, condition).await?),
            None => self.insert(connection, condition).await?,
        };
        if let Some(row) = raised {
            self.open.insert(key, row.clone());
            self.raised.push(row);
        }
        Ok(())
    }

    /// `None` if another process has raised it meanwhile.
    async fn insert(
        &self,
        connection: &impl ConnectionTrait,
        condition: AlertCondition,
    ) -> Result<Option<alert::Model>> {
        let row = alert::Model {
            id: Uuid::now_v7(),
            kind: condition.kind,
            subject_kind: condition.subject.kind,
            subject_id: condition.subject.id,
            subject_name: condition.subject.name,
            severity: condition.severity,
            detail: condition.detail,
            raised_at: self.now,
            last_seen_at: self.now,
            ended_at: None,
            acknowledged_at: None,
            acknowledged_by: None,
        };
        let inserted = Alert::insert(row.clone().into_active_model())
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(connection)
            .await?;
        Ok((inserted > 0).then_some(row))
    }

    async fn reopen(
        &self,
        connection: &impl ConnectionTrait,
        row: alert::Model,
        condition: AlertCondition,
    ) -> Result<alert::Model> {
        let severity = row.severity;
        let mut row = row.into_active_model();
        row.ended_at = Set(None);
        self.set(&mut row, severity, condition);
        Ok(row.update(connection).await?)
    }

    async fn update(
        &mut self,
        connection: &impl ConnectionTrait,
        row: alert::Model,
        condition: AlertCondition,
    ) -> Result<()> {
        let is_same = row.severity == condition.severity
            && row.detail == condition.detail
            && row.subject_name == condition.subject.name;
        if is_same {
            if (self.now - row.last_seen_at).abs() >= REFRESH_INTERVAL {
                self.due.push(row.id);
            }
            return Ok(());
        }
        let severity = row.severity;
        let mut row = row.into_active_model();
        self.set(&mut row, severity, condition);
        self.changed.push(row.update(connection).await?);
        Ok(())
    }

    /// An alert that becomes more severe is unacknowledged again.
    fn set(&self, row: &mut alert::ActiveModel, before: AlertSeverity, condition: AlertCondition) {
        if condition.severity > before {
            row.acknowledged_at = Set(None);
            row.acknowledged_by = Set(None);
        }
        row.severity = Set(condition.severity);
        row.subject_name = Set(condition.subject.name);
        row.detail = Set(condition.detail);
        row.last_seen_at = Set(self.now);
    }

    async fn end(
        &mut self,
        connection: &impl ConnectionTrait,
        gone: &[AlertKey],
    ) -> Result<Vec<alert::Model>> {
        let ended: Vec<alert::Model> = gone
            .iter()
            .filter_map(|key| self.open.remove(key))
            .map(|row| alert::Model {
                ended_at: Some(self.now),
                ..row
            })
            .collect();
        if !ended.is_empty() {
            Alert::update_many()
                .col_expr(alert::Column::EndedAt, Expr::value(self.now))
                .filter(alert::Column::Id.is_in(ended.iter().map(|row| row.id)))
                .exec(connection)
                .await?;
        }
        Ok(ended)
    }

    async fn refresh(&self, connection: &impl ConnectionTrait) -> Result<()> {
        if !self.due.is_empty() {
            Alert::update_many()
                .col_expr(alert::Column::LastSeenAt, Expr::value(self.now))
                .filter(alert::Column::Id.is_in(self.due.iter().copied()))
                .exec(connection)
                .await?;
        }
        Ok(())
    }
}

fn key_of(row: &alert::Model) -> AlertKey {
    (row.kind, row.subject_id.clone())
}
