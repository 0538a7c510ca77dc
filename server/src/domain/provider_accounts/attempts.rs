//! The outcomes of requests by account: the engine reports how signed-in accounts are, but nothing of API keys, and it
//! forgets everything when it restarts. Counted in memory; the verdict that an account fails is stored as the
//! failure of its last check, so that it survives a restart of the server.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::provider_account::{self, CredentialKind, Entity as ProviderAccount};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr};
use uuid::Uuid;

use super::{ProviderAccounts, Result};

/// So many failures in a row are no accident.
const FAILURES_BEFORE_COOLDOWN: u32 = 3;
/// How long an account counts as cooling down after a status 429.
const COOLDOWN: TimeDelta = TimeDelta::minutes(1);
/// A rate limit passes sooner: an account that refuses everything for so long has no credit left.
const LONG_REFUSAL: TimeDelta = TimeDelta::minutes(10);
/// A verdict is stored again after so long, as a check may have overwritten it meanwhile.
const VERDICT_INTERVAL: TimeDelta = TimeDelta::minutes(1);

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
    /// How many failed since one served, since when, and the last of them.
    failures: u32,
    failing_since: Option<DateTime<Utc>>,
    last: Option<(DateTime<Utc>, u16)>,
    /// Which verdict was stored last, and when.
    stored: Option<(Verdict, DateTime<Utc>)>,
}

/// The verdict that is stored for an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Serves,
    Fails,
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
                self.failing_since.get_or_insert(attempt.at);
                self.last = Some((attempt.at, status));
            }
        }
    }

    fn clear_failures(&mut self) {
        self.failures = 0;
        self.failing_since = None;
        self.last = None;
    }

    fn is_long_refused(&self, at: DateTime<Utc>) -> bool {
        self.failures >= FAILURES_BEFORE_COOLDOWN
            && self
                .failing_since
                .is_some_and(|since| at - since >= LONG_REFUSAL)
    }

    /// The reason to store, or none once it serves; nothing where that is stored already.
    fn due(&mut self, now: DateTime<Utc>) -> Option<Option<String>> {
        let (verdict, reason) = match self.trouble(now) {
            Some(Trouble::Failing(reason)) => (Verdict::Fails, Some(reason)),
            _ if self.failures == 0 && self.served_at.is_some() => (Verdict::Serves, None),
            _ => return None,
        };
        let is_stored = self.stored.is_some_and(|(stored, at)| {
            stored == verdict && (verdict == Verdict::Serves || now - at < VERDICT_INTERVAL)
        });
        if is_stored {
            return None;
        }
        self.stored = Some((verdict, now));
        Some(reason)
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
            429 if self.is_long_refused(at) => Some(Trouble::Failing(format!(
                "the last {} requests were refused with HTTP 429: the account has no credit left or its limit is used up",
                self.failures
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
    /// Takes note of what requests met at providers.
    pub async fn note_attempts(&self, attempts: &[EngineAttempt]) {
        for (id, reason, is_unauthorized) in self.verdicts(attempts) {
            if let Err(error) = self.store_verdict(id, reason, is_unauthorized).await {
                tracing::warn!(%error, account.id = %id, "how an account is could not be stored");
            }
        }
    }

    /// Forgets what requests met at an account, since it shall be used again.
    pub async fn clear_failures(&self, id: Uuid) -> Result<()> {
        if let Some(seen) = self.attempts.lock().get_mut(&id) {
            seen.clear_failures();
            seen.stored = None;
        }
        self.store_verdict(id, None, false).await
    }

    /// The verdicts to store after these attempts: account, reason of failure, and whether it was a 401.
    fn verdicts(&self, attempts: &[EngineAttempt]) -> Vec<(Uuid, Option<String>, bool)> {
        let mut all = self.attempts.lock();
        for attempt in attempts {
            all.entry(attempt.account_id).or_default().note(attempt);
        }
        let now = self.clock.now();
        let mut ids: Vec<Uuid> = attempts.iter().map(|attempt| attempt.account_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let due = ids.into_iter().filter_map(|id| {
            let seen = all.get_mut(&id)?;
            Some((id, seen.due(now)?, seen.is_unauthorized()))
        });
        due.collect()
    }

    async fn store_verdict(
        &self,
        id: Uuid,
        reason: Option<String>,
        is_unauthorized: bool,
    ) -> Result<()> {
        let mut update = ProviderAccount::update_many()
            .col_expr(
                provider_account::Column::CheckFailure,
                Expr::value(reason.clone()),
            )
            .filter(provider_account::Column::Id.eq(id));
        if reason.is_none() {
            update = update.filter(provider_account::Column::CheckFailure.is_not_null());
        } else if !is_unauthorized {
            // Of signed-in accounts the engine knows better whether to wait.
            update =
                update.filter(provider_account::Column::Credential.ne(CredentialKind::AuthFile));
        }
        if update.exec(self.db.writer()).await?.rows_affected > 0 {
            self.announce();
        }
        Ok(())
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
    fn an_account_that_refuses_everything_for_long_fails() {
        let refused = |seconds: [i64; 3]| after(&seconds.map(|second| (second, Some(429))));

        assert!(
            matches!(refused([-700, -300, 0]), Some(Trouble::Failing(reason)) if reason.contains("credit"))
        );
        assert_eq!(refused([-300, -200, 0]), None, "a limit that passes");
        let served = [
            (-700, Some(429)),
            (-600, None),
            (-300, Some(429)),
            (0, Some(429)),
        ];
        assert_eq!(after(&served), None);
    }

    #[test]
    fn a_verdict_is_stored_when_it_changes_and_while_it_lasts_once_a_minute() {
        let mut seen = Seen::default();
        let mut due = |second: i64, failure: Option<u16>| {
            seen.note(&EngineAttempt {
                account_id: Uuid::nil(),
                at: moment(second),
                failure,
            });
            seen.due(moment(second)).map(|reason| reason.is_some())
        };

        assert_eq!(due(0, None), Some(false));
        assert_eq!(due(1, None), None);
        assert_eq!(due(2, Some(401)), Some(true));
        assert_eq!(due(3, Some(401)), None);
        assert_eq!(due(62, Some(401)), Some(true));
        assert_eq!(due(63, None), Some(false));
    }

    #[test]
    fn too_many_requests_cool_an_account_for_a_while() {
        let lately = after(&[(90, Some(429))]);

        assert_eq!(lately, Some(Trouble::Cooling(moment(150))));
        assert_eq!(after(&[(10, Some(429))]), None);
    }
}
