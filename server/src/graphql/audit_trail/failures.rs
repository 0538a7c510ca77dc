//! Limits how many failed attempts of one caller the audit records. A caller that may change nothing could
//! otherwise fill the database with refusals.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::graphql::transport::budget::Payer;

/// Counts are reset after this time.
const WINDOW: TimeDelta = TimeDelta::hours(1);
/// Callers that are counted separately; the others share one count.
const MAX_CALLERS: usize = 1_000;

/// The caller of a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Offender {
    /// Anonymous clients of one network.
    Network(Payer),
    /// An administrator or an API token whose role does not allow what they try.
    Refused(Uuid),
    /// An administrator or an API token that fails otherwise.
    Known(Uuid),
    /// All anonymous clients together, or callers beyond the maximum.
    Others,
}

/// The treatment of a failed attempt's event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureRecord {
    Record,
    /// Record instead that further attempts are not recorded until this time.
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
    /// Counts an attempt; `limit` of them are recorded in an hour.
    pub(super) fn count(
        &self,
        offender: Offender,
        limit: u32,
        now: DateTime<Utc>,
    ) -> FailureRecord {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back must not keep counts for longer than the window.
        let is_over = |count: &Count| (now - count.since).abs() >= WINDOW;
        if counts.len() >= MAX_CALLERS && !counts.contains_key(&offender) {
            counts.retain(|_, count| !is_over(count));
        }
        let offender = if counts.len() >= MAX_CALLERS && !counts.contains_key(&offender) {
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
            recorded if recorded <= limit => FailureRecord::Record,
            recorded if recorded == limit + 1 => FailureRecord::Summarise(count.since + WINDOW),
            _ => FailureRecord::Skip,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_beyond_the_limit_make_one_summary_per_hour() {
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
    fn the_number_of_counted_callers_is_bounded() {
        let (failures, now) = (FailedAttempts::default(), DateTime::UNIX_EPOCH);

        for number in 0..10_000 {
            failures.count(Offender::Known(Uuid::from_u128(number)), 3, now);
        }

        assert!(failures.0.lock().unwrap().len() <= MAX_CALLERS + 1);
    }
}
