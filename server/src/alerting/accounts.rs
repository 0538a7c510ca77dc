//! Accounts that fail, are in cooldown, or whose sign-in is invalid or expires.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    alert::{AlertDetail, AlertKind, AlertSeverity},
    provider_account::{self, CredentialKind},
};

use super::{ConditionSources, Evaluation};
use crate::{
    domain::{
        Result,
        alerts::{AlertCondition, AlertSubject},
        provider_accounts::{AccountState, AccountStatus},
    },
    engine::EngineState,
};

const KINDS: &[AlertKind] = &[
    AlertKind::AccountSignInInvalid,
    AlertKind::AccountFailing,
    AlertKind::AccountPaused,
    AlertKind::AccountExpiring,
    AlertKind::AccountCooling,
];
/// Tokens are refreshed well before the last part of their lifetime.
const LAST_PART: i32 = 20;
const MAX_LAST_PART: TimeDelta = TimeDelta::minutes(30);

pub(super) async fn evaluate(sources: &ConditionSources) -> Evaluation {
    // An engine that does not run reports nothing on its accounts: raise what the database has, end nothing.
    let is_running = sources.engine.status().state == EngineState::Running;
    Evaluation {
        kinds: if is_running { KINDS } else { &[] },
        result: conditions(sources, is_running).await,
    }
}

async fn conditions(sources: &ConditionSources, is_running: bool) -> Result<Vec<AlertCondition>> {
    // The failed call to an engine that is starting would be cached.
    let reported = if is_running {
        sources.engine.accounts().await
    } else {
        None
    };
    let now = sources.clock.now();
    let accounts = sources.accounts.list().await?.into_iter();
    let found = accounts.filter_map(|account| {
        let state = sources.accounts.state(&account, reported.as_deref());
        condition(&account, state, now)
    });
    Ok(found.collect())
}

fn condition(
    account: &provider_account::Model,
    state: AccountState,
    now: DateTime<Utc>,
) -> Option<AlertCondition> {
    let (kind, severity) = match state.status {
        AccountStatus::RefreshFailed | AccountStatus::Expired => {
            (AlertKind::AccountSignInInvalid, AlertSeverity::Critical)
        }
        AccountStatus::Paused => (AlertKind::AccountPaused, AlertSeverity::Critical),
        AccountStatus::Failing => (AlertKind::AccountFailing, AlertSeverity::Critical),
        AccountStatus::Cooling => (AlertKind::AccountCooling, AlertSeverity::Warning),
        AccountStatus::Active | AccountStatus::Unknown if expires_soon(account, now) => {
            (AlertKind::AccountExpiring, AlertSeverity::Warning)
        }
        AccountStatus::Active | AccountStatus::Unknown | AccountStatus::Disabled => return None,
    };
    let until = if kind == AlertKind::AccountCooling {
        state.until
    } else {
        account.expires_at
    };
    let detail = AlertDetail {
        provider: Some(account.kind),
        reason: state.reason,
        until,
        ..AlertDetail::default()
    };
    let subject = AlertSubject::account(account.id, &account.label);
    Some(AlertCondition::new(kind, severity, subject, detail))
}

/// Whether a sign-in is in the last part of its lifetime and was not refreshed.
fn expires_soon(account: &provider_account::Model, now: DateTime<Utc>) -> bool {
    account.credential != CredentialKind::ApiKey
        && is_last_part(account.refreshed_at, account.expires_at, now)
}

fn is_last_part(
    issued: Option<DateTime<Utc>>,
    expires: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> bool {
    let (Some(issued), Some(expires)) = (issued, expires) else {
        return false;
    };
    let last_part = ((expires - issued) / LAST_PART).min(MAX_LAST_PART);
    now < expires && expires - now <= last_part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_expires_soon_in_the_last_twentieth_of_its_lifetime() {
        let at = |minute: i64| DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        let soon = |expires: i64, now: i64| is_last_part(Some(at(0)), Some(at(expires)), at(now));

        assert!(!soon(480, 455));
        assert!(soon(480, 456));
        assert!(!soon(480, 480), "expired");
        assert!(!soon(14_400, 14_369), "half an hour at most");
        assert!(soon(14_400, 14_370));
        assert!(!is_last_part(None, Some(at(1)), at(0)), "unknown lifetime");
    }
}
