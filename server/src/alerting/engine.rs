//! The engine: it does not run, a new version failed, or its model catalogue is old.

use chrono::{DateTime, TimeDelta, Utc};
use entity::alert::{AlertDetail, AlertKind, AlertSeverity};

use super::{ConditionSources, Evaluation};
use crate::{
    domain::alerts::{AlertCondition, AlertSubject},
    engine::{CatalogueRefresh, EngineState, EngineStatus, LastUpdate, UpdateKind},
};

/// The engine refreshes its catalogue every three hours.
const CATALOGUE_OUTDATED_AFTER: TimeDelta = TimeDelta::hours(24);
/// A rollback is an event, not a condition that ends by itself.
const ROLLBACK_SHOWN_FOR: TimeDelta = TimeDelta::days(7);

/// The engine, unless it runs or starts for the first time.
pub(super) fn down(status: &EngineStatus) -> Vec<AlertCondition> {
    let severity = match status.state {
        EngineState::Running => return Vec::new(),
        EngineState::Starting if status.last_error.is_none() => return Vec::new(),
        EngineState::Starting | EngineState::BackingOff => AlertSeverity::Warning,
        EngineState::Stopped | EngineState::Failed => AlertSeverity::Critical,
    };
    let detail = AlertDetail {
        reason: status.last_error.clone(),
        ..AlertDetail::default()
    };
    vec![AlertCondition::new(
        AlertKind::EngineDown,
        severity,
        AlertSubject::engine(),
        detail,
    )]
}

/// A return to the previous version that this server began itself, until another update or rollback has ended.
pub(super) async fn rolled_back(sources: &ConditionSources) -> Vec<AlertCondition> {
    let last = sources.engine_updates.last().await;
    let found = last.and_then(|last| rollback(last, sources.clock.now()));
    found.into_iter().collect()
}

fn rollback(last: LastUpdate, now: DateTime<Utc>) -> Option<AlertCondition> {
    if last.kind != UpdateKind::AutomaticRollback || now - last.ended_at >= ROLLBACK_SHOWN_FOR {
        return None;
    }
    let severity = if last.succeeded {
        AlertSeverity::Warning
    } else {
        AlertSeverity::Critical
    };
    let detail = AlertDetail {
        reason: last.reason,
        last_at: Some(last.ended_at),
        failed_version: last.replaced,
        previous_version: last.version,
        ..AlertDetail::default()
    };
    let subject = AlertSubject::engine();
    let kind = AlertKind::EngineRolledBack;
    Some(AlertCondition::new(kind, severity, subject, detail))
}

/// The model catalogue, when no refresh has succeeded for a day although it is refreshed.
pub(super) fn catalogue(sources: &ConditionSources) -> Evaluation {
    let is_running = sources.engine.status().state == EngineState::Running;
    let refresh = sources.engine.catalogue_refresh();
    let found = outdated(&refresh, is_running, sources.clock.now());
    Evaluation {
        kinds: match found {
            Some(_) => &[AlertKind::CatalogueOutdated],
            None => &[],
        },
        result: Ok(found.unwrap_or_default()),
    }
}

/// None while it is not known: until the first refresh after a start of the server, its alert stays as it is.
fn outdated(
    refresh: &CatalogueRefresh,
    is_running: bool,
    now: DateTime<Utc>,
) -> Option<Vec<AlertCondition>> {
    if !is_running {
        return None;
    }
    let Some(due_since) = refresh.due_since else {
        return Some(Vec::new());
    };
    if now - due_since < CATALOGUE_OUTDATED_AFTER {
        return refresh.refreshed_at.map(|_| Vec::new());
    }
    let detail = AlertDetail {
        last_at: Some(due_since),
        ..AlertDetail::default()
    };
    let subject = AlertSubject::engine();
    let (kind, severity) = (AlertKind::CatalogueOutdated, AlertSeverity::Warning);
    Some(vec![AlertCondition::new(kind, severity, subject, detail)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::EngineMode;

    fn found(state: EngineState, last_error: Option<&str>) -> Vec<AlertCondition> {
        down(&EngineStatus {
            mode: EngineMode::Managed,
            state,
            version: None,
            pid: None,
            started_at: None,
            restarts: 0,
            last_error: last_error.map(str::to_owned),
            notice: None,
        })
    }

    #[test]
    fn an_engine_that_starts_is_a_condition_only_after_an_error() {
        assert!(found(EngineState::Running, None).is_empty());
        assert!(found(EngineState::Starting, None).is_empty());
        assert_eq!(found(EngineState::Starting, Some("exit code 1")).len(), 1);
        assert_eq!(found(EngineState::Stopped, None).len(), 1);
    }

    fn after(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    #[test]
    fn a_catalogue_is_old_after_a_day_without_a_refresh_and_unknown_after_a_start() {
        let is_old = |refresh: &CatalogueRefresh, hours| {
            let found = outdated(refresh, true, after(hours));
            found.map(|conditions| !conditions.is_empty())
        };
        let started = CatalogueRefresh {
            enabled: true,
            due_since: Some(after(0)),
            ..CatalogueRefresh::default()
        };
        let refreshed = CatalogueRefresh {
            refreshed_at: Some(after(0)),
            ..started.clone()
        };

        assert_eq!(is_old(&started, 23), None);
        assert_eq!(is_old(&refreshed, 23), Some(false));
        assert_eq!(is_old(&started, 24), Some(true));
        assert_eq!(is_old(&refreshed, 24), Some(true));
        assert_eq!(is_old(&CatalogueRefresh::default(), 24), Some(false));
        assert_eq!(outdated(&started, false, after(24)), None);
    }

    #[test]
    fn a_rollback_of_the_server_is_shown_for_a_week_and_critical_if_it_failed() {
        let severity = |kind, succeeded, hours| {
            let last = LastUpdate {
                version: None,
                replaced: None,
                kind,
                ended_at: after(0),
                reason: None,
                succeeded,
                failed_checks: Vec::new(),
            };
            rollback(last, after(hours)).map(|condition| condition.severity())
        };
        let automatic = UpdateKind::AutomaticRollback;

        assert_eq!(severity(automatic, true, 167), Some(AlertSeverity::Warning));
        assert_eq!(severity(automatic, false, 0), Some(AlertSeverity::Critical));
        assert_eq!(severity(automatic, true, 168), None);
        assert_eq!(severity(UpdateKind::Rollback, true, 0), None);
    }
}
