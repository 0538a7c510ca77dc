//! The engine's latest log lines, kept in memory and published to subscribers.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::broadcast;

use crate::clock::SharedClock;

/// The number of lines that are kept.
const CAPACITY: usize = 2000;
/// The number of lines after which a slow subscriber misses some.
const LISTENER_CAPACITY: usize = 512;
/// Replaces a secret.
const REDACTED: &str = "[redacted]";
/// The number of former secrets that are still redacted.
const MAX_EARLIER_SECRETS: usize = 256;
/// Shorter secrets are ordinary words; redacting them would make lines unreadable.
const MIN_SECRET_BYTES: usize = 8;

/// The level of a line, as the engine logged it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    Debug,
    Info,
    Warn,
    Error,
}

/// One log line of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Counts all lines since the server started.
    pub sequence: u64,
    /// The time at which it was read.
    pub at: DateTime<Utc>,
    pub level: LogLevel,
    /// The text; secrets are redacted.
    pub message: String,
}

/// The latest lines, and a feed of future ones.
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
            text.len() >= MIN_SECRET_BYTES && texts.insert(text.to_owned())
        };
        let current: Vec<_> = current.into_iter().filter(is_new).collect();
        let earlier = known.iter();
        let mut all: Vec<_> = earlier
            .filter(|secret| !texts.contains(secret.expose_secret()))
            .cloned()
            .collect();
        all.drain(..all.len().saturating_sub(MAX_EARLIER_SECRETS));
        all.extend(current);
        self.apply(all);
    }

    /// Adds secrets to redact, before a configuration is rendered with them.
    pub(super) fn redact_also(&self, secrets: impl IntoIterator<Item = SecretString>) {
        let mut all = self.secrets.load_full().to_vec();
        let known = all.len();
        for secret in secrets {
            let text = secret.expose_secret();
            if text.len() >= MIN_SECRET_BYTES
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
        // Under the lock, so that a line pushed concurrently is redacted too.
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

    /// The text with every known secret replaced.
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
    fn redacts_secrets_from_lines() {
        let ring = LogRing::new(Arc::new(SystemClock));
        ring.redact(vec!["canary-of-length".into()]);

        ring.push(LogLevel::Warn, "key canary-of-length was refused");

        assert_eq!(ring.tail(1)[0].message, "key [redacted] was refused");
    }

    #[test]
    fn a_secret_added_later_is_redacted_from_kept_lines() {
        let ring = LogRing::new(Arc::new(SystemClock));
        ring.redact(vec!["earlier-token".into()]);
        ring.push(LogLevel::Info, "refreshed to fresh-token");

        ring.redact_also(["fresh-token".into()]);
        ring.redact(vec!["fresh-token".into()]);
        ring.push(LogLevel::Info, "from earlier-token to fresh-token");

        let lines: Vec<_> = ring.tail(2).into_iter().map(|line| line.message).collect();
        let expected = ["refreshed to [redacted]", "from [redacted] to [redacted]"];
        assert_eq!(lines, expected);
    }

    #[test]
    fn former_secrets_are_bounded() {
        let ring = LogRing::new(Arc::new(SystemClock));

        for number in 0..2 * MAX_EARLIER_SECRETS {
            ring.redact(vec![
                "in-use-always".into(),
                format!("token-{number}").into(),
            ]);
        }

        assert_eq!(ring.secrets.load().len(), MAX_EARLIER_SECRETS + 2);
        assert_eq!(ring.redacted("in-use-always"), REDACTED);
        assert_eq!(ring.redacted("token-500"), REDACTED);
    }
}
