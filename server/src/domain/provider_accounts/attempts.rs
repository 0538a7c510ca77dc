//! The results of requests per account. The engine reports the status of signed-in accounts but not of API keys, and
//! loses it on restart. Counted in memory; whether an account is failing is stored with the result of the last check,
//! so that it survives a restart of the server.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::provider_account::{self, CredentialKind, Entity as ProviderAccount};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr};
use uuid::Uuid;

use super::{
    ProviderAccounts, Result,
    last_error::{AccountError, StoredError},
    pause::Rejections,
};

/// Fewer consecutive failures are ignored.
const FAILURES_BEFORE_COOLDOWN: u32 = 3;
/// The engine reports on a request within this time after its end.
const REPORT_DELAY: TimeDelta = TimeDelta::seconds(10);
/// The engine's status of a request whose client left.
const CLIENT_DISCONNECTED: u16 = 499;
/// The cooldown after a provider's HTTP 429.
const COOLDOWN: TimeDelta = TimeDelta::minutes(1);
/// A rate limit lasts less: an account that has rejected everything for so long has no credit left.
const LONG_REJECTION: TimeDelta = TimeDelta::minutes(10);
/// A verdict is stored again after this time, because a check may have overwritten it.
const VERDICT_INTERVAL: TimeDelta = TimeDelta::minutes(1);

/// One request that the engine sent to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineAttempt {
    pub account_id: Uuid,
    pub at: DateTime<Utc>,
    /// The HTTP status of a failure, 0 without a response; `None` for success.
    pub failure: Option<u16>,
    /// The provider's message of a failure, without secrets; `None` if there is none or messages are not kept.
    pub message: Option<String>,
}

/// The results per account since the start of the server.
#[derive(Debug, Default)]
pub(super) struct EngineAttempts(Mutex<HashMap<Uuid, AttemptHistory>>);

/// The results of one account.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AttemptHistory {
    /// When earlier results were forgotten.
    since: Option<DateTime<Utc>>,
    served_at: Option<DateTime<Utc>>,
    /// The number of failures since the last success, the time of the first, and the time and status of the last.
    failures: u32,
    failing_since: Option<DateTime<Utc>>,
    last: Option<(DateTime<Utc>, u16)>,
    /// Whether the stored verdict is failing, and when it was stored.
    stored: Option<(bool, DateTime<Utc>)>,
    stored_error: StoredError,
    /// Consecutive requests with HTTP 401.
    rejected: Option<Rejections>,
    /// Consecutive observations that the token could not be refreshed.
    refresh_rejected: Option<Rejections>,
}

/// The verdict that is stored for an account.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Serves,
    Fails {
        reason: String,
        is_unauthorized: bool,
    },
}

/// A reason not to use an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AccountProblem {
    /// In cooldown until this time.
    Cooling(DateTime<Utc>),
    /// With a message for administrators.
    Failing(String),
}

impl EngineAttempts {
    pub(super) fn of(&self, account_id: Uuid) -> AttemptHistory {
        self.lock().get(&account_id).copied().unwrap_or_default()
    }

    /// Forgets the results of an account whose credentials were replaced, or are given another chance.
    pub(super) fn forget(&self, account_id: Uuid, now: DateTime<Utc>) {
        let history = AttemptHistory {
            since: Some(now),
            ..AttemptHistory::default()
        };
        self.lock().insert(account_id, history);
    }

    /// Records whether the token of an account was rejected when it was to be refreshed.
    pub(super) fn note_refresh(&self, account_id: Uuid, is_rejected: bool, at: DateTime<Utc>) {
        let mut all = self.lock();
        let seen = all.entry(account_id).or_default();
        seen.refresh_rejected = is_rejected.then(|| Rejections::add(seen.refresh_rejected, at));
    }

