//! The accounts that could serve a request: their order, and the obstacles to their use.

use std::{cmp::Reverse, time::Duration};

use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

use crate::{
    domain::{
        account_limits::{AccountObstacle, AccountStanding},
        settings::AccountStrategy,
    },
    gateway::dialect::GatewayError,
};

/// When to try again after an account had too many requests.
const BUSY_DELAY: Duration = Duration::from_secs(1);
/// When to try again while no account works.
const RECOVERY: Duration = Duration::from_secs(2);

/// An account that has the model.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) account_id: Uuid,
    pub(super) standing: AccountStanding,
}

impl Candidate {
    /// The lowest comes first. Ids increase with the age of an account.
    fn place(&self, strategy: AccountStrategy) -> i64 {
        let standing = &self.standing;
        let micros = |at: DateTime<Utc>| at.timestamp_micros();
        match strategy {
            AccountStrategy::MostLeft => -i64::from(standing.left_percent),
            AccountStrategy::RoundRobin => standing.begun_at.map_or(i64::MIN, micros),
            AccountStrategy::FillFirst => {
                i64::try_from(self.account_id.as_u128() >> 64).unwrap_or(i64::MAX)
            }
            AccountStrategy::SoonestReset => standing.next_reset.map_or(i64::MAX, micros),
        }
    }

    /// Accounts of a higher rank are used first: by priority, then subscriptions before keys that are paid by use.
    pub(super) fn rank(&self) -> (i32, bool) {
        (self.standing.priority, self.standing.has_windows)
    }
}

/// By priority, then the account of the session, then subscriptions, then by the strategy, then the account with the fewest
/// requests.
pub(super) fn best_first(
    candidates: &mut [Candidate],
    session: Option<Uuid>,
    strategy: AccountStrategy,
) {
    candidates.sort_by_key(|candidate| {
        let standing = &candidate.standing;
        (
            Reverse(candidate.rank().0),
            session != Some(candidate.account_id),
            Reverse(candidate.rank().1),
            candidate.place(strategy),
            standing.running,
            candidate.account_id,
        )
    });
}

/// The obstacles to the use of the accounts.
#[derive(Debug, Default)]
pub(super) struct Obstacles {
    /// The first time at which one is used again.
    again_at: Option<DateTime<Utc>>,
    /// The window of the stopped account that is used again first.
    stopped: Option<(DateTime<Utc>, String)>,
    is_refused: bool,
    is_busy: bool,
    is_failing: bool,
}

impl Obstacles {
    pub(super) fn add(&mut self, obstacle: AccountObstacle) {
        match obstacle {
            AccountObstacle::NotInUse => {}
            AccountObstacle::Failing(_) => self.is_failing = true,
            AccountObstacle::Busy(_) => self.is_busy = true,
            AccountObstacle::Refused(until) => {
                self.is_refused = true;
                self.note(until);
            }
            AccountObstacle::Stopped(stopped) => {
                self.note(stopped.resets_at);
                let is_first = self
                    .stopped
                    .as_ref()
                    .is_none_or(|(at, _)| stopped.resets_at < *at);
                if is_first {
                    self.stopped = Some((stopped.resets_at, stopped.name));
                }
            }
        }
    }

    fn note(&mut self, at: DateTime<Utc>) {
        self.again_at = Some(self.again_at.map_or(at, |known| known.min(at)));
    }

