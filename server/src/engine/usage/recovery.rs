//! Shortens the engine's cooldown of an account that its provider refused.
//!
//! The engine does not use an account for 30 minutes after a 401, 402 or 403 and for 12 hours after a 404. For the only
//! account of a model that is an outage of the same length, even if the cause was temporary. Here the cooldown starts
//! with 5 seconds and doubles with each refusal up to 5 minutes; requests of users test the account.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

const MIN_COOLDOWN: Duration = Duration::from_secs(5);
const MAX_COOLDOWN: Duration = Duration::from_mins(5);
/// The maximum number of tracked accounts.
const MAX_ACCOUNTS: usize = 10_000;

/// The accounts that providers refused, by the engine's ids.
#[derive(Debug, Default)]
pub(super) struct Recovery(HashMap<String, Refused>);

#[derive(Debug, Default)]
struct Refused {
    /// Consecutive refusals.
    count: u32,
    /// The end of the cooldown; none when it has ended.
    due: Option<Instant>,
}

impl Recovery {
    /// Records the outcome of a request at an account: the status of a failure, or none for success.
    pub(super) fn note(&mut self, auth_index: &str, failure: Option<u16>, now: Instant) {
        match failure {
            None => {
                self.0.remove(auth_index);
            }
            Some(401..=404) if self.0.len() < MAX_ACCOUNTS => {
                let refused = self.0.entry(auth_index.to_owned()).or_default();
                // Concurrent requests count as one refusal.
                if refused.due.is_none() {
                    refused.due = Some(now + cooldown_after(refused.count));
                    refused.count = refused.count.saturating_add(1);
                }
            }
            // A rate limit must be respected, and ending one cooldown ends all cooldowns of the account.
            Some(429) => {
                if let Some(refused) = self.0.get_mut(auth_index) {
                    refused.due = None;
                }
            }
            Some(_) => {}
        }
    }

    /// Removes and returns the accounts whose cooldown has ended.
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

fn cooldown_after(refusals: u32) -> Duration {
    MIN_COOLDOWN
        .saturating_mul(2_u32.saturating_pow(refusals))
        .min(MAX_COOLDOWN)
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
    fn refusals_of_concurrent_requests_count_as_one() {
        let (mut recovery, now) = (Recovery::default(), Instant::now());
        for _ in 0..100 {
            recovery.note("a", Some(401), now);
        }

        assert_eq!(due_after(&mut recovery, now, 5), 1);
    }

    #[test]
    fn other_failures_and_rate_limits_start_no_recovery() {
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
