//! The verdict on the server, from the open alerts.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    alert::{self, AlertSeverity, Entity as Alert},
    provider_account,
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};

use super::Alerts;
use crate::domain::{
    Result,
    provider_accounts::ProviderAccounts,
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
    pub fn fail_often(self) -> bool {
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
            .totals(Span::last(RECENT, now)?, &UsageFilter::default())
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

/// Enabled accounts, and those that nothing is known about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountCounts {
    pub enabled: usize,
    /// Neither used by a request nor passed by a check.
    pub unverified: usize,
}

/// Counts accounts by whether there is evidence that they work.
pub async fn count_accounts(accounts: &ProviderAccounts) -> Result<AccountCounts> {
    let all = accounts.list().await?;
    let enabled = all.iter().filter(|account| account.enabled);
    let is_unverified = |account: &&provider_account::Model| {
        let has_passed = account.checked_at.is_some() && account.check_failure.is_none();
        account.last_used_at.is_none() && !has_passed
    };
    Ok(AccountCounts {
        enabled: enabled.clone().count(),
        unverified: enabled.filter(is_unverified).count(),
    })
}