    /// Why the request is refused; `None` if no account has the model.
    pub(super) fn error(&self, now: DateTime<Utc>) -> Option<GatewayError> {
        if self.is_busy {
            return Some(GatewayError::AccountsBusy {
                retry_after: BUSY_DELAY,
            });
        }
        let wait = |at: DateTime<Utc>| (at - now).to_std().unwrap_or_default();
        match (&self.stopped, self.again_at) {
            (Some((resets_at, window)), Some(again_at)) if !self.is_refused => {
                Some(GatewayError::AccountsStopped {
                    retry_after: wait(again_at),
                    window: window.clone(),
                    resets_at: resets_at.to_rfc3339_opts(SecondsFormat::Secs, true),
                })
            }
            (_, Some(again_at)) => Some(GatewayError::AccountsRefused {
                retry_after: wait(again_at),
            }),
            (_, None) => self.is_failing.then_some(GatewayError::EngineUnavailable {
                retry_after: RECOVERY,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use entity::provider_account::ProviderKind;

    use super::*;
    use crate::domain::account_limits::StoppedWindow;

    fn candidate(number: u128, left_percent: i32, running: u32) -> Candidate {
        Candidate {
            account_id: Uuid::from_u128(number),
            standing: AccountStanding {
                kind: ProviderKind::Claude,
                priority: 0,
                weight: 1,
                has_windows: true,
                left_percent,
                next_reset: None,
                running,
                begun_at: None,
            },
        }
    }

    fn order(mut candidates: Vec<Candidate>, session: Option<u128>) -> Vec<u128> {
        let session = session.map(Uuid::from_u128);
        best_first(&mut candidates, session, AccountStrategy::MostLeft);
        let ids = candidates.iter();
        ids.map(|candidate| candidate.account_id.as_u128())
            .collect()
    }

    #[test]
    fn the_account_of_which_most_is_left_comes_first() {
        let all = vec![
            candidate(1, 20, 0),
            candidate(2, 90, 3),
            candidate(3, 50, 0),
        ];
        assert_eq!(order(all.clone(), None), [2, 3, 1]);
        assert_eq!(order(all, Some(1)), [1, 2, 3], "a session stays");
    }

    #[test]
    fn of_equal_accounts_the_one_with_the_fewest_requests_comes_first() {
        let all = vec![
            candidate(1, 50, 2),
            candidate(2, 50, 0),
            candidate(3, 50, 1),
        ];
        assert_eq!(order(all, None), [2, 3, 1]);
    }

    #[test]
    fn priority_and_subscriptions_come_before_what_is_left() {
        let mut first = candidate(1, 10, 0);
        first.standing.priority = 5;
        let mut key = candidate(2, 100, 0);
        key.standing.has_windows = false;
        assert_eq!(
            order(vec![key, candidate(3, 40, 0), first], Some(2)),
            [1, 2, 3]
        );
        assert_eq!(
            order(vec![key, candidate(3, 40, 0), first], None),
            [1, 3, 2]
        );
    }

    #[test]
    fn each_strategy_has_its_order() {
        let at = |minutes| Some(DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes));
        let mut all = [candidate(1 << 64, 20, 0), candidate(2 << 64, 50, 0)];
        all[0].standing.next_reset = at(90);
        all[0].standing.begun_at = at(9);
        all[1].standing.next_reset = at(10);
        let first = |strategy| {
            let mut candidates = all;
            best_first(&mut candidates, None, strategy);
            candidates[0].account_id.as_u128() >> 64
        };

        assert_eq!(first(AccountStrategy::MostLeft), 2);
        assert_eq!(first(AccountStrategy::RoundRobin), 2, "not used yet");
        assert_eq!(first(AccountStrategy::FillFirst), 1);
        assert_eq!(first(AccountStrategy::SoonestReset), 2);
    }

    #[test]
    fn the_error_names_the_first_reset() {
        let now = DateTime::UNIX_EPOCH;
        let stopped = |minutes, name: &str| {
            AccountObstacle::Stopped(StoppedWindow {
                name: name.to_owned(),
                stop_at_percent: 80,
                resets_at: now + TimeDelta::minutes(minutes),
            })
        };
        let mut obstacles = Obstacles::default();
        assert_eq!(obstacles.error(now), None);
        obstacles.add(stopped(90, "seven_day"));
        obstacles.add(stopped(30, "five_hour"));
        obstacles.add(AccountObstacle::Failing(None));

        let Some(GatewayError::AccountsStopped {
            retry_after,
            window,
            ..
        }) = obstacles.error(now)
        else {
            panic!("stopped");
        };
        assert_eq!(
            (retry_after.as_secs(), window.as_str()),
            (1800, "five_hour")
        );
        obstacles.add(AccountObstacle::Busy(2));
        assert!(matches!(
            obstacles.error(now),
            Some(GatewayError::AccountsBusy { .. })
        ));
    }
}
