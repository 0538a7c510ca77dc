//! Levels that events of WebSockets report. The account of a socket is known only when the engine reports a turn of it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use entity::{provider_account::SubscriptionWindow, window_reading::ReadingSource};
use uuid::Uuid;

use super::WindowReport;
use crate::{clock::SharedClock, providers};

/// Sockets with levels that wait for their account.
const MAX_SOCKETS: usize = 1_000;

type Waiting = HashMap<Uuid, (DateTime<Utc>, Vec<SubscriptionWindow>)>;

/// The latest levels of each socket, by the id of its first request.
#[derive(Clone, Debug)]
pub struct SocketLevels {
    clock: SharedClock,
    waiting: Arc<Mutex<Waiting>>,
}

impl SocketLevels {
    pub(super) fn new(clock: SharedClock) -> Self {
        Self {
            clock,
            waiting: Arc::default(),
        }
    }

    /// Reads an event of a socket. Quick for events without levels.
    pub fn observe(&self, connection_id: Uuid, event: &str) {
        let windows = providers::event_windows(event);
        if windows.is_empty() {
            return;
        }
        let now = self.clock.now();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = waiting.len() >= MAX_SOCKETS && !waiting.contains_key(&connection_id);
        if is_full {
            let oldest = waiting.iter().min_by_key(|(_, (at, _))| *at);
            if let Some(oldest) = oldest.map(|(id, _)| *id) {
                waiting.remove(&oldest);
            }
        }
        waiting.insert(connection_id, (now, windows));
    }

    /// The levels of a socket, now that its account is known; `None` if there are none.
    pub fn take(&self, connection_id: Uuid, account_id: Uuid) -> Option<WindowReport> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (observed_at, windows) = waiting.remove(&connection_id)?;
        Some(WindowReport {
            account_id,
            observed_at,
            source: ReadingSource::Answer,
            windows,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    const EVENT: &str = r#"{"type":"codex.rate_limits","rate_limits":{"primary":{"used_percent":7,"window_minutes":300}}}"#;

    #[test]
    fn levels_wait_for_the_account_and_are_bounded() {
        let levels = SocketLevels::new(Arc::new(SystemClock));
        let (first, account) = (Uuid::now_v7(), Uuid::now_v7());
        levels.observe(first, EVENT);
        levels.observe(first, "{}");

        let report = levels.take(first, account).unwrap();
        assert_eq!(report.account_id, account);
        assert_eq!(report.windows[0].used_percent, 7);
        assert!(levels.take(first, account).is_none());

        for _ in 0..MAX_SOCKETS + 10 {
            levels.observe(Uuid::now_v7(), EVENT);
        }
        assert_eq!(levels.waiting.lock().unwrap().len(), MAX_SOCKETS);
    }
}
