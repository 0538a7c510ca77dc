//! Backups, disks and the price list.

use anyhow::Context as _;
use chrono::TimeDelta;
use entity::alert::{AlertDetail, AlertKind, AlertSeverity};
use tokio::task::spawn_blocking;

use super::ConditionSources;
use crate::{
    disk,
    domain::{
        Result,
        alerts::{AlertCondition, AlertSubject},
    },
    engine::EngineMode,
};

/// Providers change prices several times a year.
const PRICES_OUTDATED_AFTER: TimeDelta = TimeDelta::days(120);

/// Scheduled backups that fail or are late. One that is late by less than an interval may be in progress.
pub(super) async fn backups(sources: &ConditionSources) -> Result<Vec<AlertCondition>> {
    let hours = sources.settings.current().gateway.backup_every_hours;
    if hours == 0 {
        return Ok(Vec::new());
    }
    let backups = sources.backups.clone();
    let reading = spawn_blocking(move || backups.times());
    let times = reading.await.context("cannot list the backups")?;
    let failure = match &times {
        Err(error) => Some(format!("{error:#}")),
        Ok(_) if !sources.backups.is_ready() => {
            Some("BACKUP_PASSPHRASE is not set in the server's environment".to_owned())
        }
        Ok(_) => {
            let last = sources.backups.last_scheduled();
            last.and_then(|last| last.failure.clone())
        }
    };
    let last_at = times.ok().and_then(|times| times.first().copied());
    let now = sources.clock.now();
    let condition = |kind, reason| {
        let detail = AlertDetail {
            reason,
            last_at,
            every_hours: i32::try_from(hours).ok(),
            ..AlertDetail::default()
        };
        let (severity, subject) = (AlertSeverity::Warning, AlertSubject::server());
        AlertCondition::new(kind, severity, subject, detail)
    };
    let latest_allowed = now - TimeDelta::hours(hours.into()) * 2;
    let mut found = Vec::new();
    if last_at.is_some_and(|last_at| last_at <= latest_allowed) {
        found.push(condition(AlertKind::BackupOverdue, None));
    }
    if failure.is_some() {
        found.push(condition(AlertKind::BackupFailed, failure));
    }
    Ok(found)
}

/// The least free space among the disks that the server writes to.
pub(super) async fn disks(sources: &ConditionSources) -> Result<Vec<AlertCondition>> {
    let (directories, free_space) = (sources.directories.clone(), sources.free_space);
    let reading = spawn_blocking(move || {
        let spaces = directories.iter().map(|directory| free_space(directory));
        spaces.collect::<std::io::Result<Vec<u64>>>()
    });
    let spaces = reading.await.context("cannot read the free disk space")?;
    let spaces = spaces.context("cannot read the free disk space")?;
    let Some(free) = spaces.into_iter().min() else {
        return Ok(Vec::new());
    };
    let severity = match free {
        0..disk::MINIMUM_SPACE => AlertSeverity::Critical,
        disk::MINIMUM_SPACE..disk::LOW_SPACE => AlertSeverity::Warning,
        _ => return Ok(Vec::new()),
    };
    let detail = AlertDetail {
        // Whole parts, so that the alert does not change with every write.
        free_bytes: i64::try_from(free - free % (64 * disk::MIB)).ok(),
        ..AlertDetail::default()
    };
    let subject = AlertSubject::server();
    let found = AlertCondition::new(AlertKind::DiskLow, severity, subject, detail);
    Ok(vec![found])
}

/// The price table, when it is old. A demo needs none.
pub(super) fn prices(sources: &ConditionSources) -> Vec<AlertCondition> {
    if sources.engine.status().mode == EngineMode::Demo {
        return Vec::new();
    }
    let Some(date) = sources.prices.table_date() else {
        return Vec::new();
    };
    if sources.clock.now() - date < PRICES_OUTDATED_AFTER {
        return Vec::new();
    }
    let detail = AlertDetail {
        last_at: Some(date),
        ..AlertDetail::default()
    };
    vec![AlertCondition::new(
        AlertKind::PricesOutdated,
        AlertSeverity::Warning,
        AlertSubject::server(),
        detail,
    )]
}
