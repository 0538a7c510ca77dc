//! Lets the engine use an account again soon after its provider refused it.
//!
//! The engine passes an account over for half an hour after a 401, 402 or 403 and for twelve hours after a
//! 404. For the only account of a model that is an outage of as long, whatever its cause was. Here the pause
//! is seconds at first and doubles with each refusal, and real requests are what tries the account.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// Accounts that are remembered at most; there are hundreds.
const MOST_ACCOUNTS: usize = 10_000;

/// The accounts that providers refused, by the engine's own names for them.
#[derive(Debug, Default)]
pub(super) struct Recovery(HashMap<String, Refused>);

#[derive(Debug, Default)]
struct Refused {
    /// Refusals since a request was served.
    count: u32,
    /// When the engine is to use it again, if it does not yet.
    due: Option<Instant>,
}

impl Recovery {
    /// Notes what a request met at an account: the status of a failure, or nothing when it was served.
    pub(super) fn note(&mut self, auth_index: &str, failure: Option<u16>, now: Instant) {
        match failure {
            None => {
                self.0.remove(auth_index);
            }
            Some(401..=404) if self.0.len() < MOST_ACCOUNTS => {
                let refused = self.0.entry(auth_index.to_owned()).or_default();
                // Requests that were under way together meet one refusal.
                if refused.due.is_none() {
                    refused.due = Some(now + pause_after(refused.count));
                    refused.count = refused.count.saturating_add(1);
                }
            }
            // The provider wants to be left alone, and clearing one pause clears all of the account.
            Some(429) => {
                if let Some(refused) = self.0.get_mut(auth_index) {
                    refused.due = None;
                }
            }
            Some(_) => {}
        }
    }

    /// The accounts whose pause is over now.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<String> {
        let mut due = Vec::new();
        for (auth_index, refused) in &mut self.0 {
            if refused.due.take_if(|due| *due <= now).is_some() {
                due.push(auth_index.clone());
            }
        }
        due
    }
}

fn pause_after(refusals: u32) -> Duration {
    FIRST_PAUSE
        .saturating_mul(2_u32.saturating_pow(refusals))
        .min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due_after(recovery: &mut Recovery, now: Instant, seconds: u64) -> usize {
        recovery.take_due(now + Duration::from_secs(seconds)).len()
    }

    #[test]
    fn a_refused_account_is_used_again_after_seconds_and_later_after_minutes() {
        let (mut recovery, now) = (Recovery::default(), Instant::now());
        for seconds in [5, 10, 20, 40, 80, 160, 300, 300] {
            recovery.note("a", Some(401), now);

            assert_eq!(due_after(&mut recovery, now, seconds - 1), 0);
            assert_eq!(due_after(&mut recovery, now, seconds), 1);
            assert_eq!(due_after(&mut recovery, now, seconds), 0, "once");
        }
        recovery.note("a", None, now);
        recovery.note("a", Some(403), now);
        assert_eq!(due_after(&mut recovery, now, 5), 1, "as at the beginning");
    }

    #[test]
    fn refusals_of_requests_that_were_under_way_together_count_as_one() {
        let (mut recovery, now) = (Recovery::default(), Instant::now());
        for _ in 0..100 {
            recovery.note("a", Some(401), now);
        }

        assert_eq!(due_after(&mut recovery, now, 5), 1);
    }

    #[test]
    fn what_is_no_refusal_or_a_limit_changes_nothing_at_the_engine() {
        let (mut recovery, now) = (Recovery::default(), Instant::now());
        for status in [0, 400, 429, 499, 500, 503] {
            recovery.note("a", Some(status), now);
        }
        assert_eq!(due_after(&mut recovery, now, 3600), 0);

        recovery.note("a", Some(401), now);
        recovery.note("a", Some(429), now);
        assert_eq!(due_after(&mut recovery, now, 3600), 0);
    }
}
