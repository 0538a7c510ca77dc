//! The verdict on the server, from the open alerts.

use chrono::{DateTime, TimeDelta, Utc};
use entity::alert::{self, AlertSeverity, Entity as Alert};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};

use super::Alerts;
use crate::domain::{
    Result,
    usage::{Span, Usage, UsageFilter},
};

/// The period of [`RecentRequests`].
const RECENT: TimeDelta = TimeDelta::hours(1);
/// Conditions are evaluated several times in this period.
const EVALUATED_WITHIN: TimeDelta = TimeDelta::minutes(2);

/// Whether anything is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthVerdict {
    /// No alert is open.
    Healthy,
    /// The conditions were not evaluated lately, or a third of a few requests failed.
    Uncertain,
    /// Alerts are open, none of them critical.
    Warning,
    /// A critical alert is open.
    Critical,
}

/// Forwarded requests of the last hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecentRequests {
    pub requests: i64,
    pub failed: i64,
}

impl RecentRequests {
    /// Whether at least a third failed.
    fn fail_often(self) -> bool {
        self.failed > 0 && self.failed.saturating_mul(3) >= self.requests
    }
}

/// The verdict and its basis.
#[derive(Clone, Copy, Debug)]
pub struct ServerHealth {
    pub verdict: HealthVerdict,
    /// When all conditions were last evaluated; `None` before the first time since the start of the server.
    pub evaluated_at: Option<DateTime<Utc>>,
    pub open: u64,
    pub unacknowledged: u64,
    pub recent: RecentRequests,
}

impl Alerts {
    /// Notes that all conditions were evaluated.
    pub fn set_evaluated(&self) {
        let now = self.clock.now();
        self.evaluated_at.store(Some(now.into()));
    }

    /// The verdict now.
    pub async fn health(&self, usage: &Usage) -> Result<ServerHealth> {
        let open: Vec<(AlertSeverity, Option<DateTime<Utc>>)> = Alert::find()
            .filter(alert::Column::EndedAt.is_null())
            .select_only()
            .columns([alert::Column::Severity, alert::Column::AcknowledgedAt])
            .into_tuple()
            .all(self.db.reader())
            .await?;
        let now = self.clock.now();
        let sums = usage
            .totals(Span::new(now - RECENT, now)?, &UsageFilter::default())
            .await?;
        let recent = RecentRequests {
            requests: sums.requests,
            failed: sums.failed,
        };
        let evaluated_at = self.evaluated_at.load().as_deref().copied();
        let is_current = evaluated_at.is_some_and(|at| (now - at).abs() <= EVALUATED_WITHIN);
        let verdict = match open.iter().map(|(severity, _)| *severity).max() {
            Some(AlertSeverity::Critical) => HealthVerdict::Critical,
            Some(AlertSeverity::Warning) => HealthVerdict::Warning,
            None if is_current && !recent.fail_often() => HealthVerdict::Healthy,
            None => HealthVerdict::Uncertain,
        };
        let unacknowledged = open.iter().filter(|(_, at)| at.is_none()).count();
        Ok(ServerHealth {
            verdict,
            evaluated_at,
            open: open.len().try_into().unwrap_or(u64::MAX),
            unacknowledged: unacknowledged.try_into().unwrap_or(u64::MAX),
            recent,
        })
    }
}
