//! The engine's last lines, kept in memory and told to whoever listens.

use std::collections::VecDeque;
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
/// What stands in the place of a secret.
const REDACTED: &str = "[redacted]";
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
    /// What it says, without our secrets.
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

    /// The lines to come; a slow listener misses some, and nobody waits for it.
    pub fn subscribe(&self) -> broadcast::Receiver<LogLine> {
        self.feed.subscribe()
    }

    /// What must never be in a line from now on.
    pub(super) fn redact(&self, secrets: Vec<SecretString>) {
        self.secrets.store(secrets.into());
    }

    /// Keeps and tells a line.
    pub(super) fn push(&self, level: LogLevel, message: &str) {
        let message = self.redacted(message);
        tracing::debug!(target: "engine", "{message}");
        let mut lines = self.lock();
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
        // Told under the lock, so that listeners hear the lines in order; nobody listening is fine.
        let _ = self.feed.send(line);
    }

    /// A text of the engine's without our secrets.
    pub(super) fn redacted(&self, text: &str) -> String {
        let secrets = self.secrets.load();
        secrets
            .iter()
            .map(SecretString::expose_secret)
            .filter(|secret| secret.len() >= SHORTEST_SECRET)
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
}