    /// The accounts with enough rejections to examine whether to pause them.
    pub(super) fn much_rejected(&self) -> Vec<Uuid> {
        let all = self.lock();
        let rejected = all.iter().filter(|(_, seen)| {
            let rejections = seen.rejections();
            rejections.is_some_and(Rejections::are_many)
        });
        rejected.map(|(id, _)| *id).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, AttemptHistory>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AttemptHistory {
    fn note(&mut self, attempt: &EngineAttempt) {
        match attempt.failure {
            None => {
                self.served_at = self.served_at.max(Some(attempt.at));
                self.clear_failures();
            }
            // The client disconnected, which is no failure of the account.
            Some(CLIENT_DISCONNECTED) => {}
            // The request was in flight when the credentials were replaced.
            Some(401) if self.was_just_forgotten(attempt.at) => {}
            Some(status) => {
                match status {
                    401 => self.rejected = Some(Rejections::add(self.rejected, attempt.at)),
                    // A rate limit applies to accepted credentials.
                    429 => self.rejected = None,
                    _ => {}
                }
                self.failures = self.failures.saturating_add(1);
                self.failing_since.get_or_insert(attempt.at);
                self.last = Some((attempt.at, status));
            }
        }
    }

    fn was_just_forgotten(&self, at: DateTime<Utc>) -> bool {
        let age = self.since.map(|since| at - since);
        age.is_some_and(|age| (TimeDelta::zero()..REPORT_DELAY).contains(&age))
    }

    fn clear_failures(&mut self) {
        self.rejected = None;
        self.refresh_rejected = None;
        self.failures = 0;
        self.failing_since = None;
        self.last = None;
    }

    fn is_long_rejected(&self, at: DateTime<Utc>) -> bool {
        self.failures >= FAILURES_BEFORE_COOLDOWN
            && self
                .failing_since
                .is_some_and(|since| at - since >= LONG_REJECTION)
    }

    /// The verdict, unless it is stored already.
    fn due(&mut self, now: DateTime<Utc>) -> Option<Verdict> {
        let verdict = match self.problem(now) {
            Some(AccountProblem::Failing(reason)) => Verdict::Fails {
                reason,
                is_unauthorized: self.is_unauthorized(),
            },
            _ if self.failures == 0 && self.served_at.is_some() => Verdict::Serves,
            _ => return None,
        };
        let fails = verdict != Verdict::Serves;
        let is_stored = self
            .stored
            .is_some_and(|(failed, at)| failed == fails && (!fails || now - at < VERDICT_INTERVAL));
        if is_stored {
            return None;
        }
        self.stored = Some((fails, now));
        Some(verdict)
    }

    /// The time of the last success.
    pub(super) fn served_at(&self) -> Option<DateTime<Utc>> {
        self.served_at
    }

    /// Consecutive rejections of the credentials: of requests, or of the refresh of the token.
    pub(super) fn rejections(&self) -> Option<Rejections> {
        let many = |rejections: &Rejections| rejections.are_many();
        let of_refresh = self.refresh_rejected;
        self.rejected.filter(many).or(of_refresh).or(self.rejected)
    }

    /// Whether the provider did not accept the credentials of the latest request.
    pub(super) fn is_unauthorized(&self) -> bool {
        self.last.is_some_and(|(_, status)| status == 401)
    }

    /// The problem that the last requests indicate, if any.
    pub(super) fn problem(&self, now: DateTime<Utc>) -> Option<AccountProblem> {
        let (at, status) = self.last?;
        match status {
            401..=403 => Some(AccountProblem::Failing(format!(
                "the provider rejected the credentials (HTTP {status})"
            ))),
            429 if self.is_long_rejected(at) => Some(AccountProblem::Failing(format!(
                "the last {} requests failed with HTTP 429: the account has no credit left or its limit is exhausted",
                self.failures
            ))),
            429 => Some(at + COOLDOWN)
                .filter(|until| *until > now)
                .map(AccountProblem::Cooling),
            _ if self.failures >= FAILURES_BEFORE_COOLDOWN => {
                let count = self.failures;
                let last = match status {
                    0 => "without a response".to_owned(),
                    status => format!("with HTTP {status}"),
                };
                let reason = format!("the last {count} requests failed, the latest {last}");
                Some(AccountProblem::Failing(reason))
            }
            _ => None,
        }
    }
}

impl ProviderAccounts {
    /// Records the results of requests, stores verdicts and errors that changed, and pauses accounts whose credentials
    /// are rejected.
    pub async fn record_attempts(&self, attempts: &[EngineAttempt]) {
        for (id, verdict) in self.verdicts(attempts) {
            if let Err(error) = self.store_verdict(id, verdict).await {
                tracing::warn!(%error, account.id = %id, "cannot store the status of an account");
            }
        }
        for (id, error) in self.errors(attempts) {
            if let Err(error) = self.store_last_error(id, error).await {
                tracing::warn!(%error, account.id = %id, "cannot store the last error of an account");
            }
        }
        let rejected = attempts.iter().filter(|attempt| {
            let seen = self.attempts.of(attempt.account_id);
            attempt.failure == Some(401) && seen.rejections().is_some_and(Rejections::are_many)
        });
        let rejected: Vec<Uuid> = rejected.map(|attempt| attempt.account_id).collect();
        if let Err(error) = self.pause_rejected(&rejected).await {
            tracing::warn!(%error, "cannot pause accounts whose credentials are rejected");
        }
    }

    /// The errors that must be stored after these attempts: the latest of each account.
    fn errors(&self, attempts: &[EngineAttempt]) -> HashMap<Uuid, AccountError> {
        let mut latest = HashMap::new();
        for attempt in attempts {
            let failure = attempt.failure;
            if let Some(status) = failure.filter(|status| *status != CLIENT_DISCONNECTED) {
                let error = (status, attempt.message.clone(), attempt.at);
                latest.insert(attempt.account_id, error);
            }
        }
        let mut all = self.attempts.lock();
        latest.retain(|id, (status, _, at)| {
            let seen = all.entry(*id).or_default();
            seen.stored_error.is_due(*status, *at)
        });
        latest
    }

    /// Clears the failures of an account, so that it is used again.
    pub async fn clear_failures(&self, id: Uuid) -> Result<()> {
        if let Some(seen) = self.attempts.lock().get_mut(&id) {
            seen.clear_failures();
            seen.stored = None;
        }
        self.store_verdict(id, Verdict::Serves).await
    }

    /// The verdicts that must be stored after these attempts, with their accounts.
    fn verdicts(&self, attempts: &[EngineAttempt]) -> Vec<(Uuid, Verdict)> {
        let mut all = self.attempts.lock();
        for attempt in attempts {
            all.entry(attempt.account_id).or_default().note(attempt);
        }
        let now = self.clock.now();
        let mut ids: Vec<Uuid> = attempts.iter().map(|attempt| attempt.account_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let due = ids.into_iter();
        due.filter_map(|id| Some((id, all.get_mut(&id)?.due(now)?)))
            .collect()
    }

    async fn store_verdict(&self, id: Uuid, verdict: Verdict) -> Result<()> {
        let update = ProviderAccount::update_many().filter(provider_account::Column::Id.eq(id));
        let failure = provider_account::Column::CheckFailure;
        let update = match verdict {
            Verdict::Serves => update
                .col_expr(failure, Expr::value(None::<String>))
                .filter(failure.is_not_null()),
            Verdict::Fails {
                reason,
                is_unauthorized: true,
            } => update.col_expr(failure, Expr::value(reason)),
            // The engine decides itself on the cooldown of signed-in accounts.
            Verdict::Fails { reason, .. } => update
                .col_expr(failure, Expr::value(reason))
                .filter(provider_account::Column::Credential.ne(CredentialKind::AuthFile)),
        };
        if update.exec(self.db.writer()).await?.rows_affected > 0 {
            self.announce();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(attempts: &[(i64, Option<u16>)]) -> Option<AccountProblem> {
        let mut seen = AttemptHistory::default();
        for (second, failure) in attempts {
            seen.note(&EngineAttempt {
                account_id: Uuid::nil(),
                at: moment(*second),
                failure: *failure,
                message: None,
            });
        }
        seen.problem(moment(100))
    }

    fn moment(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    #[test]
    fn an_account_with_rejected_credentials_is_failing_until_a_request_succeeds() {
        let refused = after(&[(50, Some(401))]);

        assert!(matches!(refused, Some(AccountProblem::Failing(reason)) if reason.contains("401")));
        assert_eq!(after(&[(50, Some(401)), (60, None)]), None);
    }

    #[test]
    fn an_account_is_failing_after_three_failures() {
        let failed = (90, Some(502));

        assert_eq!(after(&[failed]), None);
        assert!(matches!(
            after(&[failed; 3]),
            Some(AccountProblem::Failing(_))
        ));
        assert_eq!(after(&[(90, Some(499)); 5]), None, "disconnected clients");
    }

    #[test]
    fn an_account_that_is_rate_limited_for_long_is_failing() {
        let refused = |seconds: [i64; 3]| after(&seconds.map(|second| (second, Some(429))));

        assert!(
            matches!(refused([-700, -300, 0]), Some(AccountProblem::Failing(reason)) if reason.contains("credit"))
        );
        assert_eq!(refused([-300, -200, 0]), None, "a transient limit");
        let served = [
            (-700, Some(429)),
            (-600, None),
            (-300, Some(429)),
            (0, Some(429)),
        ];
        assert_eq!(after(&served), None);
    }

    #[test]
    fn a_verdict_is_stored_on_change_and_a_failing_one_every_minute() {
        let mut seen = AttemptHistory::default();
        let mut due = |second: i64, failure: Option<u16>| {
            seen.note(&EngineAttempt {
                account_id: Uuid::nil(),
                at: moment(second),
                failure,
                message: None,
            });
            seen.due(moment(second))
                .map(|verdict| verdict != Verdict::Serves)
        };

        assert_eq!(due(0, None), Some(false));
        assert_eq!(due(1, None), None);
        assert_eq!(due(2, Some(401)), Some(true));
        assert_eq!(due(3, Some(401)), None);
        assert_eq!(due(62, Some(401)), Some(true));
        assert_eq!(due(63, None), Some(false));
    }

    #[test]
    fn rejections_count_until_the_provider_accepts_the_credentials() {
        let mut seen = AttemptHistory::default();
        let mut note = |failure: Option<u16>| {
            seen.note(&EngineAttempt {
                account_id: Uuid::nil(),
                at: moment(0),
                failure,
                message: None,
            });
            seen.rejections().map(Rejections::are_many)
        };

        assert_eq!(note(Some(401)), Some(false));
        assert_eq!(note(Some(502)), Some(false));
        assert_eq!(note(Some(401)), Some(false));
        assert_eq!(note(Some(401)), Some(true));
        assert_eq!(note(Some(429)), None);
        assert_eq!(note(Some(401)), Some(false));
        assert_eq!(note(None), None);
    }

    #[test]
    fn a_rate_limited_account_is_in_cooldown() {
        let lately = after(&[(90, Some(429))]);

        assert_eq!(lately, Some(AccountProblem::Cooling(moment(150))));
        assert_eq!(after(&[(10, Some(429))]), None);
    }
}
