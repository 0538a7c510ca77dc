//! Measures the progress of a sender. Only time spent waiting for it counts, not time in which the engine is slow to
//! read.

use std::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

/// The slowest acceptable progress.
#[derive(Clone, Copy, Debug)]
pub struct ProgressRule {
    /// The longest pause without a byte.
    pub idle: Duration,
    /// The time that is always granted, whatever the size.
    pub allowance: Duration,
    /// The minimum average rate beyond the allowance, in bytes per second.
    pub bytes_per_second: u64,
}

impl Default for ProgressRule {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(30),
            allowance: Duration::from_mins(1),
            // A slow mobile uplink.
            bytes_per_second: 4096,
        }
    }
}

/// The deadline of one body or message. Its timer is created at the first wait; most never wait.
#[derive(Debug)]
pub struct ProgressDeadline {
    rule: ProgressRule,
    bytes: u64,
    waited: Duration,
    /// Since when we wait for the sender.
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

    /// Records received bytes.
    pub fn received(&mut self, bytes: usize) {
        if let Some(since) = self.since.take() {
            self.waited += since.elapsed();
        }
        self.bytes += bytes as u64;
    }

    /// Called when nothing has arrived. Ready when the sender is too slow; otherwise wakes the task at the deadline.
    pub fn poll_too_slow(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let deadline = since + self.time_left();
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

    /// Starts over, for the next message.
    pub fn restart(&mut self) {
        self.bytes = 0;
        self.waited = Duration::ZERO;
        self.since = None;
    }

    /// How long to wait for the next byte.
    fn time_left(&self) -> Duration {
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

    /// The seconds left after these bytes and seconds of waiting.
    fn time_left(bytes: u64, waited: u64) -> u64 {
        let progress = ProgressDeadline {
            bytes,
            waited: Duration::from_secs(waited),
            ..ProgressDeadline::new(RULE)
        };
        progress.time_left().as_secs()
    }

    #[test]
    fn a_stalled_or_trickling_sender_is_too_slow_and_a_steady_one_is_not() {
        assert_eq!(time_left(0, 0), 30);
        assert_eq!(time_left(10, 50), 10);
        assert_eq!(time_left(10, 70), 0);
        // Half the minimum rate lasts twice the allowance, the minimum rate forever.
        assert_eq!(time_left(5_900, 118), 1);
        assert_eq!(time_left(6_000, 120), 0);
        assert_eq!(time_left(1_000_000, 10_000), 30);
    }

    #[tokio::test]
    async fn only_time_spent_waiting_counts() {
        let mut progress = ProgressDeadline::new(RULE);
        progress.received(1);
        let polled = poll_fn(|cx| Poll::Ready(progress.poll_too_slow(cx))).await;
        assert!(polled.is_pending() && progress.since.is_some());

        progress.received(1);

        assert!(progress.since.is_none());
        assert!(progress.waited < RULE.idle);
    }
}
