//! How an account is, in a word.

use chrono::{DateTime, Utc};
use entity::provider_account::{self, CredentialKind};

use crate::domain::engine_accounts::{EngineAccount, EngineAccounts};

/// The engine's words for a sign-in that is worth nothing any more.
const LOST_SIGN_IN: [&str; 2] = ["unauthorized", "invalid_grant"];

/// How an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    /// Nothing speaks against using it.
    Active,
    /// The engine passes it over for a while, such as after a provider's limit was reached.
    Cooling,
    /// Its token could not be refreshed; a new sign-in is needed unless it was an outage.
    RefreshFailed,
    /// Its token has ended.
    Expired,
    /// It is not used, since somebody said so.
    Disabled,
    /// The engine does not tell.
    Unknown,
}

/// The status, and what there is to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountState {
    pub status: AccountStatus,
    /// Until when it cools.
    pub until: Option<DateTime<Utc>>,
    pub reason: Option<String>,
}

impl AccountState {
    /// How an account is, by our own book and what the engine told lately, if it told anything.
    pub fn of(
        account: &provider_account::Model,
        told: Option<&EngineAccounts>,
        now: DateTime<Utc>,
    ) -> Self {
        if !account.enabled {
            return Self::plain(AccountStatus::Disabled);
        }
        let file = account.file_name.as_ref();
        let told_of_it = told
            .zip(file)
            .and_then(|(told, file)| told.by_file.get(file));
        if let Some(state) = told_of_it.and_then(|told| of_engine(told, now)) {
            return state;
        }
        if let Some(state) = of_sign_in(account, now) {
            return state;
        }
        let is_told = match account.credential {
            CredentialKind::AuthFile => told_of_it.is_some(),
            CredentialKind::ApiKey | CredentialKind::Github => told.is_some(),
        };
        Self::plain(if is_told {
            AccountStatus::Active
        } else {
            AccountStatus::Unknown
        })
    }

    fn plain(status: AccountStatus) -> Self {
        Self {
            status,
            until: None,
            reason: None,
        }
    }
}

fn of_engine(told: &EngineAccount, now: DateTime<Utc>) -> Option<AccountState> {
    if !told.unavailable {
        return None;
    }
    let message = told.message.as_deref().unwrap_or_default();
    if LOST_SIGN_IN.contains(&message) {
        return Some(AccountState {
            status: AccountStatus::RefreshFailed,
            until: None,
            reason: Some(
                "the provider does not take the sign-in any more; sign in again".to_owned(),
            ),
        });
    }
    let until = told.retry_at.filter(|until| *until > now)?;
    Some(AccountState {
        status: AccountStatus::Cooling,
        until: Some(until),
        reason: told.message.clone(),
    })
}

fn of_sign_in(account: &provider_account::Model, now: DateTime<Utc>) -> Option<AccountState> {
    if account.credential == CredentialKind::ApiKey {
        return None;
    }
    if let Some(problem) = &account.problem {
        return Some(AccountState {
            status: AccountStatus::RefreshFailed,
            until: None,
            reason: Some(problem.clone()),
        });
    }
    let has_ended = account.expires_at.is_some_and(|end| end <= now);
    has_ended.then(|| AccountState::plain(AccountStatus::Expired))
}
