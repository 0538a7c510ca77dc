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
    AlertKind::AccountExpiring,
    AlertKind::AccountCooling,
];
/// Tokens are refreshed well before the last part of their lifetime.
const LAST_PART: i32 = 20;
const LONGEST_LAST_PART: TimeDelta = TimeDelta::minutes(30);

pub(super) async fn evaluate(sources: &ConditionSources) -> Evaluation {
    // An engine that does not run reports nothing on its accounts: raise what the database has, end nothing.
    let is_running = sources.engine.status().state == EngineState::Running;
    Evaluation {
        kinds: if is_running { KINDS } else { &[] },
        result: conditions(sources).await,
    }
}

async fn conditions(sources: &ConditionSources) -> Result<Vec<AlertCondition>> {
    let reported = sources.engine.accounts().await;
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
        AccountStatus::Failing => (AlertKind::AccountFailing, AlertSeverity::Critical),
        AccountStatus::Cooling => (AlertKind::AccountCooling, AlertSeverity::Warning),
        AccountStatus::Active | AccountStatus::Unknown if expires_soon(account, now) => {
            (AlertKind::AccountExpiring, AlertSeverity::Warning)
        }
        AccountStatus::Active | AccountStatus::Unknown | AccountStatus::Disabled => return None,
    };
    let until = match kind {
        AlertKind::AccountCooling => state.until,
        _ => account.expires_at,
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
    if account.credential == CredentialKind::ApiKey {
        return false;
    }
    let (Some(issued), Some(expires)) = (account.refreshed_at, account.expires_at) else {
        return false;
    };
    let last_part = ((expires - issued) / LAST_PART).min(LONGEST_LAST_PART);
    now < expires && expires - now <= last_part
}

#[cfg(test)]
mod tests {
    use entity::provider_account::{ProviderKind, ProviderModels};
    use uuid::Uuid;

    use super::*;

    fn account(issued: i64, expires: i64) -> provider_account::Model {
        let at = |minute: i64| DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        provider_account::Model {
            id: Uuid::nil(),
            kind: ProviderKind::Claude,
            credential: CredentialKind::AuthFile,
            label: "work".to_owned(),
            sealed: Vec::new(),
            last_four: String::new(),
            base_url: None,
            models: ProviderModels::default(),
            prefix: None,
            enabled: true,
            email: None,
            plan: None,
            file_name: None,
            expires_at: Some(at(expires)),
            refreshed_at: Some(at(issued)),
            priority: 0,
            weight: 1,
            last_used_at: None,
            problem: None,
            problem_at: None,
            checked_at: None,
            check_failure: None,
            windows: None,
            created_at: at(0),
            updated_at: at(0),
            removed_at: None,
        }
    }

    #[test]
    fn a_sign_in_expires_soon_in_the_last_twentieth_of_its_lifetime() {
        let soon = |expires: i64, now: i64| {
            let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(now);
            expires_soon(&account(0, expires), now)
        };

        assert!(!soon(480, 455));
        assert!(soon(480, 456));
        assert!(!soon(480, 480), "expired");
        assert!(!soon(14_400, 14_369), "half an hour at most");
        assert!(soon(14_400, 14_370));
    }
}
