//! Whether a sender makes progress. Only the time in which we wait for it counts: while the engine is slow
//! to read, the client is not at fault.

use std::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

/// How slowly something may arrive.
#[derive(Clone, Copy, Debug)]
pub struct ProgressRule {
    /// Without a byte.
    pub idle: Duration,
    /// In total, whatever the size.
    pub allowance: Duration,
    /// The slowest average beyond the allowance.
    pub bytes_per_second: u64,
}

impl Default for ProgressRule {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(30),
            allowance: Duration::from_mins(1),
            // A poor mobile uplink.
            bytes_per_second: 4096,
        }
    }
}

/// Watches one body or message. Its timer is made when it first has to wait, and most never do.
#[derive(Debug)]
pub struct ProgressDeadline {
    rule: ProgressRule,
    bytes: u64,
    waited: Duration,
    /// Since when the sender is waited for.
    since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl ProgressDeadline {
    pub fn new(rule: ProgressRule) -> Self {
        Self {
            rule,
            bytes: 0,
            waited: Duration::ZERO,
            since: None,
            timer: None,
        }
    }

    /// So many bytes have arrived.
    pub fn received(&mut self, bytes: usize) {
        if let Some(since) = self.since.take() {
            self.waited += since.elapsed();
        }
        self.bytes += bytes as u64;
    }

    /// Nothing has arrived. Ready when the sender is too slow; otherwise the task is woken when it will
    /// be.
    pub fn poll_too_slow(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let deadline = since + self.patience();
        let timer = match &mut self.timer {
            Some(timer) => {
                if timer.deadline() != deadline {
                    timer.as_mut().reset(deadline);
                }
                timer
            }
            timer @ None => timer.insert(Box::pin(sleep_until(deadline))),
        };
        timer.as_mut().poll(cx)
    }

    /// Begins again, for the next message.
    pub fn restart(&mut self) {
        self.bytes = 0;
        self.waited = Duration::ZERO;
        self.since = None;
    }

    /// How long the next byte is waited for, after what has arrived so far.
    fn patience(&self) -> Duration {
        let earned = Duration::from_secs(self.bytes / self.rule.bytes_per_second.max(1));
        let left = (self.rule.allowance + earned).saturating_sub(self.waited);
        left.min(self.rule.idle)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    const RULE: ProgressRule = ProgressRule {
        idle: Duration::from_secs(30),
        allowance: Duration::from_mins(1),
        bytes_per_second: 100,
    };

    /// How long a sender is still waited for who has sent so much and been waited for so long.
    fn patience(bytes: u64, waited: u64) -> u64 {
        let progress = ProgressDeadline {
            bytes,
            waited: Duration::from_secs(waited),
            ..ProgressDeadline::new(RULE)
        };
        progress.patience().as_secs()
    }

    #[test]
    fn a_sender_that_stands_still_or_trickles_is_too_slow_and_a_steady_one_is_not() {
        assert_eq!(patience(0, 0), 30);
        assert_eq!(patience(10, 50), 10);
        assert_eq!(patience(10, 70), 0);
        // Half the slowest average lasts twice the allowance, the whole of it for ever.
        assert_eq!(patience(5_900, 118), 1);
        assert_eq!(patience(6_000, 120), 0);
        assert_eq!(patience(1_000_000, 10_000), 30);
    }

    #[tokio::test]
    async fn time_in_which_nobody_waits_does_not_count() {
        let mut progress = ProgressDeadline::new(RULE);
        progress.received(1);
        let polled = poll_fn(|cx| Poll::Ready(progress.poll_too_slow(cx))).await;
        assert!(polled.is_pending() && progress.since.is_some());

        progress.received(1);

        assert!(progress.since.is_none());
        assert!(progress.waited < RULE.idle);
    }
}
