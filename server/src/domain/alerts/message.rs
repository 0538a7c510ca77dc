//! An alert as one sentence in English, for scripts. The web app words the values itself.

use entity::{
    alert::{self, AlertDetail, AlertKind, AlertSeverity, ReachedQuota},
    quota::Metric,
};
use sea_orm::ActiveEnum as _;

use crate::domain::usd;

const MIB: i64 = 1024 * 1024;

/// Describes an alert, with its reason if it has one.
pub fn message(alert: &alert::Model) -> String {
    let detail = &alert.detail;
    let text = sentence(alert);
    match &detail.reason {
        Some(reason) => format!("{text}: {reason}"),
        None => text,
    }
}

fn sentence(alert: &alert::Model) -> String {
    let (detail, name) = (&alert.detail, &alert.subject_name);
    match alert.kind {
        AlertKind::EngineDown => "the engine is not running".to_owned(),
        AlertKind::EngineRolledBack => rollback(alert),
        AlertKind::RecordingFailing => {
            "requests cannot be recorded, so they are rejected".to_owned()
        }
        AlertKind::ErrorRate => failed_requests(detail),
        AlertKind::AccountSignInInvalid => format!("the sign-in of {} is invalid", account(alert)),
        AlertKind::AccountFailing => format!("{} is failing", account(alert)),
        AlertKind::AccountPaused => format!("{} is paused", account(alert)),
        AlertKind::AccountExpiring => format!(
            "the sign-in of {} expires soon and was not refreshed",
            account(alert)
        ),
        AlertKind::AccountCooling => format!("{} is in cooldown", account(alert)),
        AlertKind::QuotaReached => match &detail.quota {
            Some(quota) => format!("{name} has reached a quota of {}", amount(quota)),
            None => format!("{name} has reached a quota"),
        },
        AlertKind::KeyInTwoNetworks => {
            format!("the key {name} is used from two networks at the same time")
        }
        AlertKind::BackupOverdue => "the last backup is older than scheduled".to_owned(),
        AlertKind::BackupFailed => "scheduled backups fail".to_owned(),
        AlertKind::ModelUnpriced => format!("the model {name} has no price"),
        AlertKind::PricesOutdated => "the price list is out of date".to_owned(),
        AlertKind::CatalogueOutdated => {
            "the engine's model catalogue was not refreshed for a day".to_owned()
        }
        AlertKind::DiskLow => {
            let free = detail.free_bytes.unwrap_or_default() / MIB;
            format!("the disk has only {free} MiB free")
        }
    }
}

fn account(alert: &alert::Model) -> String {
    let provider = alert.detail.provider.map(|kind| kind.to_value());
    let provider = provider.unwrap_or_default();
    format!("account {} ({provider})", alert.subject_name)
}

fn rollback(alert: &alert::Model) -> String {
    let named = |version: &Option<String>| version.as_ref().map(|version| format!(" {version}"));
    let failed = named(&alert.detail.failed_version).unwrap_or_default();
    let previous = named(&alert.detail.previous_version).unwrap_or_default();
    let effect = match alert.severity {
        AlertSeverity::Warning => "the server returned",
        AlertSeverity::Critical => "the server could not return",
    };
    format!("the new engine version{failed} failed, and {effect} to the previous one{previous}")
}

fn failed_requests(detail: &AlertDetail) -> String {
    format!(
        "{} of {} requests failed in the last {} minutes",
        detail.failed.unwrap_or_default(),
        detail.requests.unwrap_or_default(),
        detail.minutes.unwrap_or_default()
    )
}

fn amount(quota: &ReachedQuota) -> String {
    let window = quota.window.to_value();
    match quota.metric {
        Metric::Tokens => format!("{} tokens ({window})", quota.limit),
        Metric::Requests => format!("{} requests ({window})", quota.limit),
        Metric::Cost => format!("{} USD ({window})", usd::print(quota.limit)),
    }
}
