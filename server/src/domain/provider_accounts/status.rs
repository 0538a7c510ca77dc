//! The status of provider accounts.

use chrono::{DateTime, Utc};
use entity::provider_account::{self, CredentialKind};

use super::{
    ProviderAccounts,
    attempts::{AccountProblem, AttemptHistory},
    pause,
};
use crate::domain::engine_accounts::{EngineAccount, EngineAccounts};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    /// No known problem.
    Active,
    /// The engine skips it temporarily, such as after a rate limit of the provider.
    Cooling,
    /// The token could not be refreshed. A new sign-in is needed unless the provider was unavailable.
    RefreshFailed,
    /// The token has expired.
    Expired,
    /// The provider rejects it, or requests fail repeatedly.
    Failing,
    /// Not used, because the provider rejects its credentials, until an administrator resumes it.
    Paused,
    /// Disabled by an administrator.
    Disabled,
    /// The engine has not reported it.
    Unknown,
}

/// The status with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountState {
    pub status: AccountStatus,
    /// The end of the cooldown.
    pub until: Option<DateTime<Utc>>,
    pub reason: Option<String>,
}

impl ProviderAccounts {
    /// Derives the status of an account from its row, the results of recent requests and the engine's report, if there
    /// is one.
    pub fn state(
        &self,
        account: &provider_account::Model,
        reported: Option<&EngineAccounts>,
    ) -> AccountState {
        let evidence = Evidence {
            account,
            has_engine_report: reported.is_some(),
            reported: account
                .file_name
                .as_ref()
                .and_then(|file| reported?.by_file.get(file)),
            seen: self.attempts.of(account.id),
            now: self.clock.now(),
        };
        evidence.state()
    }
}

/// The inputs of the status.
struct Evidence<'a> {
    account: &'a provider_account::Model,
    has_engine_report: bool,
    reported: Option<&'a EngineAccount>,
    seen: AttemptHistory,
    now: DateTime<Utc>,
}

impl Evidence<'_> {
    fn state(&self) -> AccountState {
        if !self.account.enabled {
            return AccountState::plain(AccountStatus::Disabled);
        }
        if let Some(paused) = pause::paused(self.account) {
            return paused;
        }
        let problem = self
            .reported
            .and_then(|reported| of_engine(reported, self.now))
            .or_else(|| of_sign_in(self.account, self.now))
            .or_else(|| self.of_requests())
            .or_else(|| self.of_check());
        problem.unwrap_or_else(|| self.usual())
    }

    /// The engine's report on signed-in accounts has precedence.
    fn of_requests(&self) -> Option<AccountState> {
        if self.account.credential == CredentialKind::AuthFile {
            // Otherwise the engine manages the cooldown itself.
            return self.seen.is_unauthorized().then(lost_sign_in);
        }
        Some(match self.seen.problem(self.now)? {
            AccountProblem::Cooling(until) => AccountState {
                status: AccountStatus::Cooling,
                until: Some(until),
                reason: Some("the provider limits the request rate".to_owned()),
            },
            AccountProblem::Failing(reason) => {
                AccountState::because(AccountStatus::Failing, reason)
            }
        })
    }

    /// The result of the last check, unless a request succeeded since.
    fn of_check(&self) -> Option<AccountState> {
        let reason = self.account.check_failure.clone()?;
        if self.seen.served_at() > self.account.checked_at {
            return None;
        }
        Some(AccountState::because(AccountStatus::Failing, reason))
    }

    fn usual(&self) -> AccountState {
        let is_reported = match self.account.credential {
            CredentialKind::AuthFile => self.reported.is_some(),
            CredentialKind::ApiKey | CredentialKind::Github => self.has_engine_report,
        };
        AccountState::plain(if is_reported {
            AccountStatus::Active
        } else {
            AccountStatus::Unknown
        })
    }
}

impl AccountState {
    fn plain(status: AccountStatus) -> Self {
        Self {
            status,
            until: None,
            reason: None,
        }
    }

    fn because(status: AccountStatus, reason: String) -> Self {
        Self {
            reason: Some(reason),
            ..Self::plain(status)
        }
    }
}

fn lost_sign_in() -> AccountState {
    AccountState::because(
        AccountStatus::RefreshFailed,
        "the provider no longer accepts the sign-in; sign in again".to_owned(),
    )
}

fn of_engine(reported: &EngineAccount, now: DateTime<Utc>) -> Option<AccountState> {
    if !reported.unavailable {
        return None;
    }
    if reported.has_lost_sign_in() {
        return Some(lost_sign_in());
    }
    let until = reported.retry_at.filter(|until| *until > now)?;
    Some(AccountState {
        status: AccountStatus::Cooling,
        until: Some(until),
        reason: reported.message.clone(),
    })
}

fn of_sign_in(account: &provider_account::Model, now: DateTime<Utc>) -> Option<AccountState> {
    if account.credential == CredentialKind::ApiKey {
        return None;
    }
    if let Some(problem) = &account.problem {
        let reason = problem.clone();
        return Some(AccountState::because(AccountStatus::RefreshFailed, reason));
    }
    let has_ended = account.expires_at.is_some_and(|end| end <= now);
    has_ended.then(|| AccountState::plain(AccountStatus::Expired))
}
