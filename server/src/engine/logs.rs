//! The engine's latest log lines, kept in memory and published to subscribers.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::broadcast;

use crate::clock::SharedClock;

/// How many lines are kept.
const CAPACITY: usize = 2000;
/// How many lines a slow listener may be behind before it misses some.
const LISTENER_CAPACITY: usize = 512;
/// Replaces a secret.
const REDACTED: &str = "[redacted]";
/// How many secrets are redacted that are used no more.
const MOST_EARLIER: usize = 256;
/// Shorter secrets are words, and redacting them would only garble.
const SHORTEST_SECRET: usize = 8;

/// How grave a line is, in the engine's own judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Of use to its programmers.
    Debug,
    /// All is well.
    Info,
    /// Something is odd.
    Warn,
    /// Something went wrong.
    Error,
}

/// One line of the engine's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Counts all lines since the server started.
    pub sequence: u64,
    /// When we read it.
    pub at: DateTime<Utc>,
    /// How grave it is.
    pub level: LogLevel,
    /// The text, without our secrets.
    pub message: String,
}

/// The last lines, and a feed of those to come.
#[derive(Debug)]
pub struct LogRing {
    lines: Mutex<Lines>,
    feed: broadcast::Sender<LogLine>,
    secrets: ArcSwap<Vec<SecretString>>,
    clock: SharedClock,
}

#[derive(Debug, Default)]
struct Lines {
    kept: VecDeque<LogLine>,
    sequence: u64,
}

impl LogRing {
    /// An empty ring.
    pub(super) fn new(clock: SharedClock) -> Self {
        Self {
            lines: Mutex::default(),
            feed: broadcast::Sender::new(LISTENER_CAPACITY),
            secrets: ArcSwap::default(),
            clock,
        }
    }

    /// The last `count` lines, oldest first.
    pub fn tail(&self, count: usize) -> Vec<LogLine> {
        let lines = self.lock();
        let skipped = lines.kept.len().saturating_sub(count);
        lines.kept.iter().skip(skipped).cloned().collect()
    }

    /// Future lines; a slow subscriber misses some.
    pub fn subscribe(&self) -> broadcast::Receiver<LogLine> {
        self.feed.subscribe()
    }

    /// Sets the secrets to redact from new and kept lines. The latest of the former secrets stay redacted, because a
    /// token is valid for a while after its replacement.
    pub(super) fn redact(&self, current: Vec<SecretString>) {
        let known = self.secrets.load_full();
        let mut texts = HashSet::new();
        let is_new = |secret: &SecretString| {
            let text = secret.expose_secret();
            text.len() >= SHORTEST_SECRET && texts.insert(text.to_owned())
        };
        let current: Vec<_> = current.into_iter().filter(is_new).collect();
        let earlier = known.iter();
        let mut all: Vec<_> = earlier
            .filter(|secret| !texts.contains(secret.expose_secret()))
            .cloned()
            .collect();
        all.drain(..all.len().saturating_sub(MOST_EARLIER));
        all.extend(current);
        self.apply(all);
    }

    /// Secrets beside those that are known, before anything is rendered with them.
    pub(super) fn redact_too(&self, secrets: impl IntoIterator<Item = SecretString>) {
        let mut all = self.secrets.load_full().to_vec();
        let known = all.len();
        for secret in secrets {
            let text = secret.expose_secret();
            if text.len() >= SHORTEST_SECRET
                && !all.iter().any(|known| known.expose_secret() == text)
            {
                all.push(secret);
            }
        }
        if all.len() > known {
            self.apply(all);
        }
    }

    fn apply(&self, secrets: Vec<SecretString>) {
        // Under the lock: what is pushed at the same time is redacted before or after.
        let mut lines = self.lock();
        self.secrets.store(secrets.into());
        for line in &mut lines.kept {
            line.message = self.redacted(&line.message);
        }
    }

    /// Stores and publishes a line.
    pub(super) fn push(&self, level: LogLevel, message: &str) {
        let mut lines = self.lock();
        let message = self.redacted(message);
        tracing::debug!(target: "engine", "{message}");
        let line = LogLine {
            sequence: lines.sequence,
            at: self.clock.now(),
            level,
            message,
        };
        lines.sequence += 1;
        if lines.kept.len() == CAPACITY {
            lines.kept.pop_front();
        }
        lines.kept.push_back(line.clone());
        // Published under the lock, so that subscribers receive lines in order; there may be none.
        let _ = self.feed.send(line);
    }

    /// A text of the engine's without our secrets.
    pub fn redacted(&self, text: &str) -> String {
        let secrets = self.secrets.load();
        secrets
            .iter()
            .map(SecretString::expose_secret)
            .fold(text.to_owned(), |text, secret| {
                text.replace(secret, REDACTED)
            })
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn keeps_the_last_lines_in_order() {
        let ring = LogRing::new(Arc::new(SystemClock));

        (0..=CAPACITY).for_each(|number| ring.push(LogLevel::Info, &format!("line {number}")));

        let tail = ring.tail(usize::MAX);
        assert_eq!(tail.len(), CAPACITY);
        assert_eq!(tail[0].message, "line 1");
        assert_eq!(ring.tail(1)[0].sequence, 2000);
    }

    #[test]
    fn leaves_no_secret_in_a_line() {
        let ring = LogRing::new(Arc::new(SystemClock));
        ring.redact(vec!["canary-of-length".into()]);

        ring.push(LogLevel::Warn, "key canary-of-length was refused");

        assert_eq!(ring.tail(1)[0].message, "key [redacted] was refused");
    }

    #[test]
    fn a_secret_that_is_learnt_later_leaves_the_lines_that_are_kept() {
        let ring = LogRing::new(Arc::new(SystemClock));
        ring.redact(vec!["earlier-token".into()]);
        ring.push(LogLevel::Info, "refreshed to fresh-token");

        ring.redact_too(["fresh-token".into()]);
        ring.redact(vec!["fresh-token".into()]);
        ring.push(LogLevel::Info, "from earlier-token to fresh-token");

        let lines: Vec<_> = ring.tail(2).into_iter().map(|line| line.message).collect();
        let expected = ["refreshed to [redacted]", "from [redacted] to [redacted]"];
        assert_eq!(lines, expected);
    }

    #[test]
    fn secrets_that_are_used_no_more_are_bounded() {
        let ring = LogRing::new(Arc::new(SystemClock));

        for number in 0..2 * MOST_EARLIER {
            ring.redact(vec![
                "in-use-always".into(),
                format!("token-{number}").into(),
            ]);
        }

        assert_eq!(ring.secrets.load().len(), MOST_EARLIER + 2);
        assert_eq!(ring.redacted("in-use-always"), REDACTED);
        assert_eq!(ring.redacted("token-500"), REDACTED);
    }
}
