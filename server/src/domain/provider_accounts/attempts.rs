//! The outcomes of requests by account since the server started, in memory: the engine reports how signed-in
//! accounts are, but nothing of API keys.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::ProviderAccounts;

/// So many failures in a row are no accident.
const FAILURES_BEFORE_COOLDOWN: u32 = 3;
/// How long an account counts as cooling down after a status 429.
const COOLDOWN: TimeDelta = TimeDelta::minutes(1);

/// One request that the engine sent to a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineAttempt {
    pub account_id: Uuid,
    pub at: DateTime<Utc>,
    /// The HTTP status of a failure, 0 where there was no answer; nothing when it served.
    pub failure: Option<u16>,
}

/// The outcomes of all accounts.
#[derive(Debug, Default)]
pub(super) struct EngineAttempts(Mutex<HashMap<Uuid, Seen>>);

/// The outcomes of one account.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    served_at: Option<DateTime<Utc>>,
    /// How many failed since one served, and the last of them.
    failures: u32,
    last: Option<(DateTime<Utc>, u16)>,
}

/// Why an account should not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The provider wants to be left alone until then.
    Cooling(DateTime<Utc>),
    /// The reason, for people.
    Failing(String),
}

impl EngineAttempts {
    pub(super) fn of(&self, account_id: Uuid) -> Seen {
        self.lock().get(&account_id).copied().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn note(&mut self, attempt: &EngineAttempt) {
        match attempt.failure {
            None => {
                self.served_at = self.served_at.max(Some(attempt.at));
                self.clear_failures();
            }
            // The client closed the connection; that is not the account's failure.
            Some(499) => {}
            Some(status) => {
                self.failures = self.failures.saturating_add(1);
                self.last = Some((attempt.at, status));
            }
        }
    }

    fn clear_failures(&mut self) {
        self.failures = 0;
        self.last = None;
    }

    /// When a request was last served.
    pub(super) fn served_at(&self) -> Option<DateTime<Utc>> {
        self.served_at
    }

    /// Whether the provider answered the latest request with 401.
    pub(super) fn is_unauthorized(&self) -> bool {
        self.last.is_some_and(|(_, status)| status == 401)
    }

    /// The trouble that the last requests show.
    pub(super) fn trouble(&self, now: DateTime<Utc>) -> Option<Trouble> {
        let (at, status) = self.last?;
        match status {
            401..=403 => Some(Trouble::Failing(format!(
                "the provider refuses it (HTTP {status})"
            ))),
            429 => Some(at + COOLDOWN)
                .filter(|until| *until > now)
                .map(Trouble::Cooling),
            _ if self.failures >= FAILURES_BEFORE_COOLDOWN => {
                let count = self.failures;
                let last = match status {
                    0 => "without an answer".to_owned(),
                    status => format!("with HTTP {status}"),
                };
                let reason = format!("the last {count} requests failed, the latest {last}");
                Some(Trouble::Failing(reason))
            }
            _ => None,
        }
    }
}

impl ProviderAccounts {
    /// Records the outcome of a request at a provider.
    pub fn note_attempts(&self, attempts: &[EngineAttempt]) {
        let mut all = self.attempts.lock();
        for attempt in attempts {
            all.entry(attempt.account_id).or_default().note(attempt);
        }
    }

    /// Clears the failures of an account, so that it is used again.
    pub fn clear_failures(&self, id: Uuid) {
        if let Some(seen) = self.attempts.lock().get_mut(&id) {
            seen.clear_failures();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(attempts: &[(i64, Option<u16>)]) -> Option<Trouble> {
        let mut seen = Seen::default();
        for (second, failure) in attempts {
            seen.note(&EngineAttempt {
                account_id: Uuid::nil(),
                at: moment(*second),
                failure: *failure,
            });
        }
        seen.trouble(moment(100))
    }

    fn moment(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    #[test]
    fn an_account_that_is_refused_fails_until_it_serves_again() {
        let refused = after(&[(50, Some(401))]);

        assert!(matches!(refused, Some(Trouble::Failing(reason)) if reason.contains("401")));
        assert_eq!(after(&[(50, Some(401)), (60, None)]), None);
    }

    #[test]
    fn one_failure_is_an_accident_and_three_are_none() {
        let failed = (90, Some(502));

        assert_eq!(after(&[failed]), None);
        assert!(matches!(after(&[failed; 3]), Some(Trouble::Failing(_))));
        assert_eq!(after(&[(90, Some(499)); 5]), None, "clients that left");
    }

    #[test]
    fn too_many_requests_cool_an_account_for_a_while() {
        let lately = after(&[(90, Some(429))]);

        assert_eq!(lately, Some(Trouble::Cooling(moment(150))));
        assert_eq!(after(&[(10, Some(429))]), None);
    }
}
