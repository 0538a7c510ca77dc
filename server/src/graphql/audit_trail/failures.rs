//! How many failed attempts of one caller the audit keeps. Whoever may change nothing could otherwise make it
//! grow without end, one refusal at a time.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::graphql::transport::budget::Payer;

/// After this time counting starts again.
const WINDOW: TimeDelta = TimeDelta::hours(1);
/// Callers remembered at once; when there are more, the others share.
const CALLERS: usize = 1_000;

/// Who tried something in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Offender {
    /// Anonymous clients of one network.
    Network(Payer),
    /// An administrator or an API token whose role does not allow what they try.
    Refused(Uuid),
    /// An administrator or an API token that fails otherwise.
    Known(Uuid),
    /// All anonymous clients together, or all for whom there is no room.
    Others,
}

/// What becomes of the event about a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureRecord {
    Record,
    /// Record, instead, that further attempts are not recorded until then.
    Summarise(DateTime<Utc>),
    Skip,
}

/// Failed attempts within one window.
#[derive(Clone, Copy, Debug)]
struct Count {
    since: DateTime<Utc>,
    recorded: u32,
}

/// The failed attempts of the last hour, by caller.
#[derive(Debug, Default)]
pub(in crate::graphql) struct FailedAttempts(Mutex<HashMap<Offender, Count>>);

impl FailedAttempts {
    /// Counts an attempt, of which so many are kept in an hour.
    pub(super) fn count(&self, offender: Offender, most: u32, now: DateTime<Utc>) -> FailureRecord {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back must not keep counts for longer than the window.
        let is_over = |count: &Count| (now - count.since).abs() >= WINDOW;
        if counts.len() >= CALLERS && !counts.contains_key(&offender) {
            counts.retain(|_, count| !is_over(count));
        }
        let offender = if counts.len() >= CALLERS && !counts.contains_key(&offender) {
            Offender::Others
        } else {
            offender
        };
        let fresh = Count {
            since: now,
            recorded: 0,
        };
        let count = counts.entry(offender).or_insert(fresh);
        if is_over(count) {
            *count = fresh;
        }
        count.recorded = count.recorded.saturating_add(1);
        match count.recorded {
            recorded if recorded <= most => FailureRecord::Record,
            recorded if recorded == most + 1 => FailureRecord::Summarise(count.since + WINDOW),
            _ => FailureRecord::Skip,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_of_failures_makes_so_many_events_and_one_more() {
        let (failures, now) = (FailedAttempts::default(), DateTime::UNIX_EPOCH);
        let (ada, eve) = (
            Offender::Known(Uuid::from_u128(1)),
            Offender::Known(Uuid::from_u128(2)),
        );
        let mut verdicts = (0..100).map(|_| failures.count(ada, 3, now));

        assert!(
            verdicts
                .by_ref()
                .take(3)
                .all(|it| it == FailureRecord::Record)
        );
        assert_eq!(
            verdicts.next(),
            Some(FailureRecord::Summarise(now + WINDOW))
        );
        assert!(verdicts.all(|it| it == FailureRecord::Skip));
        assert_eq!(failures.count(eve, 3, now), FailureRecord::Record);
        let later = now + WINDOW;
        assert_eq!(failures.count(ada, 3, later), FailureRecord::Record);
    }

    #[test]
    fn callers_are_remembered_within_bounds() {
        let (failures, now) = (FailedAttempts::default(), DateTime::UNIX_EPOCH);

        for number in 0..10_000 {
            failures.count(Offender::Known(Uuid::from_u128(number)), 3, now);
        }

        assert!(failures.0.lock().unwrap().len() <= CALLERS + 1);
    }
}
